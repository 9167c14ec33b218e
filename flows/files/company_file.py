"""company.yaml → Company: hours and durations as people write them, every fault with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from flows.company import (
    WEEKDAYS,
    CalendarDefinition,
    CalendarException,
    Closure,
    Company,
    OwnWords,
    QueueDefinition,
    TargetRule,
    TeamDefinition,
)
from flows.files.faults import Fault, FlowFaults, Mark, suggestion
from flows.files.fields import duration_seconds
from flows.files.tree import Listing, Text, Tree, read_tree
from flows.files.tree import Mapping as Branch

Place = tuple[str | int, ...]

_WINDOW = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")
_GROUPS = {"daily": WEEKDAYS, "weekdays": WEEKDAYS[:5], "weekend": WEEKDAYS[5:]}
# How durations are written in the file → the field of the model that holds them in minutes.
_MINUTES = {"within": "minutes", "handling": "handling_minutes", "round_to": "round_minutes"}
_WRITTEN = {field: name for name, field in _MINUTES.items()}


def load_company(text: str, path: str) -> Company:
    """Read company.yaml. Raises FlowFaults with everything that is wrong with it."""
    tree = read_tree(text, path)
    file = _File(path)
    values = file.model(tree, (), Company)
    if file.faults:
        raise FlowFaults(file.faults)
    try:
        return Company.model_validate(values)
    except ValidationError as error:
        raise FlowFaults(file.from_model(error)) from None


class _File:
    """Turns the tree into the values of the model, remembering where each stood."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self._marks: dict[Place, Mark] = {}

    def fault(self, mark: Mark, code: str, message: str) -> None:
        self.faults.append(Fault(self.path, mark.line, mark.column, code, message))

    def from_model(self, error: ValidationError) -> list[Fault]:
        faults = []
        for each in error.errors():
            place: Place = tuple(part for part in each["loc"] if part != "[key]")
            where = place
            while where and where not in self._marks:
                where = where[:-1]
            mark = self._marks[where]
            message = each["msg"].removeprefix("Value error, ")
            named = _named(place)
            match each["type"]:
                case "missing":
                    message, named = f'"{_WRITTEN.get(str(place[-1]), place[-1])}" is missing', _named(place[:-1])
                case "int_parsing" | "int_type":
                    message = f'"{each["input"]}" is not a whole number'
            faults.append(Fault(self.path, mark.line, mark.column, "COMPANY", f"{named}: {message}"))
        return faults

    def model(self, tree: Tree, place: Place, model: type[BaseModel]) -> dict[str, Any]:
        """Read a mapping whose keys are the fields of a model, some of them written otherwise."""
        self._marks[place] = tree.mark
        known = {_WRITTEN.get(field, field) for field in model.model_fields}
        values: dict[str, Any] = {}
        for key, value in self._entries(tree, place):
            if key.value not in known:
                near = suggestion(key.value, known)
                title = _named(place)
                self.fault(
                    key.mark,
                    "UNKNOWN_KEY",
                    f'{title}: "{key.value}" does not belong here.{near} Known: {", ".join(sorted(known))}.',
                )
                continue
            field = _MINUTES.get(key.value, key.value)
            self._marks[(*place, field)] = value.mark
            values[field] = self._value(key, value, (*place, field), model)
        return values

    def _value(self, key: Text, value: Tree, place: Place, model: type[BaseModel]) -> Any:
        name = key.value
        if name in _MINUTES:
            return self._minutes(value, name)
        match model.__name__, name:
            case "Company", "calendars":
                return self._named(value, place, CalendarDefinition)
            case "Company", "queues":
                return self._named(value, place, QueueDefinition)
            case "Company", "teams":
                return self._named(value, place, TeamDefinition)
            case "Company", "words":
                return self._named(value, place, OwnWords)
            case "OwnWords", _:
                return self._listed(value, place, self._plain)
            case "Company", "spec":
                return 1 if isinstance(value, Text) and value.value == "1" else self._plain(value, place)
            case "CalendarDefinition", "week":
                return self._week(value, place)
            case "CalendarDefinition", "exceptions":
                return self._listed(value, place, lambda item, at: self.model(item, at, CalendarException))
            case "CalendarDefinition", "closure":
                return self.model(value, place, Closure)
            case "CalendarException", "windows":
                return self._windows(value, place)
            case "QueueDefinition", "targets":
                return self._listed(value, place, lambda item, at: self.model(item, at, TargetRule))
        return self._plain(value, place)

    def _named(self, value: Tree, place: Place, model: type[BaseModel]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in self._entries(value, place):
            found[key.value] = self.model(item, (*place, key.value), model)
            self._marks[(*place, key.value)] = key.mark
        return found

    def _listed(self, value: Tree, place: Place, read: Callable[[Tree, Place], Any]) -> list[Any]:
        if not isinstance(value, Listing):
            self.fault(value.mark, "SHAPE", f"{place[-1]} must be a list")
            return []
        return [read(item, (*place, index)) for index, item in enumerate(value.items)]

    def _plain(self, value: Tree, place: Place) -> Any:
        self._marks[place] = value.mark
        match value:
            case Text():
                return value.value
            case Listing(items):
                return [self._plain(item, (*place, index)) for index, item in enumerate(items)]
            case Branch(entries):
                return {key.value: self._plain(item, (*place, key.value)) for key, item in entries}

    def _entries(self, value: Tree, place: Place) -> tuple[tuple[Text, Tree], ...]:
        if isinstance(value, Branch):
            return value.entries
        self.fault(value.mark, "SHAPE", f"{_named(place)} must be a mapping, name: value")
        return ()

    def _week(self, value: Tree, place: Place) -> dict[str, Any]:
        week: dict[str, Any] = {}
        for key, windows in self._entries(value, place):
            days = _GROUPS.get(key.value, (key.value,) if key.value in WEEKDAYS else ())
            if not days:
                known = (*_GROUPS, *WEEKDAYS)
                near = suggestion(key.value, known)
                self.fault(key.mark, "UNKNOWN_KEY", f'week: "{key.value}" is no day.{near} Days: {", ".join(known)}.')
            for day in days:
                if day in week and key.value not in WEEKDAYS:
                    self.fault(
                        key.mark, "DUPLICATE_KEY", f'week: "{key.value}" sets {day} once more; write each day once'
                    )
                week[day] = self._windows(windows, (*place, day))
        return week

    def _windows(self, value: Tree, place: Place) -> list[dict[str, str]]:
        self._marks[place] = value.mark
        items = value.items if isinstance(value, Listing) else (value,)
        windows: list[dict[str, str]] = []
        for index, item in enumerate(items):
            self._marks[(*place, index)] = item.mark
            match = _WINDOW.fullmatch(item.value) if isinstance(item, Text) else None
            if match is None:
                shown = item.value if isinstance(item, Text) else "this"
                self.fault(item.mark, "WINDOW", f'"{shown}" is not a window of hours such as "9:00-17:00"')
                continue
            opens, closes = (edge.rjust(5, "0") for edge in match.groups())
            windows.append({"opens": opens, "closes": "00:00" if closes == "24:00" else closes})
        return windows

    def _minutes(self, value: Tree, name: str) -> int:
        seconds = duration_seconds(value.value) if isinstance(value, Text) else None
        if seconds is None or seconds % 60 or not seconds:
            shown = value.value if isinstance(value, Text) else "this"
            self.fault(value.mark, "VALUE", f'{name} "{shown}" is not a number of whole minutes such as 30m or 2h')
            return 1
        return seconds // 60


def _named(place: Place) -> str:
    """Say a place as the author wrote it: queues.desk.round_to."""
    return ".".join(_WRITTEN.get(str(part), str(part)) for part in place) or "company"
