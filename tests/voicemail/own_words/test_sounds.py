"""How words sound, and which of them are confused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemail.own_words.phonemes import SOUNDS, edit_distance
from voicemail.own_words.pronunciation import sounds_of

# Spelt otherwise, said the same.
SAME = [
    ("ko", "국민", "궁민"),
    ("ko", "좋다", "조타"),
    ("ko", "신라", "실라"),
    ("ko", "강릉", "강능"),
    ("ko", "협력", "혐녁"),
    ("ko", "독립", "동닙"),
    ("ko", "싫어", "시러"),
    ("ko", "입학", "이팍"),
    ("ko", "음악", "으막"),
    ("ko", "꽃", "꼳"),
    ("ko", "진행돼", "진행되"),
    ("ko", "KT", "케이티"),
    ("en", "Knight", "night"),
    ("en", "Phil", "fill"),
    ("en", "Bayley", "baylee"),
    ("en", "Sean's", "seans"),
    ("ru", "Янтарная", "янтарная"),
    ("ru", "счастье", "щастье"),
    ("ru", "Зелёная", "Зелёная"),
    ("lv", "Dzintara darbnīca", "dzintara darbnica"),
    ("lv", "Ķengarags", "čengarags"),
    ("lv", "Žagars", "žagars"),
]
# What a recogniser made of it, and up to which distance by sound that must be.
CLOSE = [
    ("ko", "커피", "거피", 0.10),
    ("ko", "장동련", "장동영", 0.15),
    ("ko", "푸야 라이몬디", "피아 라이몬디", 0.12),
    ("ko", "테마파크", "체납 아크", 0.20),
    ("ko", "테마파크", "행악 파크", 0.28),
    ("en", "Amber Workshop", "amber works shop", 0.12),
    ("en", "Elizabetes Street", "elizabeth's street", 0.10),
    ("en", "Kowalski", "co whale ski", 0.28),
    ("en", "Bosch", "bush", 0.15),
    ("ru", "Бривибас", "привет бас", 0.20),
    ("ru", "Козлов", "козлав", 0.10),
    ("ru", "Шостакович", "шестого вич", 0.20),
    ("lv", "Brīvības iela", "brīvības jela", 0.12),
    ("lv", "Bērziņš", "bērzins", 0.12),
]
APART = [
    ("ko", "테헤란로", "장으로"),
    ("ko", "홍길동", "홍익대"),
    ("en", "Amber Workshop", "another thing"),
    ("en", "Kowalski", "calendar"),
    ("ru", "Янтарная", "завтра"),
    ("lv", "Bērziņš", "paldies"),
]


@pytest.mark.parametrize(("language", "one", "other"), SAME)
def test_what_is_said_the_same_has_the_same_sounds(language: str, one: str, other: str) -> None:
    assert sounds_of(one, language) == sounds_of(other, language) != ""


@pytest.mark.parametrize(("language", "own", "heard", "most"), CLOSE)
def test_what_a_recogniser_confuses_is_close(language: str, own: str, heard: str, most: float) -> None:
    assert _rate(language, own, heard) <= most


@pytest.mark.parametrize(("language", "own", "heard"), APART)
def test_what_nobody_confuses_is_far_apart(language: str, own: str, heard: str) -> None:
    assert _rate(language, own, heard) > 0.3


@pytest.mark.parametrize("language", ["ko", "en", "ru", "lv", "de", "pt-BR"])
@given(text=st.text(max_size=20))
def test_every_text_has_sounds_of_the_alphabet_or_none(language: str, text: str) -> None:
    assert set(sounds_of(text, language)) <= set(SOUNDS)


@given(one=st.text(SOUNDS, min_size=1, max_size=8), other=st.text(SOUNDS, min_size=1, max_size=8))
def test_distance_is_nothing_for_the_same_and_the_same_both_ways(one: str, other: str) -> None:
    assert edit_distance(one, one) == pytest.approx(0.0, abs=1e-5)
    assert edit_distance(one, other) == pytest.approx(edit_distance(other, one), abs=1e-4)
    assert edit_distance(one, other) <= max(len(one), len(other)) * 1.2 + 1e-4


def _rate(language: str, own: str, heard: str) -> float:
    sounds = sounds_of(own, language)
    return edit_distance(sounds, sounds_of(heard, language)) / len(sounds)
