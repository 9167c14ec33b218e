"""A transcript cut into tokens: number words, written digits, and the other words folded so that they can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from voicemail.facts.numerals import en, ko, lv, ru
from voicemail.facts.numerals.numeral import NumberWords, Numeral
from voicemail.mailbox import Word

NUMBER_WORDS: dict[str, NumberWords] = {"en": en.WORDS, "ru": ru.WORDS, "lv": lv.WORDS, "ko": ko.WORDS}

# Between the words of one breath recognisers leave less; people who dictate a number leave more.
PAUSE_SECONDS = 0.35

_PARTS = re.compile(
    r"\d{4}-\d\d-\d\d"  # 2027-03-05
    r"|\d{1,2}\.\d{1,2}\.\d{4}"  # 05.03.2027
    r"|\d{1,2}:\d\d"  # 14:30
    r"|\d+[.,]\d{1,2}(?![\d.,-])"  # 3.50
    r"|\d{1,3}(?:[.,]\d{3})+(?=\s?[€$£₩₽%])"  # 1,000$
    r"|\d+(?:st|nd|rd|th)\b|\d+"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*|[+€$£%₩₽]"
)
# What a model writes for no word of a speaker: [10], [01]m, <unk>. Whatever stands in it was not said.
_MARK = re.compile(r"\S*(?:\[[^]]*\]|<[^>]*>)\S*")
MARK = "[]"
_FULL_STOP = re.compile(r"[.,;:!?…—–]$")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the word at place `word`. `digits` are written ones, "007"; `numeral` is a number word.

    `is_optional`: it may also be no number at all but an ending (Korean 이).
    """

    text: str
    word: int
    numeral: Numeral | None
    digits: str
    is_optional: bool
    follows_pause: bool


def tokens_of(words: Sequence[Word], language: str) -> list[Token]:
    """The tokens of a transcript; `language` is a key of NUMBER_WORDS."""
    numerals = NUMBER_WORDS[language].numerals
    tokens: list[Token] = []
    pause = True
    end = 0.0
    for place, word in enumerate(words):
        pause = pause or word.start - end >= PAUSE_SECONDS
        if ("[" in word.word or "<" in word.word) and _MARK.fullmatch(word.word):
            tokens.append(Token(MARK, place, None, "", False, pause))
            pause, end = False, word.end
            continue
        for part in _PARTS.findall(folded(word.word, language)):
            if ordinal := _ORDINAL.fullmatch(part):
                tokens.append(Token(part, place, Numeral(int(ordinal[1]), "ordinal"), "", False, pause))
            elif part.isdecimal():
                tokens.append(Token(part, place, None, part, False, pause))
            elif language == "ko":
                for piece, is_optional in ko.split(part):
                    tokens.append(Token(piece, place, numerals.get(piece), "", is_optional, pause))
                    pause = False
            else:
                tokens.append(Token(part, place, numerals.get(part), "", False, pause))
            pause = False
        pause = pause or _FULL_STOP.search(word.word) is not None
        end = word.end
    return tokens


@lru_cache(maxsize=8192)  # people use few words, and some hundred of them again and again
def folded(word: str, language: str) -> str:
    text = word.lower().replace("’", "'")
    if language == "lv":
        # ā → a, č → c: recognisers differ in whether they write the signs.
        return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = unicodedata.normalize("NFC", text)
    return text.replace("ё", "е") if language == "ru" else text
