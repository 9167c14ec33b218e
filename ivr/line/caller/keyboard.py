"""Reads the terminal key by key, without Enter, or line by line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import Iterator


@contextlib.contextmanager
def open_keyboard() -> Iterator[asyncio.Queue[str]]:
    """A queue of typed characters; leaving the context restores the terminal.

    Standard input must be a terminal. Ctrl-C still raises SIGINT.
    """
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    typed: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for character in os.read(descriptor, 1024).decode(errors="ignore"):
            typed.put_nowait(character)

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, read)
    try:
        yield typed
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class LineEditor:
    """Collects characters into a line, with backspace."""

    def __init__(self) -> None:
        self.text = ""

    def type(self, character: str) -> tuple[str, str | None]:
        """Give the text to echo, and the line once Enter was pressed."""
        match character:
            case "\n" | "\r":
                line, self.text = self.text, ""
                return "\n", line
            case "\x7f" | "\b":
                shown = "\b \b" if self.text else ""
                self.text = self.text[:-1]
                return shown, None
            case _ if character.isprintable():
                self.text += character
                return character, None
            case _:
                return "", None
