"""Names commands as the reader called them: a remedy says `script/ringback queue` to whoever called script/ringback."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

# Set by script/ringback and script/server to their own way of calling.
CALLED_AS = "RINGBACK_CALLED_AS"
_PLAIN = "`ringback "


class _Renamed:
    """A stream that writes remedies with the way of calling. Everything else is the stream's own."""

    def __init__(self, stream: TextIO, called_as: str) -> None:
        self._stream = stream
        self._remedy = f"`{called_as} "

    def write(self, text: str) -> int:
        self._stream.write(text.replace(_PLAIN, self._remedy))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def name_commands_as_called() -> None:
    """Rename commands in all that this process prints, if a script said how it was called."""
    called_as = os.environ.get(CALLED_AS, "")
    if called_as and called_as != "ringback":
        sys.stdout = _Renamed(sys.stdout, called_as)
        sys.stderr = _Renamed(sys.stderr, called_as)
