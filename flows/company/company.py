"""What all flows of a business share: its name, numbers, calendars, queues, teams and voices (company.yaml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from flows.company.calendar_definition import CalendarDefinition, Definition, Names, Window, named
from flows.company.own_words import OwnWords, is_own_word
from flows.files.faults import Mark
from flows.values.language import read_language
from flows.values.places import read_country
from flows.values.telephone import address_forms, read_address, read_number

MAX_CALENDARS = 50
MAX_QUEUES = 100
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise ValueError(f"{value!r} is not a name: small letters, digits and _, beginning with a letter, at most 40")
    return value


Slug = Annotated[str, AfterValidator(_slug)]
Language = Annotated[str, AfterValidator(read_language)]
E164 = Annotated[str, AfterValidator(read_number)]

# In `numbers`: every number that is not named.
DEFAULT = "default"
# The hours in which a stranger is not telephoned at home: 47 CFR 64.1200(c)(1), the strictest rule widely known.
QUIET = Window(opens=time(21), closes=time(8))

Place = tuple[str, ...]


class TargetRule(Definition):
    """How soon a callback is due; the first rule whose conditions all hold decides.

    An absent condition always holds. `minutes` counts open time of the queue's calendar; `days` counts its open days, to the
    same time of day.
    """

    intent: str | None = None
    language: str | None = None
    minutes: int = Field(default=0, ge=0, le=60 * 24 * 14)
    days: int = Field(default=0, ge=0, le=30)

    @model_validator(mode="after")
    def _says_how_soon(self) -> TargetRule:
        if bool(self.minutes) is bool(self.days):
            raise ValueError("within is missing; write how soon, such as within: 4h")
        return self


class QueueDefinition(Definition):
    """A line of callbacks: its hours, how soon they are due, and how much its people can do.

    `people` is how many work on it at once while it is open; `handling_minutes` is what one callback takes.
    `round_minutes` is the step to which a spoken promise is rounded up: 5, 15 or 30. In the hours of `quiet` nobody is
    rung; None when this queue may ring at any hour at which it is open.
    """

    title: Names = Field(default_factory=dict)
    calendar: Slug
    targets: tuple[TargetRule, ...] = Field(min_length=1)
    people: int = Field(default=1, ge=1, le=1000)
    handling_minutes: int = Field(default=6, ge=1, le=240)
    round_minutes: Literal[5, 15, 30] = 30
    quiet: Window | None = QUIET

    @model_validator(mode="after")
    def _last_target_always_holds(self) -> QueueDefinition:
        last = self.targets[-1]
        if last.intent is not None or last.language is not None:
            raise ValueError("the last target must hold for everything: give it no intent and no language")
        return self


class TeamDefinition(Definition):
    """Numbers to ring for a transfer."""

    title: Names = Field(default_factory=dict)
    numbers: tuple[E164, ...] = Field(min_length=1, max_length=10)


class NumberDefinition(Definition):
    """An address of the business: the flow that answers it, and its own name and hours where it has them."""

    flow: Slug
    organisation: Names = Field(default_factory=dict)
    calendar: Slug | None = None


Number = Annotated[
    NumberDefinition, BeforeValidator(lambda value: {"flow": value} if isinstance(value, str) else value)
]


class Company(Definition):
    """company.yaml. `numbers` maps an address that is called to a flow; `default` in it answers every other one.

    Where its parts stand in the file, and which findings its comments silence, is no part of the company.
    """

    spec: Literal[1] = 1
    organisation: dict[str, str] = Field(min_length=1)
    default_language: str
    home_country: Annotated[str, AfterValidator(read_country)] = "LV"
    clock: Literal["12h", "24h"] = "12h"  # how English times are spoken; other languages have one way
    numbers: dict[str, Number] = Field(min_length=1)
    calendars: dict[Slug, CalendarDefinition] = Field(min_length=1, max_length=MAX_CALENDARS)
    queues: dict[Slug, QueueDefinition] = Field(min_length=1, max_length=MAX_QUEUES)
    teams: dict[Slug, TeamDefinition] = Field(default_factory=dict)
    voices: dict[str, str] = Field(default_factory=dict)
    words: dict[Language, OwnWords] = Field(default_factory=dict)
    _marks: Mapping[Place, Mark] = PrivateAttr(default_factory=dict)
    _allowed: frozenset[tuple[int, str]] = PrivateAttr(default=frozenset())

    def organisation_name(self, language: str, number: str = "") -> str:
        """The name in a language, or in the default one: of the number that was called (a key of `numbers`), or of the house."""
        called = self.numbers.get(number)
        names = called.organisation if called is not None and called.organisation else self.organisation
        return names.get(language) or names.get(self.default_language) or named(names)

    def own_words(self, language: str) -> tuple[str, ...]:
        """The business's own words in a language, each once, its name among them; none if it has written none."""
        written = self.words.get(language)
        if written is None:
            return ()
        name = self.organisation.get(language, "")
        return tuple(dict.fromkeys((*written.every, *((name,) if is_own_word(name) else ()))))

    def number_of(self, called: str | None) -> str:
        """The key of `numbers` under which a called address stands, in whatever form the carrier names it; or `default`."""
        if not called or called in self.numbers:
            return called or DEFAULT
        forms = address_forms(called, self.home_country)
        return next((form for form in forms if form in self.numbers), DEFAULT)

    def flow_for(self, called: str | None) -> str | None:
        """The flow that answers a called address; None when it is unknown and no default is set."""
        found = self.numbers.get(self.number_of(called))
        return None if found is None else found.flow

    def mark(self, *place: str) -> Mark:
        """Where a part stands in the file, or the nearest part around it."""
        while place and place not in self._marks:
            place = place[:-1]
        return self._marks.get(place, Mark(1, 1))

    def allows(self, line: int, code: str) -> bool:
        """Whether a comment on this line, or right above it, silences a finding."""
        return (line, code) in self._allowed

    def marked(self, marks: Mapping[Place, Mark], allowed: frozenset[tuple[int, str]]) -> Company:
        """This company, with the places of its parts and the findings that its comments allow."""
        self._marks, self._allowed = marks, allowed
        return self

    @model_validator(mode="after")
    def _calendars_exist(self) -> Company:
        for name, queue in self.queues.items():
            self._require_calendar(f'queue "{name}"', queue.calendar)
        for number, definition in self.numbers.items():
            if definition.calendar is not None:
                self._require_calendar(f'number "{number}"', definition.calendar)
        return self

    def _require_calendar(self, what: str, calendar: str) -> None:
        if calendar not in self.calendars:
            raise ValueError(f'{what} uses calendar "{calendar}"; calendars here: {", ".join(self.calendars)}')

    @model_validator(mode="after")
    def _numbers_are_numbers(self) -> Company:
        for number in self.numbers:
            if number != DEFAULT:
                read_address(number)
        return self

    @model_validator(mode="after")
    def _named_in_default_language(self) -> Company:
        if self.default_language not in self.organisation:
            raise ValueError(f'organisation has no name in the default language "{self.default_language}"')
        return self
