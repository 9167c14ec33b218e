"""What callers say that no dictionary has: names, products, streets."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, model_validator

from flows.company.calendar_definition import Definition

MAX_OWN_WORDS = 500  # of a language; each is looked for in every message
MAX_OWN_WORD_CHARACTERS = 60

# One to four words of letters; "Dr. O'Neil-Bērziņa" is one too.
_OWN_WORD = re.compile(r"[^\W\d_]+(?:(?:[-'’.] ?| )[^\W\d_]+)*\.?")
_MAX_PARTS = 4


def own_word(value: str) -> str:
    """Return a word of one's own in its stored form. Raises ValueError."""
    value = unicodedata.normalize("NFC", value)
    if any(letter.isdigit() for letter in value):
        raise ValueError(f"{value!r} has digits in it: write the word without them, numbers are understood anyway")
    if not _OWN_WORD.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a word or a few: letters, with single spaces, hyphens or apostrophes between"
        )
    if len(value.split()) > _MAX_PARTS or len(value) > MAX_OWN_WORD_CHARACTERS:
        raise ValueError(f"{value!r} is too long: at most {_MAX_PARTS} words and {MAX_OWN_WORD_CHARACTERS} characters")
    return value


def is_own_word(value: str) -> bool:
    return _OWN_WORD.fullmatch(value) is not None


OwnWord = Annotated[str, AfterValidator(own_word)]


class OwnWords(Definition):
    """What callers say that no dictionary has, in one language: it helps to understand their messages."""

    names: tuple[OwnWord, ...] = ()
    products: tuple[OwnWord, ...] = ()
    streets: tuple[OwnWord, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        return (*self.names, *self.products, *self.streets)

    @model_validator(mode="after")
    def _not_too_many(self) -> OwnWords:
        if len(self.every) > MAX_OWN_WORDS:
            raise ValueError(f"{len(self.every)} words are too many: at most {MAX_OWN_WORDS} in a language")
        return self
