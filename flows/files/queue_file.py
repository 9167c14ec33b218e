"""Queues and teams as they are written in company.yaml."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, cast

from flows.company.calendar_definition import Window
from flows.company.company import QUIET, QueueDefinition, TargetRule, TeamDefinition
from flows.files.calendar_file import read_windows
from flows.files.fields import Fields
from flows.files.language_texts import read_names
from flows.files.tree import Text
from flows.values.duration import in_days, read_duration
from flows.values.language import language_key
from flows.values.telephone import read_number

_MOST_MINUTES = 60 * 24 * 14
_MOST_DAYS = 30
_ROUND: tuple[Literal[5, 15, 30], ...] = (5, 15, 30)
_NO_QUIET = ("none", "no", "off", "never")


def read_queue(fields: Fields, calendars: dict[str, Any]) -> QueueDefinition | None:
    calendar = fields.one_of("calendar", tuple(calendars), None) if calendars else fields.text("calendar")
    title = read_names(fields, "title")
    people = fields.whole("people", 1, 1, 1000)
    handling = _minutes(fields, "handling", 6, 240)
    step = _minutes(fields, "round_to", 30, 30)
    if step not in _ROUND:
        fields.fault(
            fields.mark_of("round_to"), "VALUE", f'round_to "{fields.text("round_to")}" must be 5m, 15m or 30m'
        )
    quiet = _quiet(fields)
    written = fields.mappings("targets")
    targets = [target for each in written if (target := _target(each)) is not None]
    if "targets" not in fields:
        fields.missing("targets")
    elif len(targets) == len(written) and targets and (targets[-1].intent or targets[-1].language):
        fields.fault(
            fields.mark_of("targets"),
            "TARGETS",
            "the last target must hold for everything: give it no intent and no language",
        )
    fields.finish()
    if fields.reading.faults or not targets:
        if not written and "targets" in fields:
            fields.fault(
                fields.mark_of("targets"), "TARGETS", "targets is empty; write how soon, such as - {within: 4h}"
            )
        return None
    return QueueDefinition(
        title=title,
        calendar=calendar,
        targets=tuple(targets),
        people=people,
        handling_minutes=handling,
        round_minutes=cast(Literal[5, 15, 30], step),
        quiet=quiet,
    )


def _quiet(fields: Fields) -> Window | None:
    value = fields.take("quiet")
    if value is None:
        return QUIET
    if isinstance(value, Text) and value.value.lower() in _NO_QUIET:
        return None
    windows = read_windows(fields, value, "quiet")
    if len(windows) > 1:
        fields.fault(value.mark, "VALUE", "quiet is one stretch of hours, such as 21:00-8:00, or none")
    return windows[0] if windows else None


def _target(fields: Fields) -> TargetRule | None:
    intent, language = fields.text("intent"), fields.value("language", language_key, "")
    value = fields.mapping.get("within")
    days = in_days(value.value) if isinstance(value, Text) else None
    minutes = 0 if days else _minutes(fields, "within", 0, _MOST_MINUTES)
    fields.take("within")
    if "within" not in fields:
        fields.missing("within")
    if days is not None and not 1 <= days <= 30:
        fields.fault(fields.mark_of("within"), "VALUE", f'within "{days} days" must be from 1 to 30 days')
        days = None
    fields.finish()
    if not days and not minutes:
        return None
    return TargetRule(intent=intent or None, language=language or None, minutes=minutes, days=days or 0)


def _minutes(fields: Fields, name: str, default: int, most: int) -> int:
    seconds = fields.value(name, read_duration, default * 60)
    value = fields.mapping.get(name)
    if isinstance(value, Text) and value.value and (seconds % 60 or not seconds) and seconds != default * 60:
        fields.fault(value.mark, "VALUE", f'{name} "{value.value}" is not a number of whole minutes such as 30m or 2h')
        return default
    if seconds > most * 60:
        fields.fault(fields.mark_of(name), "VALUE", f'{name} "{fields.text(name)}" must be {most} minutes at most')
        return default
    return seconds // 60


def read_team(fields: Fields, home: str) -> TeamDefinition | None:
    title = read_names(fields, "title")
    numbers = [
        fields.read(each, partial(read_number, home_country=home), "", "numbers") for each in fields.texts("numbers")
    ]
    if not numbers:
        fields.fault(
            fields.mark, "MISSING", 'numbers is missing or empty; write the numbers to ring, such as ["+37167000000"]'
        )
    if len(numbers) > 10:
        fields.fault(fields.mark_of("numbers"), "LIMIT", f"{len(numbers)} numbers; ten at most can ring at once")
    fields.finish()
    return None if fields.reading.faults else TeamDefinition(title=title, numbers=tuple(numbers))
