"""How soon a callback is due: ordered rules, the first that holds decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flows.company import TargetRule


@dataclass(frozen=True, slots=True)
class Target:
    """The open time within which a callback is due, and the rule (counted from 1) that said so."""

    rule: int
    minutes: int

    @property
    def open_time(self) -> timedelta:
        return timedelta(minutes=self.minutes)


def target_for(rules: Sequence[TargetRule], intent: str, language: str) -> Target:
    """The target of the first rule whose conditions all hold.

    Raises LookupError when none does, which a loaded company cannot bring about: its last rule always holds.
    """
    for number, rule in enumerate(rules, start=1):
        if rule.intent in (None, intent) and rule.language in (None, language):
            return Target(number, rule.minutes)
    raise LookupError(
        f'no target holds for intent "{intent}" in language "{language}"; give a last rule with minutes only'
    )
