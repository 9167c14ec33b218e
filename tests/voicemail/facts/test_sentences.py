"""Messages as callers leave them, and the facts in them that may be called certain: none may be wrong.

`sentences_xx.tsv` are written by hand; `frames_xx.txt` are messages whose places are filled with `pieces_xx.tsv`. "!" stands
before a fact that must be found and be certain; one without it may be.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.voicemail.facts.listener import Listener

HERE = Path(__file__).parent
HOMES = {"en": "LV", "ru": "LV", "lv": "LV", "ko": "KR"}
LEAST_SENTENCES = 400
FILLINGS = 12


@dataclass(frozen=True)
class Sentence:
    said: str
    certain: frozenset[str]
    needed: frozenset[str]


def written(language: str) -> Iterator[Sentence]:
    for row in _rows(f"sentences_{language}.tsv"):
        facts = [fact for fact in (row["certain"] or "").split("; ") if fact]
        yield Sentence(
            row["said"],
            frozenset(fact.removeprefix("!") for fact in facts),
            frozenset(fact[1:] for fact in facts if fact.startswith("!")),
        )


def filled(language: str) -> Iterator[Sentence]:
    """Every frame with pieces drawn from a fixed seed. A moment is a day and an hour of the winter, when Riga is at +02:00."""
    pieces: dict[str, list[tuple[str, str]]] = {}
    for row in _rows(f"pieces_{language}.tsv"):
        pieces.setdefault(row["slot"], []).append((row["said"], row["certain"] or ""))
    draw = random.Random(language)
    for frame in (HERE / f"frames_{language}.txt").read_text(encoding="utf-8").splitlines():
        for _ in range(FILLINGS):
            facts: list[str] = []

            def fill(slot: re.Match[str], facts: list[str] = facts) -> str:
                if slot[1] == "moment":
                    (day, date), (clock, time) = draw.choice(pieces["day"]), draw.choice(pieces["clock"])
                    facts.append(f"date {date}T{time}+02:00")
                    return f"{day} {clock}"
                said, value = draw.choice(pieces[slot[1]])
                if value:
                    facts.append(f"{'number' if slot[1] == 'number' else 'date'} {value}")
                return said

            said = re.sub(r"\{(\w+)\}", fill, frame)
            yield Sentence(said, frozenset(facts), frozenset(facts))


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("language", HOMES)
def test_no_fact_that_is_called_certain_is_wrong(language: str) -> None:
    sentences = [*written(language), *filled(language)]
    listener = Listener()
    wrong, missing = [], []
    for sentence in sentences:
        facts = listener.facts(sentence.said, language, HOMES[language])
        certain = {f"{fact.kind} {fact.value}" for fact in facts if fact.is_certain}
        if certain - sentence.certain:
            wrong.append(f"{sentence.said}: {sorted(certain - sentence.certain)}")
        if sentence.needed - certain:
            missing.append(
                f"{sentence.said}: {sorted(sentence.needed - certain)}, {listener.told(sentence.said, language, HOMES[language])}"
            )
    print(
        f"\n{language}: {len(sentences)} sentences, {len(wrong)} with a wrong certain fact, {len(missing)} with one missing"
    )
    assert len(sentences) >= LEAST_SENTENCES
    assert not wrong, "\n".join(wrong)
    assert not missing, "\n".join(missing)
