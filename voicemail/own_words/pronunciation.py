"""Derives the sounds of a word (voicemail/own_words/phonemes.py) from its spelling, by the rules of its language.

Korean by its jamo (hangul.py), Russian and Latvian letter by letter, English by the likeliest sound of each group of letters.
Other languages in Latin script are read like Latvian.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from voicemail.models.catalogue import spellings
from voicemail.own_words.hangul import korean_sounds

# о is read as ə, which is close to о and а: the stress, which decides between them, is not written.
_RUSSIAN = {
    "тся": "ʦa", "ться": "ʦa", "ого": "əvə", "его": "evə", "сч": "ʃ", "зж": "ʒ", "стн": "sn",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "o", "ж": "ʒ", "з": "z", "и": "i", "й": "j", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "ə", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ʦ",
    "ч": "ʧ", "ш": "ʃ", "щ": "ʃ", "ъ": "", "ы": "ɨ", "ь": "", "э": "e", "ю": "u", "я": "a",
}  # fmt: skip
_LATVIAN = {
    "dz": "ʦ", "dž": "ʤ", "ch": "h", "ā": "a", "č": "ʧ", "ē": "e", "ģ": "ʤ", "ī": "i", "ķ": "ʧ", "ļ": "l", "ņ": "n",
    "š": "ʃ", "ū": "u", "ž": "ʒ",
    "a": "a", "b": "b", "c": "ʦ", "d": "d", "e": "e", "f": "f", "g": "g", "h": "h", "i": "i", "j": "j", "k": "k", "l": "l",
    "m": "m", "n": "n", "o": "o", "p": "p", "q": "k", "r": "r", "s": "s", "t": "t", "u": "u", "v": "v", "w": "v", "x": "ks",
    "y": "i", "z": "z",
}  # fmt: skip
# The longest group of letters that matches is taken; ^ and $ are the edges of a word.
_ENGLISH = {
    "tion": "ʃən", "sion": "ʃən", "ture": "ʧə", "tch": "ʧ", "dge": "ʤ", "sch": "ʃ", "sh": "ʃ", "ch": "ʧ", "ph": "f", "th": "θ",
    "ck": "k", "qu": "kw", "wh": "w", "ng": "ŋ", "nk": "ŋk", "igh": "ai", "gh": "", "^kn": "n", "^wr": "r", "^ps": "s",
    "mb$": "m", "ce": "se", "ci": "si", "cy": "si", "ge": "ʤe", "gi": "ʤi", "ce$": "s", "ge$": "ʤ", "ces$": "ses",
    "ee": "i", "ea": "i", "ie": "i", "oo": "u", "ou": "au", "ow": "au", "ai": "ei", "ay": "ei", "ei": "ei", "ey": "i",
    "oa": "o", "au": "o", "aw": "o", "oi": "oi", "oy": "oi", "ue": "u", "ew": "u", "er": "ər", "ur": "ər", "ir": "ər",
    "or": "or", "^y": "j", "y$": "i", "y": "i", "e$": "", "le$": "əl", "es$": "s",
    "a": "a", "b": "b", "c": "k", "d": "d", "e": "e", "f": "f", "g": "g", "h": "h", "i": "i", "j": "ʤ", "k": "k", "l": "l",
    "m": "m", "n": "n", "o": "o", "p": "p", "q": "k", "r": "r", "s": "s", "t": "t", "u": "ə", "v": "v", "w": "w", "x": "ks",
    "z": "z",
}  # fmt: skip


@lru_cache(maxsize=4_096)
def sounds_of(word: str, language: str) -> str:
    """The sounds of a word or of several, without their spaces; empty if nothing in it can be read."""
    text = unicodedata.normalize("NFC", word.lower())
    base = spellings(language)[-1]
    if base == "ko":
        return _single(korean_sounds(text))
    pieces = re.findall(r"[^\W\d_]+", re.sub(r"['’]", "", text))
    if base == "ru":
        return _single("".join(_read(piece, _RUSSIAN) for piece in pieces))
    rules = _ENGLISH if base == "en" else _LATVIAN
    return _single("".join(_read(_known(piece, rules), rules) for piece in pieces))


def _read(piece: str, rules: Mapping[str, str]) -> str:
    """Read a word by the longest groups of letters that have a rule."""
    sounds, place = "", 0
    while place < len(piece):
        for length in (4, 3, 2, 1):
            group = piece[place : place + length]
            if len(group) < length:
                continue
            at_end = place + length == len(piece)
            forms = (("^" + group) if place == 0 else "", (group + "$") if at_end and place else "", group)
            found = next((form for form in forms if form in rules), None)
            if found is not None:
                sounds += rules[found]
                place += length
                break
        else:
            place += 1  # a letter of another script
    return sounds


def _known(piece: str, rules: Mapping[str, str]) -> str:
    """The same without the signs on its letters that the rules do not know."""
    return "".join(letter if letter in rules else unicodedata.normalize("NFD", letter)[0] for letter in piece)


def _single(sounds: str) -> str:
    return re.sub(r"(.)\1+", r"\1", sounds)
