"""Goodbye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.prompts.prompt import Prompt
from flows.steps import Finish, Step

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class End:
    """Says goodbye and hangs up. `outcome` is how the call is told in the history.

    Example:

        goodbye:
          type: end
          prompt: {en: "Thank you for calling.[ We will call you back {promise.until|by}.] Goodbye."}
          outcome: done
    """

    name: str
    exits: dict[str, str]
    prompt: Prompt | None = None
    outcome: str = "done"
    disabled: str = ""


def read(fields: Fields, name: str, disabled: str) -> End:
    return End(
        name=name,
        prompt=fields.prompt("prompt"),
        outcome=fields.slug("outcome", "done") or "done",
        exits={},
        disabled=disabled,
    )


def enter(node: End, visit: Visit) -> Step:
    visit.say(node.prompt)
    return Finish(node.outcome)
