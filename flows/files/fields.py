"""Reads typed values out of a YAML mapping and notes every fault, so that an author sees all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from flows.files.faults import Mark, suggestion
from flows.files.prompt_file import read_prompt
from flows.files.reading import Reading
from flows.files.tree import Listing, Mapping, Text, Tree
from flows.prompts.prompt import Prompt
from flows.values.duration import read_duration, spelled

Value = TypeVar("Value")
Other = TypeVar("Other")

SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEYS = re.compile(r"[0-9*#]{1,6}")

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
# What is designed but not built yet: an author who writes it is told so, instead of being told that it is a mistake.
_LATER = frozenset({"phrases", "review", "transcribe", "whisper", "window", "number"})


class Fields:
    """The keys of one mapping. Each is asked for once; `finish` then names those that nobody asked for."""

    def __init__(self, reading: Reading, mapping: Mapping, place: tuple[str, ...], title: str) -> None:
        self.reading = reading
        self.mapping = mapping
        self.place = place
        self.title = title
        self._asked: list[str] = []
        self.mark = reading.marks.setdefault(place, mapping.mark)
        for key, _ in mapping.entries:
            reading.marks[(*place, key.value)] = key.mark

    def mark_of(self, name: str) -> Mark:
        """Where the value of a key stands, or the mapping when there is none."""
        value = self.mapping.get(name)
        return value.mark if value is not None else self.mark

    def __contains__(self, name: str) -> bool:
        return self.mapping.get(name) is not None

    def fault(self, mark: Mark, code: str, message: str) -> None:
        self.reading.fault(mark, code, f"{self.title}: {message}" if self.title else message)

    def take(self, name: str) -> Tree | None:
        self._asked.append(name)
        return self.mapping.get(name)

    def text(self, name: str, default: str | None = "") -> str:
        """Return a scalar; without a default (None) its absence is a fault."""
        value = self._scalar(name)
        if value is None:
            if default is None:
                self.missing(name)
            return default or ""
        return value.value

    def one_of(self, name: str, known: Sequence[str], default: str | None) -> str:
        value = self._scalar(name)
        first = known[0] if known else ""
        if value is None:
            if default is None:
                self.missing(name)
            return first if default is None else default
        if value.value not in known:
            near = suggestion(value.value, known)
            self.fault(value.mark, "VALUE", f'{name} "{value.value}" is unknown.{near} One of: {", ".join(known)}.')
            return first if default is None else default
        return value.value

    def slug(self, name: str, default: str | None = "") -> str:
        value = self._scalar(name)
        if value is None:
            if default is None:
                self.missing(name)
            return default or ""
        return self.checked_slug(value, name)

    def checked_slug(self, value: Text, what: str) -> str:
        if not SLUG.fullmatch(value.value):
            self.fault(
                value.mark,
                "NAME",
                f'{what} "{value.value}" is not a name: small letters, digits and _, beginning with a letter, at most 40',
            )
        return value.value

    def is_slug(self, value: Text, what: str) -> bool:
        """Whether a scalar is a name; a fault where it is not."""
        before = len(self.reading.faults)
        self.checked_slug(value, what)
        return len(self.reading.faults) == before

    def flag(self, name: str, default: bool) -> bool:
        value = self.mapping.get(name)
        if isinstance(value, Text) and value.value.lower() in _FLAGS:
            self.take(name)
            return _FLAGS[value.value.lower()]
        return self.one_of(name, ("true", "false"), "true" if default else "false") == "true"

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        value = self._scalar(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,6}", value.value) or not low <= int(value.value) <= high:
            self.fault(value.mark, "VALUE", f'{name} "{value.value}" must be a whole number from {low} to {high}')
            return default
        return int(value.value)

    def seconds(self, name: str, default: int, low: int, high: int) -> int:
        """Return a duration (`20s`, `3 min`, `2h`) in seconds."""
        value = self._scalar(name)
        if value is None:
            return default
        seconds = self.read(value, read_duration, None, name)
        if seconds is None:
            return default
        if not low <= seconds <= high:
            self.fault(value.mark, "VALUE", f"{name} {value.value} must be from {spelled(low)} to {spelled(high)}")
            return default
        return seconds

    def texts(self, name: str) -> tuple[Text, ...]:
        """Return a list of scalars; a single one counts as a list of one."""
        value = self.take(name)
        match value:
            case None:
                return ()
            case Text():
                return (value,)
            case Listing(items):
                for item in items:
                    if not isinstance(item, Text):
                        self.fault(item.mark, "SHAPE", f"{name} must be a list of single values")
                return tuple(item for item in items if isinstance(item, Text))
            case Mapping():
                self.fault(value.mark, "SHAPE", f"{name} must be a list of single values")
                return ()

    def entries(self, name: str) -> tuple[tuple[Text, Tree], ...]:
        """Return the keys and values of a mapping, noting where each stands."""
        value = self.take(name)
        if value is None:
            return ()
        if not isinstance(value, Mapping):
            self.fault(value.mark, "SHAPE", f"{name} must be a mapping, name: value")
            return ()
        for key, _ in value.entries:
            self.reading.marks[(*self.place, name, key.value)] = key.mark
        return value.entries

    def scalars(self, name: str) -> dict[str, Text]:
        """Return a mapping whose values are all scalars."""
        found: dict[str, Text] = {}
        for key, value in self.entries(name):
            if isinstance(value, Text):
                found[key.value] = value
            else:
                self.fault(key.mark, "SHAPE", f'{name} "{key.value}" must have a single value')
        return found

    def mappings(self, name: str) -> tuple[Fields, ...]:
        """Return the fields of each mapping of a list; a single mapping counts as a list of one."""
        value = self.take(name)
        if value is None:
            return ()
        found = []
        for index, item in enumerate(value.items if isinstance(value, Listing) else (value,)):
            if isinstance(item, Mapping):
                found.append(self.inside(item, f"{name} {index + 1}", name, str(index)))
            else:
                self.fault(item.mark, "SHAPE", f"{name} must be a list of mappings, such as - {{name: value}}")
        return tuple(found)

    def within(self, key: Text, value: Tree, title: str, *place: str) -> Fields | None:
        """Return the fields of a mapping inside this one, or None after a fault."""
        if isinstance(value, Mapping):
            return self.inside(value, title, *place)
        self.fault(key.mark, "SHAPE", f"{title} must be a mapping, name: value")
        return None

    def value(self, name: str, read: Callable[[str], Value], default: Other, *, needed: bool = False) -> Value | Other:
        """Return a single value by the reader of its kind; what the reader refuses is a fault."""
        value = self._scalar(name)
        if value is None:
            if needed and name not in self:
                self.missing(name)
            return default
        return self.read(value, read, default, name)

    def read(self, value: Text, read: Callable[[str], Value], default: Other, what: str = "") -> Value | Other:
        """Read a scalar by the reader of its kind."""
        try:
            return read(value.value)
        except ValueError as error:
            self.fault(value.mark, "VALUE", f"{what}: {error}" if what else str(error))
            return default

    def inside(self, mapping: Mapping, title: str, *place: str) -> Fields:
        """Return the fields of a mapping inside this one."""
        return Fields(self.reading, mapping, (*self.place, *place), f"{self.title}: {title}" if self.title else title)

    def prompt(self, name: str) -> Prompt | None:
        value = self.take(name)
        if isinstance(value, Listing):
            self.fault(value.mark, "SHAPE", f"{name} is one prompt, not a list")
            return None
        return None if value is None else read_prompt(self, value, name)

    def prompts(self, name: str) -> tuple[Prompt, ...]:
        """Return a prompt, or a list of them by attempt."""
        value = self.take(name)
        if value is None:
            return ()
        items = value.items if isinstance(value, Listing) else (value,)
        read = (read_prompt(self, item, name) for item in items)
        return tuple(prompt for prompt in read if prompt is not None)

    def target(self, name: str) -> str:
        value = self._scalar(name)
        if value is None:
            self.missing(name)
            return ""
        return self.reading.target(value, self.title, name)

    def exits(self, names: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
        """Return the target of each exit, written or inherited from `defaults`. `error` is always allowed.

        `others` are exits written elsewhere (the options of a menu): here they are only named when one is meant.
        """
        known = (*names, "error")
        found: dict[str, str] = {}
        for key, value in self.entries("exits"):
            if key.value not in known:
                near = suggestion(key.value, known)
                where = " Options carry their target in next." if key.value in others else ""
                self.fault(
                    key.mark,
                    "UNKNOWN_EXIT",
                    f'exit "{key.value}" does not exist.{near}{where} Exits: {", ".join(known)}.',
                )
            elif not isinstance(value, Text):
                self.fault(key.mark, "SHAPE", f'exit "{key.value}" must name one node')
            else:
                found[key.value] = self.reading.target(value, self.title, f'exit "{key.value}"')
        for name in known:
            if name not in found and name in self.reading.inherited_exits:
                found[name] = self.reading.inherited_exits[name]
        for name in names:
            if name not in found:
                self.fault(
                    self.mark,
                    "MISSING_EXIT",
                    f'exit "{name}" is missing; write where it goes under exits, or for all nodes under defaults.exits',
                )
        return {name: found[name] for name in known if name in found}

    def missing(self, name: str) -> None:
        self.fault(self.mark, "MISSING", f"{name} is missing; add {name}: …")

    def finish(self) -> None:
        """Name each key that does not belong here."""
        for key, _ in self.mapping.entries:
            if key.value in self._asked:
                continue
            if key.value in _LATER:
                self.fault(key.mark, "LATER", f'"{key.value}" is not supported yet; remove it')
                continue
            near = suggestion(key.value, self._asked)
            known = ", ".join(dict.fromkeys(self._asked))
            self.fault(key.mark, "UNKNOWN_KEY", f'"{key.value}" does not belong here.{near} Known: {known}.')

    def _scalar(self, name: str) -> Text | None:
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, Text):
            self.fault(value.mark, "SHAPE", f"{name} must be a single value")
            return None
        if not value.value:
            self.fault(value.mark, "SHAPE", f'{name} is empty; a value that begins with # stands in quotes: "#"')
            return None
        return value
