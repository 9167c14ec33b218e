"""Whether people are there now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.events import HoursLookedUp, ReadHours
from flows.inputs import HoursRead
from flows.prompts.prompt import clean
from flows.session import HoursKnown
from flows.steps import Ask, Fail, Leave, Step

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit


MAX_REASON_CHARS = 60
MAX_NAMES_BYTES = 240


@dataclass(frozen=True, slots=True)
class Hours:
    """Asks a calendar of the company what it says now: `override` is a closure, or a day with an exception outside of its hours.

    Without a `calendar` it is that of the number called. A number's own calendar also stands in for the first that its flow
    names. Prompts after it may say `{hours.reason}`, `{hours.opens}`, `{hours.today}` and `{hours.week}`.

    Example:

        opening:
          type: hours
          calendar: office
          exits: {open: goodbye, closed: goodbye, holiday: goodbye, override: goodbye}
    """

    name: str
    exits: dict[str, str]
    calendar: str
    disabled: str = ""


def read(fields: Fields, name: str, disabled: str) -> Hours:
    return Hours(
        name=name,
        calendar=fields.slug("calendar"),
        exits=fields.exits(("open", "closed", "holiday", "override")),
        disabled=disabled,
    )


def enter(node: Hours, visit: Visit) -> Step:
    calendar = visit.calendar(node.calendar)
    if calendar not in visit.company.calendars:
        return Fail(f'calendar "{calendar}" is not in company.yaml')
    return Ask(ReadHours(calendar, visit.flow.languages))


def _kept(names: dict[str, str], languages: tuple[str, ...]) -> dict[str, str]:
    """The names that travel with the call, the caller's language first: there is room for a few."""
    kept: dict[str, str] = {}
    room = MAX_NAMES_BYTES
    for language in dict.fromkeys((*languages, "")):
        name = clean(names.get(language, ""), MAX_REASON_CHARS)
        room -= len(name.encode())
        if name and room >= 0:
            kept[language] = name
    return kept


def answer(node: Hours, visit: Visit, given: HoursRead) -> Step:
    calendar = visit.calendar(node.calendar)
    visit.emit(HoursLookedUp(node.name, calendar, given.state, given.reason))
    names = _kept(given.names, (visit.session.language, *visit.flow.languages))
    opens = given.opens.replace(microsecond=0) if given.opens is not None else None
    visit.change(hours=HoursKnown(calendar, given.state, names, opens, given.today, given.time_zone))
    return Leave(given.state)
