"""The fields that the readers of flows and of company.yaml ask for, as `section.field`."""

from __future__ import annotations

from collections.abc import Iterable
from unittest.mock import patch

from flows.files.fields import Fields
from flows.files.loader import load_company, load_flow

# Every kind of mapping that a flow may hold, once.
FLOW = """\
spec: 1
flow: whole
title: Whole
languages: [en]
start: greeting
defaults: {timeout: 6s}
keys: {"0": voicemail, "9": {next: voicemail, intent: urgent}}
limits: {steps: 500}
prompts:
  words: {en: {text: Words.}}
nodes:
  greeting: {type: greeting, next: prompt}
  prompt: {type: prompt, prompt: words, next: menu}
  menu: {type: menu, prompt: words, options: {one: {key: "1", next: end}}, exits: {max_attempts: end}}
  language: {type: language, options: {en: "1"}, exits: {known: end, chosen: end, max_attempts: end}}
  hours: {type: hours, calendar: office, exits: {open: end, closed: end, holiday: end, override: end}}
  voicemail: {type: voicemail, queue: desk, exits: {saved: end, empty: end}}
  callback: {type: callback, queue: desk, prompt: words, exits: {accepted: end, declined: end, not_possible: end}}
  transfer: {type: transfer, to: [team/desk], exits: {answered: end, no_answer: end, busy: end, failed: end}}
  end: {type: end}
tests:
  - name: whole
    at: "2030-03-05 10:15"
    caller: {number: "+37120000001"}
    mock: {voicemail: none}
    events: [hangup]
    expect: {callback: {queue: desk}, voicemail: {queue: desk}}
"""
COMPANY = """\
organisation: {en: Workshop}
default_language: en
numbers: {default: whole, "+37167000000": {flow: whole}}
calendars:
  office:
    zone: Europe/Riga
    week: {weekdays: "9-17"}
    seasons: [{from: 1 Jun, until: 31 Aug, week: {weekdays: "9-15"}}]
    holidays: {countries: LV, also: [{date: 24 Dec}]}
    exceptions: [{date: 24 Dec}]
    closure: {until: "2030-03-05 14:00"}
queues: {desk: {calendar: office, targets: [{within: 4h}]}}
teams: {desk: {numbers: ["+442079460123"]}}
words: {en: {names: [Kowalski]}}
"""


def fields_of_the_readers() -> set[str]:
    """Every field, such as `menu.timeout`, `menu.options.key` or `company.queues.people`."""
    asked: dict[tuple[str, ...], set[str]] = {}
    finish = Fields.finish

    def noting(fields: Fields) -> None:
        asked.setdefault(fields.place, set()).update(fields._asked)
        finish(fields)

    with patch.object(Fields, "finish", noting):
        flow = load_flow(FLOW, "whole.yaml")
        types = {name: name for name in flow.nodes}
        found = set(_named(asked, "flow", types))
        asked.clear()
        load_company(COMPANY, "company.yaml")
        found |= set(_named(asked, "company", {}))
    return found


def _named(asked: dict[tuple[str, ...], set[str]], root: str, types: dict[str, str]) -> Iterable[str]:
    for place, names in asked.items():
        section = _section(place, root, types)
        for name in names:
            yield f"{section}.{name}"


def _section(place: tuple[str, ...], root: str, types: dict[str, str]) -> str:
    """A place without the names that authors choose."""
    match place:
        case ("nodes", node):
            return types[node]
        case ("nodes", node, "options", _):
            return f"{types[node]}.options"
        case (first, *_) if first.startswith("prompt "):
            return "prompts"
        case ("calendars" | "queues" | "teams" | "numbers" | "words" as kind, _, *rest):
            return ".".join((root, kind, *(part for part in rest if not part.isdecimal())))
        case ("keys", _):
            return f"{root}.keys"
        case ("tests", _, *rest):
            return ".".join(("tests", *rest))
    return ".".join((root, *place))
