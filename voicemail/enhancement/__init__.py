"""Enhancement: speech in a telephone's band gets back the bands that the models were trained with.

`frontend.restore` is its face; docs/words.md says what it is worth.
"""
