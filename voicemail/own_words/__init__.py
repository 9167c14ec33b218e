"""The business's own words: names, products and streets that no model was trained for.

Words of a transcript that sound like one of them are found (candidates.py, by phonemes.py and pronunciation.py) and replaced
(rescoring.py), if that was measured to help with the model (thresholds.py). `vocabulary.own_words` and `rescoring.rescored` are
its face; agents' corrections are in corrections.py.
"""
