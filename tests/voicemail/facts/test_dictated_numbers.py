"""Any number of the four countries, dictated by a small speaker in any of the usual ways, is heard again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import phonenumbers
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

_DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "ru": ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"],
    "lv": ["nulle", "viens", "divi", "trīs", "četri", "pieci", "seši", "septiņi", "astoņi", "deviņi"],
    "ko": ["공", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"],
}
_NATIVE_KOREAN = ["영", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"]
_TEENS = {
    "en": [
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ],
    "ru": [
        "десять",
        "одиннадцать",
        "двенадцать",
        "тринадцать",
        "четырнадцать",
        "пятнадцать",
        "шестнадцать",
        "семнадцать",
        "восемнадцать",
        "девятнадцать",
    ],
    "lv": [
        "desmit",
        "vienpadsmit",
        "divpadsmit",
        "trīspadsmit",
        "četrpadsmit",
        "piecpadsmit",
        "sešpadsmit",
        "septiņpadsmit",
        "astoņpadsmit",
        "deviņpadsmit",
    ],
}
_TENS = {
    "en": ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
    "ru": ["двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто"],
    "lv": [
        "divdesmit",
        "trīsdesmit",
        "četrdesmit",
        "piecdesmit",
        "sešdesmit",
        "septiņdesmit",
        "astoņdesmit",
        "deviņdesmit",
    ],
}
_PLUS = {"en": "plus", "ru": "плюс", "lv": "plus", "ko": "플러스"}
_HOMES = {"en": "GB", "ru": "RU", "lv": "LV", "ko": "KR"}
_BEGINNINGS = {
    "GB": ("79", "20", "161", "800", "74"),
    "RU": ("9", "495", "812", "800"),
    "LV": ("2", "67", "63", "80"),
    "KR": ("10", "2", "31", "70"),
}
_LENGTHS = {"GB": 10, "RU": 10, "LV": 8, "KR": 10}


@st.composite
def numbers(draw: st.DrawFn, country: str) -> tuple[str, str]:
    """A number that exists as a kind: as it is dialled at home, and in E.164."""
    beginning = draw(st.sampled_from(_BEGINNINGS[country]))
    rest = draw(st.text("0123456789", min_size=_LENGTHS[country], max_size=_LENGTHS[country]))
    number = phonenumbers.parse((beginning + rest)[: _LENGTHS[country]], country)
    assume(phonenumbers.is_valid_number(number))
    dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return (
        "".join(c for c in dialled if c.isdigit()),
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
    )


def digit_by_digit(digits: str, language: str) -> list[str]:
    return [_DIGITS[language][int(digit)] for digit in digits]


def in_pairs(digits: str, language: str) -> list[str]:
    """Twenty nine, twelve, oh five: pairs from the end, the first digit alone if it is left over."""
    words = digit_by_digit(digits[: len(digits) % 2], language)
    for place in range(len(digits) % 2, len(digits), 2):
        tens, ones = int(digits[place]), int(digits[place + 1])
        if tens == 0:
            words += [_DIGITS[language][0], _DIGITS[language][ones]]
        elif tens == 1:
            words.append(_TEENS[language][ones])
        else:
            words += [_TENS[language][tens - 2], *([_DIGITS[language][ones]] if ones else [])]
    return words


def with_pauses(words: Sequence[str], draw: Callable[[st.SearchStrategy[str]], str]) -> str:
    return " ".join(word + draw(st.sampled_from(["", "", "", " —"])) for word in words)


@pytest.mark.parametrize("language", ["en", "ru", "lv", "ko"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_number_said_digit_by_digit_is_found_again(language: str, data: st.DataObject, listener: Any) -> None:
    digits, number = data.draw(numbers(_HOMES[language]))
    line = with_pauses(digit_by_digit(digits, language), data.draw)
    assert listener.told(line, language, _HOMES[language]) == f"number {number}"


@pytest.mark.parametrize("language", ["en", "ru", "lv"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_number_said_in_pairs_is_found_again(language: str, data: st.DataObject, listener: Any) -> None:
    digits, number = data.draw(numbers(_HOMES[language]))
    assert listener.told(" ".join(in_pairs(digits, language)), language, _HOMES[language]) == f"number {number}"


@pytest.mark.parametrize("language", ["en", "ru", "lv", "ko"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_number_of_any_country_said_with_its_prefix_is_found_again(
    language: str, data: st.DataObject, listener: Any
) -> None:
    country = data.draw(st.sampled_from(sorted(_LENGTHS)))
    _, number = data.draw(numbers(country))
    line = with_pauses([_PLUS[language], *digit_by_digit(number[1:], language)], data.draw)
    assert listener.told(line, language, "LV") == f"number {number}"


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_korean_digits_may_be_written_together_anyhow(data: st.DataObject, listener: Any) -> None:
    digits, number = data.draw(numbers("KR"))
    line = "".join(word + data.draw(st.sampled_from(["", "", " "])) for word in digit_by_digit(digits, "ko"))
    assert listener.told(line + "입니다", "ko", "KR") == f"number {number}"


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_korean_digits_may_be_native_and_joined_by_a_spoken_hyphen(data: st.DataObject, listener: Any) -> None:
    digits, number = data.draw(numbers("KR"))
    spoken = [data.draw(st.sampled_from([_DIGITS["ko"][int(digit)], _NATIVE_KOREAN[int(digit)]])) for digit in digits]
    groups = ["".join(spoken[:3]), "".join(spoken[3:-4]), "".join(spoken[-4:])]
    line = data.draw(st.sampled_from(["에 ", " 다시 ", " "])).join(groups)
    assert listener.told(line, "ko", "KR") == f"number {number}"
