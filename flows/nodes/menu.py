"""A choice by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.files.fields import KEYS
from flows.files.tree import Text
from flows.inputs import Digits, Silence
from flows.limits import MAX_OPTIONS
from flows.nodes.asking import Asking, Chosen, GaveUp, ask, hear, read_asking
from flows.steps import Leave, Step

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. Its `intent` says what the caller wants to whoever calls back; unless written it is the option's name."""

    name: str
    key: str
    intent: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Offers choices by key. Each option is an exit of its own; `max_attempts` is the way of a caller who chose none.

    Example:

        main:
          type: menu
          prompt: {en: "For orders, press 1. For a complaint, press 2."}
          no_input: [{en: "I did not hear anything."}]
          no_match: [{en: "That is not one of the choices."}]
          options:
            orders: {key: "1", next: goodbye}
            complaint: {key: "2", next: goodbye, intent: complaint}
          exits: {max_attempts: goodbye}
    """

    name: str
    exits: dict[str, str]
    asking: Asking
    options: tuple[Option, ...]
    disabled: str = ""

    def keys(self) -> tuple[str, ...]:
        return tuple(option.key for option in self.options)


def read(fields: Fields, name: str, disabled: str) -> Menu:
    if "prompt" not in fields:
        fields.missing("prompt")
    asking = read_asking(fields)
    options: list[Option] = []
    ways: dict[str, str] = {}
    entries = fields.entries("options")
    if not entries:
        fields.missing("options")
    if len(entries) > MAX_OPTIONS:
        fields.fault(
            entries[MAX_OPTIONS][0].mark, "LIMIT", f"{len(entries)} options; a menu holds {MAX_OPTIONS} at most"
        )
    for key, value in entries:
        fields.checked_slug(key, "option")
        if key.value in ("max_attempts", "error", "back"):
            fields.fault(key.mark, "NAME", f'option "{key.value}" has the name of an exit; choose another')
        option = fields.within(key, value, f'option "{key.value}"', "options", key.value)
        if option is None:
            continue
        written = option.take("key")
        if not isinstance(written, Text) or not KEYS.fullmatch(written.value):
            mark = written.mark if written is not None else key.mark
            option.fault(mark, "KEY", 'key must be one to six of 0-9 * # in quotes, such as "1"')
        else:
            options.append(Option(key.value, written.value, option.slug("intent") or key.value))
        option.take("intent")
        following = option.take("next")
        if isinstance(following, Text):
            ways[key.value] = fields.reading.target(following, fields.title, f'option "{key.value}"')
        else:
            option.missing("next")
        option.finish()
    exits = fields.exits(("max_attempts",), others=ways)
    return Menu(name=name, asking=asking, options=tuple(options), exits={**ways, **exits}, disabled=disabled)


def enter(node: Menu, visit: Visit) -> Step:
    return ask(visit, node.asking, node.keys())


def answer(node: Menu, visit: Visit, given: Digits | Silence) -> Step:
    match hear(visit, node.asking, node.keys(), given):
        case Chosen(key):
            option = next(option for option in node.options if option.key == key)
            visit.change(intent=option.intent)
            return Leave(option.name)
        case GaveUp():
            return Leave("max_attempts")
        case step:
            return step
