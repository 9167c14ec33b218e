"""A person on the line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from flows.events import TransferEnded, TransferStarted, WentWrong
from flows.inputs import Dialed
from flows.prompts.prompt import Prompt
from flows.steps import Await, Leave, Step
from flows.values.telephone import read_number
from flows.verbs import Dial

if TYPE_CHECKING:
    from flows.company.company import Company
    from flows.files.fields import Fields
    from flows.visit import Visit

MAX_NUMBERS = 10  # Twilio rings ten numbers in one Dial at most
_TEAM = re.compile(r"team/[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Transfer:
    """Rings people: teams of the company (`team/NAME`) or numbers in international form, at once or one after the other.

    Example:

        front_desk:
          type: transfer
          prompt: {en: "One moment, please."}
          to: [team/desk]
          strategy: simultaneous
          ring: 20s
          exits: {answered: goodbye, no_answer: goodbye, busy: goodbye, failed: goodbye}
    """

    name: str
    exits: dict[str, str]
    to: tuple[str, ...]
    prompt: Prompt | None = None
    sequential: bool = False
    ring_seconds: int = 20
    disabled: str = ""

    def teams(self) -> tuple[str, ...]:
        return tuple(each.removeprefix("team/") for each in self.to if each.startswith("team/"))

    def numbers(self, company: Company) -> tuple[str, ...]:
        """The numbers to ring now; empty when no team named here exists any more."""
        found: dict[str, None] = {}
        for each in self.to:
            team = company.teams.get(each.removeprefix("team/")) if each.startswith("team/") else None
            found.update(dict.fromkeys(team.numbers if team else () if each.startswith("team/") else (each,)))
        return tuple(found)[:MAX_NUMBERS]


def read(fields: Fields, name: str, disabled: str) -> Transfer:
    to = fields.texts("to")
    if not to:
        fields.missing("to")
    read_to = tuple(fields.read(each, _destination, "", "to") for each in to)
    return Transfer(
        name=name,
        to=read_to,
        prompt=fields.prompt("prompt"),
        sequential=fields.one_of("strategy", ("simultaneous", "sequential"), "simultaneous") == "sequential",
        ring_seconds=fields.seconds("ring", 20, 5, 120),
        exits=fields.exits(("answered", "no_answer", "busy", "failed")),
        disabled=disabled,
    )


def _destination(written: str) -> str:
    if _TEAM.fullmatch(written):
        return written
    if written.startswith("team"):
        raise ValueError(f'"{written}" is not a team; write team/NAME with a name of company.yaml')
    try:
        return read_number(written)
    except ValueError:
        raise ValueError(f'"{written}" is neither team/NAME nor a number such as +37167000000') from None


def enter(node: Transfer, visit: Visit) -> Step:
    if not node.numbers(visit.company):
        visit.emit(WentWrong(node.name, f"nobody to ring: {', '.join(node.to)} not in company.yaml"))
        return Leave("failed")
    visit.emit(TransferStarted(node.name, node.to))
    return present(node, visit)


def present(node: Transfer, visit: Visit) -> Step:
    numbers = node.numbers(visit.company)
    if not numbers:  # the team was removed while it rang
        return Leave("failed")
    visit.say(node.prompt)
    return Await(Dial(numbers, node.ring_seconds, node.sequential))


def answer(node: Transfer, visit: Visit, given: Dialed) -> Step:
    visit.emit(TransferEnded(node.name, given.status, given.seconds, node.to, given.error))
    visit.change(talked_seconds=visit.session.talked_seconds + max(given.seconds or 0, 0))
    match given.status:
        case "completed" | "answered":
            return Leave("answered")
        case "busy":
            return Leave("busy")
        case "no_answer":
            return Leave("no_answer")
        case "failed" | "canceled":
            return Leave("failed")
    assert_never(given.status)
