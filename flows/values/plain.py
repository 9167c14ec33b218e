"""Characters that word processors and telephones put in place of plain ones."""

from __future__ import annotations

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u02bc", "'"),
        **dict.fromkeys("\u2236\ua789\ufe55\uff1a", ":"),
        "\uff0b": "+",
        "\uff0c": ",",
    }
)


def plain(written: str) -> str:
    """Return a value with plain dashes, quotes, colons and single spaces, and nothing around it."""
    return " ".join(written.translate(_PLAIN).split())
