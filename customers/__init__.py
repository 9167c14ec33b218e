"""Who calls: customers with their numbers, names and languages, and the history of each.

voicemail, callbacks and ivr write history events in their own transactions. This package knows nothing of them.
"""
