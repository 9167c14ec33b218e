"""Reads the attributes of a TwiML element. An invalid value gives Twilio's warning, and the default is used."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning with Twilio's code; the document is played."""

    code: int
    message: str


class Attributes:
    """The attributes of `element`, with the names and ranges of Twilio's TwiML pages; `notices` collects warnings."""

    def __init__(self, element: Element, known: Collection[str], notices: list[Notice]) -> None:
        self._tag = element.tag
        self._values = element.attrib
        self._notices = notices
        for name in element.attrib.keys() - known:
            self.warn(12200, f"has no attribute {name!r}; names are camelCase and case counts")

    def warn(self, code: int, message: str) -> None:
        self._notices.append(Notice(code, f"<{self._tag}> {message}"))

    def text(self, name: str, default: str) -> str:
        return self._values.get(name, default)

    def whole(self, name: str, default: int, low: int, high: int, code: int) -> int:
        """A whole number from `low` to `high`."""
        value = self._values.get(name)
        if value is None:
            return default
        if re.fullmatch(r"[0-9]{1,9}", value.strip()) and low <= int(value) <= high:
            return int(value)
        self.warn(code, f"{name}={value!r}: must be a whole number from {low} to {high}; {default} is used")
        return default

    def choice(self, name: str, default: str, choices: Collection[str], code: int) -> str:
        value = self._values.get(name)
        if value is None or value in choices:
            return default if value is None else value
        self.warn(code, f"{name}={value!r}: must be one of {', '.join(sorted(choices))}; {default} is used")
        return default

    def flag(self, name: str, default: bool, code: int = 12200) -> bool:
        return self.choice(name, "true" if default else "false", ("true", "false"), code) == "true"

    def keys(self, name: str, default: str, most: int, code: int) -> str:
        """Up to `most` of the keys 0-9 # *, or none."""
        value = self._values.get(name)
        if value is None:
            return default
        if re.fullmatch(r"[0-9#*]*", value) and len(value) <= most:
            return value
        self.warn(code, f"{name}={value!r}: at most {most} of 0-9 # *; {default!r} is used")
        return default
