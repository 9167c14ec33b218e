"""Whether people are there now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.events import HoursLookedUp, ReadHours
from flows.inputs import HoursRead
from flows.steps import Ask, Fail, Leave, Step

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class Hours:
    """Asks a calendar of the company what it says now: `override` is a closure or exception entered by hand.

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
        calendar=fields.slug("calendar", None),
        exits=fields.exits(("open", "closed", "holiday", "override")),
        disabled=disabled,
    )


def enter(node: Hours, visit: Visit) -> Step:
    if node.calendar not in visit.company.calendars:
        return Fail(f'calendar "{node.calendar}" is not in company.yaml')
    return Ask(ReadHours(node.calendar))


def answer(node: Hours, visit: Visit, given: HoursRead) -> Step:
    visit.emit(HoursLookedUp(node.name, node.calendar, given.state, given.reason))
    return Leave(given.state)
