"""The conduct of a call: turns, their journal and their effects, providers, and the reconciler.

The built-in telephone line in `line` is a provider of its own and knows nothing of the rest.
"""
