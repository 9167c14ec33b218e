"""Korean as it is said: syllables taken apart into jamo, with the assimilations where they meet.

Source of the rules: the Standard Pronunciation of the National Institute of Korean Language, articles 8 to 20.
"""

from __future__ import annotations

import re
import unicodedata


def _in_order(first: int, sounds: str) -> dict[str, str]:
    return {chr(first + place): sound.strip("-") for place, sound in enumerate(sounds.split())}


# As Unicode orders them: the beginning, the vowel and the end of a syllable (an end as it is before a vowel).
_BEGINNINGS = _in_order(0x1100, "g k n d t r m b p s s - ʤ ʧ ʧ k t p h")
_VOWELS = _in_order(0x1161, "a e ja je ə e jə je o wa we we jo u wə we wi ju ɨ ɨi i")
_ENDS = _in_order(0x11A8, "g k gs n nʤ n d r lg lm lb ls lt lp r m b bs s s ŋ ʤ ʧ k t p -")
# What is left of an end where no vowel follows, and the ends that give their breath to what follows.
_CLOSED = _in_order(0x11A8, "k k k n n n t l k m l l l p l m p p t t ŋ t t k t p -")
_BREATHED = frozenset("ᆭᆶᇂ")
_WITH_BREATH = {"g": "k", "d": "t", "ʤ": "ʧ", "k": "k", "t": "t", "p": "p"}
_AS_NASAL = {"k": "ŋ", "t": "n", "p": "m"}
# Letters of the alphabet are said by their names.
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
        sounds += _meeting(end, _BEGINNINGS[beginning]) + _VOWELS[vowel]
        end = rest[0] if rest else ""
    return sounds + _CLOSED.get(end, "")


def _meeting(end: str, beginning: str) -> str:
    """What is said between two vowels: the end of one syllable and the beginning of the next."""
    if not beginning:
        return _ENDS.get(end, "")
    left = _CLOSED.get(end, "")
    if end in _BREATHED and beginning in _WITH_BREATH:
        return left + _WITH_BREATH[beginning]
    match left, beginning:
        case "k" | "t" | "p", "h":
            return _WITH_BREATH[left]
        case "k" | "t" | "p", "n" | "m":
            return _AS_NASAL[left] + beginning
        case "k" | "t" | "p", "r":
            return _AS_NASAL[left] + "n"
        case "m" | "ŋ", "r":
            return left + "n"
        case ("n", "r") | ("l", "r") | ("l", "n"):
            return "l"
    return left + beginning
