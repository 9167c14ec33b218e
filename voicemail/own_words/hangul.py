"""The pronunciation of Korean: syllables decomposed into jamo, with the assimilations between them.

Source of the rules: the Standard Pronunciation of the National Institute of Korean Language, articles 8 to 20.
"""

from __future__ import annotations

import re
import unicodedata


def _in_order(first: int, sounds: str) -> dict[str, str]:
    return {chr(first + place): sound.strip("-") for place, sound in enumerate(sounds.split())}


# In Unicode's order: initial consonant, vowel and final consonant of a syllable (finals as they are before a vowel).
_INITIALS = _in_order(0x1100, "g k n d t r m b p s s - ʤ ʧ ʧ k t p h")
_VOWELS = _in_order(0x1161, "a e ja je ə e jə je o wa we we jo u wə we wi ju ɨ ɨi i")
_FINALS = _in_order(0x11A8, "g k gs n nʤ n d r lg lm lb ls lt lp r m b bs s s ŋ ʤ ʧ k t p -")
# Finals where no vowel follows, and the finals that aspirate the next consonant.
_CLOSED_FINALS = _in_order(0x11A8, "k k k n n n t l k m l l l p l m p p t t ŋ t t k t p -")
_ASPIRATING = frozenset("ᆭᆶᇂ")
_ASPIRATED = {"g": "k", "d": "t", "ʤ": "ʧ", "k": "k", "t": "t", "p": "p"}
_AS_NASAL = {"k": "ŋ", "t": "n", "p": "m"}
# Latin letters are read by their names.
_LETTER_NAMES = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        re.findall(
            r"\w+",
            "에이 비 씨 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 알 에스 티 유 브이 더블유 엑스 와이 제트",
        ),
        strict=True,
    )
)


def korean_sounds(text: str) -> str:
    """The sounds of Korean text, all that is not Hangul or a letter left out."""
    spelt = "".join(_LETTER_NAMES.get(letter, letter) for letter in text.lower())
    sounds, end = "", ""
    for syllable in re.findall("[가-힣]", spelt):
        beginning, vowel, *rest = list(unicodedata.normalize("NFD", syllable))
        sounds += _between_vowels(end, _INITIALS[beginning]) + _VOWELS[vowel]
        end = rest[0] if rest else ""
    return sounds + _CLOSED_FINALS.get(end, "")


def _between_vowels(end: str, beginning: str) -> str:
    """The sounds between two vowels: the final of one syllable and the initial of the next."""
    if not beginning:
        return _FINALS.get(end, "")
    left = _CLOSED_FINALS.get(end, "")
    if end in _ASPIRATING and beginning in _ASPIRATED:
        return left + _ASPIRATED[beginning]
    match left, beginning:
        case "k" | "t" | "p", "h":
            return _ASPIRATED[left]
        case "k" | "t" | "p", "n" | "m":
            return _AS_NASAL[left] + beginning
        case "k" | "t" | "p", "r":
            return _AS_NASAL[left] + "n"
        case "m" | "ŋ", "r":
            return left + "n"
        case ("n", "r") | ("l", "r") | ("l", "n"):
            return "l"
    return left + beginning
