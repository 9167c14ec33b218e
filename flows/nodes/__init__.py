"""The types of node: a closed union, one file each. A new type is a file here and a case wherever mypy then asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flows.nodes import callback, end, greeting, hours, language, menu, prompt, transfer, voicemail
from flows.nodes.callback import Callback
from flows.nodes.end import End
from flows.nodes.greeting import Greeting
from flows.nodes.hours import Hours
from flows.nodes.language import Language
from flows.nodes.menu import Menu, Option
from flows.nodes.prompt import Prompt
from flows.nodes.transfer import Transfer
from flows.nodes.voicemail import Voicemail

if TYPE_CHECKING:
    from flows.files.fields import Fields

Node = Greeting | Prompt | Menu | Language | Hours | Voicemail | Callback | Transfer | End

_READERS: dict[str, Callable[[Fields, str, str], Node]] = {
    "greeting": greeting.read,
    "prompt": prompt.read,
    "menu": menu.read,
    "language": language.read,
    "hours": hours.read,
    "voicemail": voicemail.read,
    "callback": callback.read,
    "transfer": transfer.read,
    "end": end.read,
}
TYPES = tuple(_READERS)
# Designed, not built yet.
LATER_TYPES = frozenset(
    {"collect", "consent", "branch", "set", "lookup", "http", "status", "message", "survey", "call"}
)

__all__ = [
    "LATER_TYPES",
    "TYPES",
    "Callback",
    "End",
    "Greeting",
    "Hours",
    "Language",
    "Menu",
    "Node",
    "Option",
    "Prompt",
    "Transfer",
    "Voicemail",
    "read_node",
]


def read_node(kind: str, fields: Fields, name: str, disabled: str) -> Node:
    """Read the node of a type that is one of TYPES."""
    return _READERS[kind](fields, name, disabled)
