"""How soon a callback is due: ordered rules, the first that holds decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callbacks.schedule.calendar import Calendar, Deadline
from flows.company.company import TargetRule


@dataclass(frozen=True, slots=True)
class Target:
    """How soon a callback is due, in open minutes or in open days, and the rule (counted from 1) that said so."""

    rule: int
    minutes: int
    days: int = 0

    def deadline(self, calendar: Calendar, since: datetime) -> Deadline:
        """When it is due by a calendar. Raises NoOpenHours."""
        if self.days:
            return calendar.days_later(since, self.days)
        return calendar.deadline(since, timedelta(minutes=self.minutes))


def target_for(rules: Sequence[TargetRule], intent: str, language: str) -> Target:
    """The target of the first rule whose conditions all hold.

    Raises LookupError when none does, which a loaded company cannot bring about: its last rule always holds.
    """
    for number, rule in enumerate(rules, start=1):
        if rule.intent in (None, intent) and rule.language in (None, language):
            return Target(number, rule.minutes, rule.days)
    raise LookupError(
        f'no target holds for intent "{intent}" in language "{language}"; give a last rule with minutes only'
    )
