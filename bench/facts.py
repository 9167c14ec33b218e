"""Finding numbers, times and dates in a message: milliseconds per 100 words, and their ratio to reading the words from JSON.

    .venv/bin/python -m bench.facts [--rounds 9]

Reads the sentences of the tests (tests/voicemail/facts). Target: 2 ms per 100 words on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from voicemail.facts import find_facts
from voicemail.mailbox import Word

SENTENCES = Path(__file__).resolve().parents[1] / "tests" / "voicemail" / "facts"
LANGUAGES = {"en": "GB", "ru": "RU", "lv": "LV", "ko": "KR"}
MONDAY_AT_ELEVEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RIGA = ZoneInfo("Europe/Riga")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=9)
    rounds = arguments.parse_args().rounds
    for language, country in LANGUAGES.items():
        lines = (SENTENCES / f"no_number_{language}.txt").read_text(encoding="utf-8").splitlines()
        messages = [[Word(word, n * 0.4, n * 0.4 + 0.3, 0.9) for n, word in enumerate(line.split())] for line in lines]
        documents = [json.dumps([asdict(word) for word in words]) for words in messages]

        def find(messages: list[list[Word]] = messages, language: str = language, country: str = country) -> None:
            for words in messages:
                find_facts(words, language, country, MONDAY_AT_ELEVEN, RIGA)

        def read(documents: list[str] = documents) -> None:
            for document in documents:
                [Word(**word) for word in json.loads(document)]

        hundreds = sum(map(len, messages)) / 100
        pairs = [(seconds(find), seconds(read)) for _ in range(rounds)]
        ours = statistics.median(mine for mine, _ in pairs) / hundreds
        ratio = statistics.median(mine / other for mine, other in pairs)
        print(f"{language}: {ours * 1000:.2f} ms per 100 words, {ratio:.1f} times reading them from JSON")


def seconds(work: Callable[[], None]) -> float:
    """CPU seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
