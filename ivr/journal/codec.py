"""Inputs, results and events as JSON, for the journal, the API and replay: `{"type": "Digits", "digits": "1"}`."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter

from flows.events import Event
from flows.inputs import Input, Result
from flows.session import Caller


@dataclasses.dataclass(frozen=True, slots=True)
class Rang:
    """The input of a call's first turn: who rang, as far as it was known then."""

    caller: Caller


Recordable = Rang | Input | Result | Event
_names: dict[type[Any], tuple[str, ...]] = {}
_CLASSES: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Rang, *get_args(Input), *get_args(Result), *get_args(Event))
}


def to_json(value: Recordable) -> dict[str, Any]:
    """A JSON-ready dict; times are ISO 8601 with offset."""
    return {"type": type(value).__name__, **_fields(value)}


def from_json(packed: dict[str, Any]) -> Any:
    """Undo to_json. Raises KeyError for an unknown type and ValueError for fields that do not fit."""
    values = {name: value for name, value in packed.items() if name != "type"}
    return _adapter(packed["type"]).validate_python(values)


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_CLASSES[name])


def _fields(value: Any) -> dict[str, Any]:
    kind = type(value)
    names = _names.get(kind)
    if names is None:
        names = _names[kind] = tuple(each.name for each in dataclasses.fields(value))
    return {name: _plain(getattr(value, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return _fields(value)
    return value
