"""Stretches of open time in UTC, and how an edge on the wall clock becomes a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from flows.company.calendar_definition import Window


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """Open from `opens` up to, not including, `closes` (UTC)."""

    opens: datetime
    closes: datetime

    @property
    def length(self) -> timedelta:
        return self.closes - self.opens


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch that does not count, because the customer asked for it. Raises ValueError when it ends before it begins."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ValueError(f"a pause from {self.since} cannot end at {self.until}")


def opening_edge(local: datetime, zone: tzinfo) -> datetime:
    """An opening edge: the first occurrence in a repeated hour; one that the clocks leave out moves forward by the gap.

    That is the reading of PEP 495 (fold=0) and of RFC 5545, 3.3.5.
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def closing_edge(local: datetime, zone: tzinfo) -> datetime:
    """A closing edge: the second occurrence in a repeated hour; one that the clocks leave out moves forward by the gap.

    In a gap fold=1 lies before fold=0 and in a repeated hour after it, so the later of the two is right in both.
    """
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def joined(pieces: Iterable[OpenWindow]) -> Iterator[OpenWindow]:
    """Ordered windows in which those that touch are one."""
    whole: OpenWindow | None = None
    for piece in pieces:
        if whole is not None and piece.opens == whole.closes:
            whole = OpenWindow(whole.opens, piece.closes)
            continue
        if whole is not None:
            yield whole
        whole = piece
    if whole is not None:
        yield whole


def awake(window: OpenWindow, quiet: Window | None, zone: tzinfo) -> Iterator[OpenWindow]:
    """What remains of a window outside of the quiet hours of a zone."""
    if quiet is None:
        yield window
        return
    day = window.opens.astimezone(zone).date() - timedelta(days=1)
    last = window.closes.astimezone(zone).date()
    pauses = []
    while day <= last:
        ends_on = day if quiet.closes > quiet.opens else day + timedelta(days=1)
        since = closing_edge(datetime.combine(day, quiet.opens), zone)
        pauses.append(Pause(since, max(since, opening_edge(datetime.combine(ends_on, quiet.closes), zone))))
        day += timedelta(days=1)
    yield from without(window, pauses)


def without(window: OpenWindow, pauses: Sequence[Pause]) -> Iterator[OpenWindow]:
    """What remains of a window after pauses, which are ordered by their beginning."""
    opens = window.opens
    for pause in pauses:
        if pause.until <= opens or pause.since >= window.closes:
            continue
        if opens < pause.since:
            yield OpenWindow(opens, pause.since.astimezone(UTC))
        opens = pause.until.astimezone(UTC)
        if opens >= window.closes:
            return
    yield OpenWindow(opens, window.closes)
