"""The shape of a YAML file, every scalar read as text and every part with its place.

YAML's own guesses turn `+371…` into a number and `9:30` into 570; here nothing is guessed. What an author of flows never
needs and an attacker does (anchors, aliases, tags, several documents, depth, size) is refused while the file is parsed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from flows.files.faults import Fault, FlowFaults, Mark
from flows.files.yaml_faults import explain
from flows.limits import MAX_FILE_BYTES

MAX_DEPTH = 12
_UNSEEN = " \u00a0\u2007\u202f"
# Characters without a width, which nobody types on purpose into a plain word.
_WITHOUT_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. `plain` is false when it stands in quotes or in a block."""

    value: str
    mark: Mark
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Tree, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[tuple[Text, Tree], ...]
    mark: Mark

    def get(self, key: str) -> Tree | None:
        """Return what stands under a key, or None."""
        return next((value for name, value in self.entries if name.value == key), None)


Tree = Text | Listing | Mapping


def read_tree(text: str, path: str) -> Mapping:
    """Read a file's text. Raises FlowFaults when it is no single YAML mapping, or holds what is refused."""
    if len(text.encode()) > MAX_FILE_BYTES:
        raise FlowFaults([Fault(path, 1, 1, "TOO_LARGE", f"the file is larger than {MAX_FILE_BYTES // 1024} KiB")])
    tree = _Parser(text.removeprefix("\ufeff"), path).document()
    if not isinstance(tree, Mapping):
        raise FlowFaults([Fault(path, tree.mark.line, tree.mark.column, "SHAPE", "the file must be a mapping of keys")])
    return tree


class _Parser:
    """Builds the tree from parser events, so that nothing refused is ever expanded."""

    def __init__(self, text: str, path: str) -> None:
        from ruamel.yaml import YAML  # only who reads files pays for the parser

        self._path = path
        self._text = text
        self._events = YAML(typ="safe", pure=True).parse(StringIO(text))
        self._faults: list[Fault] = []

    def document(self) -> Tree:
        from ruamel.yaml import events
        from ruamel.yaml.error import MarkedYAMLError, YAMLError
        from ruamel.yaml.reader import ReaderError

        root: Tree | None = None
        try:
            for event in self._events:
                if isinstance(event, events.DocumentStartEvent):
                    if root is not None:
                        raise self._refusal(event, "DOCUMENTS", "a second document begins here; one file holds one")
                elif isinstance(event, (events.ScalarEvent, events.MappingStartEvent, events.SequenceStartEvent)):
                    root = self._part(event, 0)
                elif isinstance(event, events.AliasEvent):
                    raise self._alias(event)
        except MarkedYAMLError as error:
            mark, message = explain(error, self._text)
            raise FlowFaults([Fault(self._path, mark.line, mark.column, "YAML", message)]) from None
        except ReaderError as error:
            before = self._text[: error.position]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            message = "a character that no text has stands here; delete it"
            raise FlowFaults([Fault(self._path, line, column, "YAML", message)]) from None
        except YAMLError:
            message = "the file cannot be read; look at its quotes, colons and indentation"
            raise FlowFaults([Fault(self._path, 1, 1, "YAML", message)]) from None
        if self._faults:
            raise FlowFaults(self._faults)
        if root is None:
            raise FlowFaults([Fault(self._path, 1, 1, "EMPTY", "the file is empty")])
        return root

    def _part(self, event: Any, depth: int) -> Tree:
        from ruamel.yaml import events

        if isinstance(event, events.AliasEvent):
            raise self._alias(event)
        if event.anchor:
            raise self._refusal(event, "ANCHOR", f"anchor &{event.anchor} is refused; write the value where it is used")
        if event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise self._refusal(event, "TAG", f"tag {tag} is refused; every value is read as text")
        if depth > MAX_DEPTH:
            raise self._refusal(event, "DEPTH", f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, events.ScalarEvent):
            return Text(str(event.value), _mark(event), plain=event.style in (None, ""))
        if isinstance(event, events.SequenceStartEvent):
            items: list[Tree] = []
            while not isinstance(following := next(self._events), events.SequenceEndEvent):
                items.append(_seen(self._part(following, depth + 1)))
            return Listing(tuple(items), _mark(event))
        return self._mapping(event, depth)

    def _mapping(self, event: Any, depth: int) -> Mapping:
        from ruamel.yaml import events

        entries: dict[str, tuple[Text, Tree]] = {}
        while not isinstance(following := next(self._events), events.MappingEndEvent):
            key = self._key(self._part(following, depth + 1))
            value = _seen(self._part(next(self._events), depth + 1))
            if not isinstance(key, Text):
                self._note(key.mark, "KEY", "a key must be one word")
            elif not key.value:
                self._note(key.mark, "KEY", "a key is missing before the colon")
            elif key.value[:1] in _UNSEEN:
                self._note(
                    key.mark, "KEY", "a character that looks like a space stands before this key; type the line anew"
                )
            elif key.value in entries:
                line = entries[key.value][0].mark.line
                self._note(key.mark, "DUPLICATE_KEY", f'"{key.value}" stands here twice; first in line {line}')
            else:
                entries[key.value] = (key, value)
        return Mapping(tuple(entries.values()), _mark(event))

    def _key(self, part: Tree) -> Tree:
        if isinstance(part, Text) and part.plain and part.value[:1] in _UNSEEN and part.value:
            self._note(
                part.mark, "KEY", "a character that looks like a space stands before this key; type the line anew"
            )
        return _seen(part)

    def _alias(self, event: Any) -> FlowFaults:
        if str(event.anchor).startswith(":"):
            return self._refusal(event, "ALIAS", '* is a word of YAML; write the key in quotes: "*"')
        message = f"alias *{event.anchor} is refused; write the value again, and a * meant as such in quotes"
        return self._refusal(event, "ALIAS", message)

    def _note(self, mark: Mark, code: str, message: str) -> None:
        self._faults.append(Fault(self._path, mark.line, mark.column, code, message))

    def _refusal(self, event: Any, code: str, message: str) -> FlowFaults:
        mark = _mark(event)
        return FlowFaults([*self._faults, Fault(self._path, mark.line, mark.column, code, message)])


def _seen(part: Tree) -> Tree:
    """A plain scalar without what cannot be seen in it: nobody wrote that."""
    if isinstance(part, Text) and part.plain:
        return replace(part, value=part.value.translate(_WITHOUT_WIDTH).strip(_UNSEEN))
    return part


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
