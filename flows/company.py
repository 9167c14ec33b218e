"""What all flows of a business share: its name, numbers, calendars, queues, teams and voices (company.yaml)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from flows.files.zones import is_zone

Day = date  # a field below is called date

MAX_CALENDARS = 50
MAX_QUEUES = 100
MAX_OWN_WORDS = 500  # of a language; each is looked for in every message
MAX_OWN_WORD_CHARACTERS = 60

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
# One to four words of letters; "Dr. O'Neil-Bērziņa" is one too.
_OWN_WORD = re.compile(r"[^\W\d_]+(?:(?:[-'’.] ?| )[^\W\d_]+)*\.?")
_MAX_PARTS = 4
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise ValueError(f"{value!r} is not a name: small letters, digits and _, beginning with a letter, at most 40")
    return value


def _e164(value: str) -> str:
    if not _E164.fullmatch(value):
        raise ValueError(f"{value!r} is not a number in international form, such as +37167000000")
    return value


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError(f"{value!r} is not an IANA time zone, such as Europe/Riga")
    return value


def _own_word(value: str) -> str:
    value = unicodedata.normalize("NFC", value)
    if any(letter.isdigit() for letter in value):
        raise ValueError(f"{value!r} has digits in it: write the word without them, numbers are understood anyway")
    if not _OWN_WORD.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a word or a few: letters, with single spaces, hyphens or apostrophes between"
        )
    if len(value.split()) > _MAX_PARTS or len(value) > MAX_OWN_WORD_CHARACTERS:
        raise ValueError(f"{value!r} is too long: at most {_MAX_PARTS} words and {MAX_OWN_WORD_CHARACTERS} characters")
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f"{value!r} is not a language, such as en or lv")
    return value


Slug = Annotated[str, AfterValidator(_slug)]
OwnWord = Annotated[str, AfterValidator(_own_word)]
Language = Annotated[str, AfterValidator(_language)]
E164 = Annotated[str, AfterValidator(_e164)]
ZoneName = Annotated[str, AfterValidator(_zone)]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(_Definition):
    """Open from `opens` to `closes`, local time; a window that closes at or before it opens ends the next day (22:00–06:00).

    24:00 is written as 00:00 of the next day: 00:00–00:00 is a whole day.
    """

    opens: time
    closes: time


class CalendarException(_Definition):
    """One date (or a run of dates) on which the week does not hold: closed, or open in other windows."""

    date: Day
    until: Day | None = None
    name: str = ""
    windows: tuple[Window, ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> CalendarException:
        if self.until is not None and self.until < self.date:
            raise ValueError(f"until {self.until} lies before {self.date}")
        return self


class Closure(_Definition):
    """Closed at once until a given moment (local time of the calendar): snow, a fire drill."""

    until: datetime
    reason: str = ""


class CalendarDefinition(_Definition):
    """When people are there. `holidays` is an ISO 3166 country code, with a subdivision as in `DE-BY`, or empty."""

    zone: ZoneName
    week: dict[Weekday, tuple[Window, ...]]
    holidays: str = ""
    exceptions: tuple[CalendarException, ...] = ()
    closure: Closure | None = None

    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class TargetRule(_Definition):
    """Within how many open minutes a callback is due; the first rule whose conditions all hold decides.

    An absent condition always holds. `minutes` counts open time of the queue's calendar.
    """

    intent: str | None = None
    language: str | None = None
    minutes: int = Field(ge=1, le=60 * 24 * 14)


class QueueDefinition(_Definition):
    """A line of callbacks: its hours, how soon they are due, and how much its people can do.

    `people` is how many work on it at once while it is open; `handling_minutes` is what one callback takes.
    `round_minutes` is the step to which a spoken promise is rounded up: 5, 15 or 30.
    """

    title: dict[str, str] = {}
    calendar: Slug
    targets: tuple[TargetRule, ...] = Field(min_length=1)
    people: int = Field(default=1, ge=1, le=1000)
    handling_minutes: int = Field(default=6, ge=1, le=240)
    round_minutes: Literal[5, 15, 30] = 30

    @model_validator(mode="after")
    def _last_target_always_holds(self) -> QueueDefinition:
        last = self.targets[-1]
        if last.intent is not None or last.language is not None:
            raise ValueError("the last target must hold for everything: give it minutes only")
        return self


class TeamDefinition(_Definition):
    """Numbers to ring for a transfer."""

    title: dict[str, str] = {}
    numbers: tuple[E164, ...] = Field(min_length=1, max_length=10)


class OwnWords(_Definition):
    """What callers say that no dictionary has, in one language: it helps to understand their messages."""

    names: tuple[OwnWord, ...] = ()
    products: tuple[OwnWord, ...] = ()
    streets: tuple[OwnWord, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        return (*self.names, *self.products, *self.streets)

    @model_validator(mode="after")
    def _not_too_many(self) -> OwnWords:
        if len(self.every) > MAX_OWN_WORDS:
            raise ValueError(f"{len(self.every)} words are too many: at most {MAX_OWN_WORDS} in a language")
        return self


class Company(_Definition):
    """company.yaml. `numbers` maps a called number to a flow; `default` in it answers every other number."""

    spec: Literal[1] = 1
    organisation: dict[str, str] = Field(min_length=1)
    default_language: str
    home_country: str = Field(default="LV", pattern="^[A-Z]{2}$")
    clock: Literal["12h", "24h"] = "12h"  # how English times are spoken; other languages have one way
    numbers: dict[str, Slug] = Field(min_length=1)
    calendars: dict[Slug, CalendarDefinition] = Field(min_length=1, max_length=MAX_CALENDARS)
    queues: dict[Slug, QueueDefinition] = Field(min_length=1, max_length=MAX_QUEUES)
    teams: dict[Slug, TeamDefinition] = {}
    voices: dict[str, str] = {}
    words: dict[Language, OwnWords] = {}

    def organisation_name(self, language: str) -> str:
        """The organisation's name in a language, or in the default one."""
        return self.organisation.get(language) or self.organisation[self.default_language]

    def own_words(self, language: str) -> tuple[str, ...]:
        """The business's own words in a language, each once, its name among them; none if it has written none."""
        written = self.words.get(language)
        if written is None:
            return ()
        name = self.organisation.get(language, "")
        return tuple(dict.fromkeys((*written.every, *((name,) if _OWN_WORD.fullmatch(name) else ()))))

    def flow_for(self, to_number: str | None) -> str | None:
        """The flow that answers a called number; None when the number is unknown and no default is set."""
        if to_number is not None and to_number in self.numbers:
            return self.numbers[to_number]
        return self.numbers.get("default")

    @model_validator(mode="after")
    def _queues_have_calendars(self) -> Company:
        for name, queue in self.queues.items():
            if queue.calendar not in self.calendars:
                known = ", ".join(self.calendars)
                raise ValueError(f'queue "{name}" uses calendar "{queue.calendar}"; calendars here: {known}')
        return self

    @model_validator(mode="after")
    def _numbers_are_numbers(self) -> Company:
        for number in self.numbers:
            if number != "default":
                _e164(number)
        return self

    @model_validator(mode="after")
    def _named_in_default_language(self) -> Company:
        if self.default_language not in self.organisation:
            raise ValueError(f'organisation has no name in the default language "{self.default_language}"')
        return self
