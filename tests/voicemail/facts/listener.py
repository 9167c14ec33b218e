"""A transcript from a line of text, and the moment at which every message of these tests was left."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from voicemail.facts import Fact, find_facts
from voicemail.mailbox import Word

RIGA = ZoneInfo("Europe/Riga")
MONDAY_AT_ELEVEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 11:00 in Riga


class Listener:
    """Hears a line of text: words of 0.3 s, 0.05 s between them, and 0.6 s where the line has a dash."""

    def words(self, line: str, confidence: float = 0.95) -> list[Word]:
        words, at = [], 0.0
        for text in line.split():
            if text == "—":
                at += 0.6
                continue
            words.append(Word(text, round(at, 2), round(at + 0.3, 2), confidence))
            at += 0.35
        return words

    def facts(self, line: str, language: str, home_country: str) -> tuple[Fact, ...]:
        return find_facts(self.words(line), language, home_country, MONDAY_AT_ELEVEN, RIGA)

    def told(self, line: str, language: str, home_country: str) -> str:
        """The facts as the tables write them: `number +371…; time 15:00?`, with a question mark where they are not certain."""
        facts = self.facts(line, language, home_country)
        return "; ".join(f"{fact.kind} {fact.value}{'' if fact.is_certain else '?'}" for fact in facts)
