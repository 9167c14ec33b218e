"""Messages full of prices, dates, counts and addresses, and without a telephone number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LEAST_SENTENCES = 50


# As it is written, and as most recognisers give it: without signs or capitals.
@pytest.mark.parametrize("is_written", [True, False], ids=["written", "heard"])
@pytest.mark.parametrize(
    ("language", "home_country"), [("en", "GB"), ("en", "LV"), ("ru", "RU"), ("ru", "LV"), ("lv", "LV"), ("ko", "KR")]
)
def test_no_number_is_found_where_none_was_said(
    language: str, home_country: str, is_written: bool, listener: Any
) -> None:
    sentences = (HERE / f"no_number_{language}.txt").read_text(encoding="utf-8").splitlines()
    assert len(sentences) >= LEAST_SENTENCES
    for sentence in sentences:
        line = sentence if is_written else _heard(sentence)
        numbers = [fact.said for fact in listener.facts(line, language, home_country) if fact.kind == "number"]
        assert numbers == [], sentence


def _heard(sentence: str) -> str:
    """Only words: what is written in digits stays, for a recogniser that writes them."""
    return "".join(c for c in sentence.lower().rstrip(".?!") if c not in ",;")
