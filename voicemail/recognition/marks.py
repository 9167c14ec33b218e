"""What a model writes for no word of a speaker: scraps of footnotes, noises, pauses, the unknown word."""

from __future__ import annotations

import re

# Entries of word lists such as `[10]`, `[01]m`, `<unk>`, `[noise]`, `{laughter}`, `!SIL`, `#0`. Nobody says a bracket.
_MARK = re.compile(r"[\[\]<>{}()]|^[!#@]|^(?:SIL|SPN|NSN|UNK|[-/~_])$")


def is_mark(word: str) -> bool:
    """Whether an entry of a model's word list is no word."""
    return not word.strip() or _MARK.search(word) is not None
