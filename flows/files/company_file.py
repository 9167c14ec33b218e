"""company.yaml → Company: hours, numbers and durations as people write them, every fault with its line."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import ValidationError

from flows.company.company import (
    DEFAULT,
    MAX_CALENDARS,
    MAX_QUEUES,
    Company,
    NumberDefinition,
)
from flows.company.own_words import OwnWords, own_word
from flows.files.allowances import allowed_findings
from flows.files.calendar_file import read_calendar, read_file_days
from flows.files.faults import Fault, FlowFaults, Mark, suggestion
from flows.files.fields import Fields
from flows.files.language_texts import read_by_language, read_names
from flows.files.queue_file import read_queue, read_team
from flows.files.reading import Reading
from flows.files.tree import Mapping, Text, Tree, read_tree
from flows.values.language import language_key, read_language
from flows.values.places import read_country
from flows.values.telephone import read_address


def load_company(text: str, path: str) -> Company:
    """Read company.yaml. Raises FlowFaults with everything that is wrong with it."""
    tree = read_tree(text, path)
    reading = Reading(path)
    values = _company(Fields(reading, tree, (), ""))
    if reading.faults:
        raise FlowFaults(reading.faults)
    try:
        return Company.model_validate(values).marked(reading.marks, allowed_findings(text))
    except ValidationError as error:
        raise FlowFaults(_rest(error, reading)) from None


def _rest(error: ValidationError, reading: Reading) -> list[Fault]:
    """What the model itself refuses, in words; none of it is the validator's own."""
    faults = []
    for each in error.errors():
        place = tuple(str(part) for part in each["loc"] if part != "[key]")
        while place and place not in reading.marks:
            place = place[:-1]
        mark = reading.marks.get(place, Mark(1, 1))
        shown = str(each.get("input"))[:40]
        plain = each["type"] == "value_error"
        message = each["msg"].removeprefix("Value error, ") if plain else f'"{shown}" cannot be used here'
        faults.append(
            Fault(reading.path, mark.line, mark.column, "COMPANY", f"{'.'.join(place) or 'company'}: {message}")
        )
    return faults


def _company(fields: Fields) -> dict[str, Any]:
    spec = fields.text("spec", "1")
    if spec != "1":
        fields.fault(fields.mark_of("spec"), "SPEC", f'spec "{spec}" is not known to this version; write spec: 1')
    language = fields.value("default_language", language_key, "", needed=True)
    organisation = _organisation(fields, language)
    home = fields.value("home_country", read_country, "LV")
    clock = fields.one_of("clock", ("12h", "24h"), "12h")
    files = read_file_days(fields)
    calendars = {name: read_calendar(inner, files) for name, inner in _named(fields, "calendars", MAX_CALENDARS)}
    queues = {name: read_queue(inner, calendars) for name, inner in _named(fields, "queues", MAX_QUEUES)}
    teams = {name: read_team(inner, home) for name, inner in _named(fields, "teams", None)}
    numbers = _numbers(fields, home, calendars)
    voices = read_by_language(fields, "voices")
    words = {tag: found for tag, inner in _spoken(fields) if (found := _words(inner)) is not None}
    fields.finish()
    return {
        "organisation": organisation,
        "default_language": language,
        "home_country": home,
        "clock": clock,
        "numbers": numbers,
        "calendars": calendars,
        "queues": queues,
        "teams": teams,
        "voices": voices,
        "words": words,
    }


def _organisation(fields: Fields, language: str) -> dict[str, str]:
    value = fields.mapping.get("organisation")
    if isinstance(value, Text) and value.value:
        fields.take("organisation")
        return {language: value.value}
    names = read_by_language(fields, "organisation")
    if value is None:
        fields.missing("organisation")
    elif language and language not in names:
        known = f" Names here: {', '.join(names)}." if names else ""
        message = f'organisation has no name in the default language "{language}".{suggestion(language, names)}{known}'
        fields.fault(fields.mark_of("default_language"), "LANGUAGE", message)
    return names


def _named(fields: Fields, name: str, most: int | None) -> list[tuple[str, Fields]]:
    """The mappings under names of a mapping, such as the queues; at least one unless there is no limit."""
    entries = fields.entries(name)
    if most is not None and not entries:
        fields.fault(fields.mark, "MISSING", f"{name} is missing or empty; the company needs one at least")
    if most is not None and len(entries) > most:
        fields.fault(entries[most][0].mark, "LIMIT", f"{len(entries)} {name}; a company has {most} at most")
    found = []
    for key, value in entries:
        fields.checked_slug(key, name.removesuffix("s"))
        inner = fields.within(key, value, f'{name.removesuffix("s")} "{key.value}"', name, key.value)
        if inner is not None:
            found.append((key.value, inner))
    return found


def _numbers(fields: Fields, home: str, calendars: dict[str, Any]) -> dict[str, NumberDefinition]:
    numbers: dict[str, NumberDefinition] = {}
    entries = fields.entries("numbers")
    if not entries:
        fields.fault(fields.mark, "MISSING", "numbers is missing or empty; write numbers: {default: FLOW} at least")
    for key, value in entries:
        written = key.value if key.value.lower() != DEFAULT else DEFAULT
        number = (
            written if written == DEFAULT else fields.read(key, partial(read_address, home_country=home), "", "numbers")
        )
        if number in numbers:
            fields.fault(key.mark, "DUPLICATE_KEY", f'numbers: "{key.value}" is {number}, which stands here twice')
        fields.reading.marks[("numbers", number)] = value.mark
        definition = _number(fields, key, value, calendars)
        if definition is not None and number:
            numbers[number] = definition
    return numbers


def _number(fields: Fields, key: Text, value: Tree, calendars: dict[str, Any]) -> NumberDefinition | None:
    if isinstance(value, Text):
        return NumberDefinition(flow=value.value) if fields.is_slug(value, f'numbers "{key.value}": flow') else None
    inner = fields.within(key, value, f'numbers "{key.value}"', "numbers", key.value)
    if inner is None:
        return None
    flow = inner.slug("flow", None)
    organisation = read_names(inner, "organisation")
    calendar = inner.one_of("calendar", tuple(calendars), "") if "calendar" in inner else ""
    inner.take("calendar")
    inner.finish()
    if not flow:
        return None
    return NumberDefinition.model_construct(flow=flow, organisation=organisation, calendar=calendar or None)


def _spoken(fields: Fields) -> list[tuple[str, Fields]]:
    found = []
    for key, value in fields.entries("words"):
        tag = fields.read(key, read_language, "", "words")
        inner = fields.within(key, value, f"words.{key.value}", "words", key.value)
        if tag and inner is not None:
            found.append((tag, inner))
    return found


def _words(fields: Fields) -> OwnWords | None:
    lists: dict[str, tuple[str, ...]] = {}
    for name in ("names", "products", "streets"):
        value = fields.mapping.get(name)
        if isinstance(value, Text | Mapping):
            fields.take(name)
            fields.fault(value.mark, "SHAPE", f"{name} must be a list")
            continue
        lists[name] = tuple(fields.read(each, own_word, "", name) for each in fields.texts(name))
    fields.finish()
    try:
        return None if fields.reading.faults else OwnWords(**lists)
    except ValidationError as error:
        fields.fault(fields.mapping.mark, "LIMIT", error.errors()[0]["msg"].removeprefix("Value error, "))
        return None
