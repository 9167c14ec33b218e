"""When people are there, as a company writes it down: weeks, seasons, public holidays, exceptions, a closure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from flows.values.dates import YearlyDate
from flows.values.places import read_zone

Day = date  # fields below are called date

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# A text for each language, or one under "" for all of them.
Names = Annotated[dict[str, str], BeforeValidator(lambda value: {"": value} if isinstance(value, str) else value)]
ZoneName = Annotated[str, AfterValidator(read_zone)]


class Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(Definition):
    """Open from `opens` to `closes`, local time; a window that closes at or before it opens ends the next day (22:00–06:00).

    24:00 is written as 00:00 of the next day: 00:00–00:00 is a whole day.
    """

    opens: time
    closes: time


Week = dict[Weekday, tuple[Window, ...]]


class DatedDay(Definition):
    """A date, or a run of dates, once or in every year; `name` says what it is."""

    date: Day | YearlyDate
    until: Day | YearlyDate | None = None
    name: Names = {}

    def covers(self, day: Day) -> bool:
        """Whether a day belongs to it; a yearly run may go over the end of the year (20 Dec to 6 Jan)."""
        first, last = self.date, self.until or self.date
        if isinstance(first, Day):
            return first <= day <= cast(Day, last)
        begins, ends = (first.month, first.day), (last.month, last.day)
        at = (day.month, day.day)
        return begins <= at <= ends if begins <= ends else at >= begins or at <= ends

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> DatedDay:
        if self.until is None:
            return self
        if isinstance(self.date, Day) is not isinstance(self.until, Day):
            raise ValueError("date and until must both have a year, or neither")
        if isinstance(self.date, Day) and isinstance(self.until, Day) and self.until < self.date:
            raise ValueError(f"until {self.until} lies before {self.date}")
        return self


class CalendarException(DatedDay):
    """Days on which the week does not hold: closed, or open in other windows."""

    windows: tuple[Window, ...] = ()


class Season(DatedDay):
    """Days on which another week holds."""

    week: Week


class Closure(Definition):
    """Closed at once until a given moment (local time of the calendar): snow, a fire drill."""

    until: datetime
    reason: Names = {}


class Holidays(Definition):
    """Public holidays: of countries (`LV`, `DE-BY`), fewer (`without`) or more (`also`, and those of a calendar `file`).

    `without` holds names as the country writes them, and dates.
    """

    countries: tuple[str, ...] = ()
    without: tuple[Day | YearlyDate | str, ...] = ()
    also: tuple[DatedDay, ...] = ()
    file: str = ""

    def __bool__(self) -> bool:
        return bool(self.countries or self.also)


def _holidays(value: Any) -> Any:
    return {"countries": (value,) if value else ()} if isinstance(value, str) else value


class CalendarDefinition(Definition):
    """When people are there. Of seasons and exceptions that meet on a day the first holds."""

    zone: ZoneName
    week: Week
    seasons: tuple[Season, ...] = ()
    holidays: Annotated[Holidays, BeforeValidator(_holidays)] = Holidays()
    exceptions: tuple[CalendarException, ...] = ()
    closure: Closure | None = None

    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def week_of(self, day: Day) -> Week:
        """The week that holds on a day: that of its season, or the usual one."""
        return next((season.week for season in self.seasons if season.covers(day)), self.week)

    def weeks(self) -> Iterator[Week]:
        yield self.week
        yield from (season.week for season in self.seasons)


def named(names: Mapping[str, str], language: str = "") -> str:
    """A name in a language, else the one for all languages, else any; nothing when there is none."""
    return (
        names.get(language) or names.get(language.split("-", 1)[0]) or names.get("") or next(iter(names.values()), "")
    )
