"""Words for the caller, and on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.prompts.prompt import Prompt as Words
from flows.steps import Leave, Step

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class Prompt:
    """Says something and goes on. Where a menu follows, a key interrupts it, unless `barge_in` is false.

    Example:

        closed:
          type: prompt
          prompt: {en: "We are closed at the moment."}
          next: goodbye
    """

    name: str
    exits: dict[str, str]
    prompt: Words | None
    barge_in: bool = True
    disabled: str = ""


def read(fields: Fields, name: str, disabled: str) -> Prompt:
    if "prompt" not in fields:
        fields.missing("prompt")
    return Prompt(
        name=name,
        prompt=fields.prompt("prompt"),
        barge_in=fields.flag("barge_in", True),
        exits={"next": fields.target("next")},
        disabled=disabled,
    )


def enter(node: Prompt, visit: Visit) -> Step:
    visit.say(node.prompt, barge_in=node.barge_in)
    return Leave("next")
