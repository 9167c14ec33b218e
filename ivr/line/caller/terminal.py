"""A telephone in the terminal: it shows prompts as text and sends keys as they are pressed."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape

from ivr.line.caller.captions import begins_recording, describe_event
from ivr.line.caller.keyboard import LineEditor, open_keyboard
from ivr.line.caller.telephone import Telephone
from ivr.line.protocol import (
    Beeped,
    Callee,
    Connected,
    Dialling,
    Ended,
    Event,
    Failed,
    HangUp,
    Keys,
    Listening,
    Mute,
    Played,
    Recorded,
    Recording,
    Silence,
    Speak,
    Spoken,
    Warned,
)
from ivr.line.sample_messages import sample_message

KEYS = frozenset("0123456789*#ABCD")


async def run_terminal_call(telephone: Telephone, console: Console, *, is_fast: bool) -> Ended:
    """Let a person make the call at the terminal; gives how it ended."""
    with open_keyboard() as typed:
        phone = _TerminalPhone(telephone, console, is_fast)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, phone.interrupt)
        typing = asyncio.create_task(phone.type_from(typed))
        try:
            async for event in telephone.events():
                await phone.hear(event)
                if isinstance(event, Ended):
                    return event
        finally:
            typing.cancel()
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
    raise AssertionError("a call's events end with Ended or an error")


class _TerminalPhone:
    """Shows the call. What is typed is keys, or the path of a file to speak."""

    def __init__(self, telephone: Telephone, console: Console, is_fast: bool) -> None:
        self._telephone = telephone
        self._console = console
        self._is_fast = is_fast
        self._editor: LineEditor | None = None
        self._has_hinted = False
        self._language = ""  # heard last
        self._transfer: Dialling | Connected | None = None
        self._hanging_up: asyncio.Task[None] | None = None

    async def hear(self, event: Event) -> None:
        if isinstance(event, Recorded) and self._editor is not None:
            self._editor = None
            self._console.print()
        if isinstance(event, Spoken):
            self._language = event.language
        self._transfer = event if isinstance(event, Dialling | Connected) else None
        if (line := _shown(event)) is not None:
            self._console.print(line)
        if isinstance(event, Dialling | Connected):
            keys = "a answers · b is busy" if isinstance(event, Dialling) else "b hangs up at the other side"
            self._console.print(f"  [dim]{keys} · h hangs up[/]")
            return
        if isinstance(event, Listening):
            self._hint()
            return  # on the fast pace the line now waits for the person
        if begins_recording(event):
            await self._telephone.act(Mute())  # typing a path takes longer than the silence that ends a recording
            self._editor = LineEditor()
            self._ask_for_file()
            return
        if event.waits and self._is_fast:
            await self._telephone.act(Silence())

    def interrupt(self) -> None:
        """Ctrl-C: hang up."""
        self._hanging_up = asyncio.create_task(self._telephone.act(HangUp()))

    async def type_from(self, typed: asyncio.Queue[str]) -> None:
        while True:
            character = await typed.get()
            if self._editor is not None:
                await self._edit(self._editor, character)
            elif self._transfer is not None and character in "ab":
                does: Literal["answers", "is_busy", "hangs_up"] = "answers" if character == "a" else "is_busy"
                await self._telephone.act(Callee(does="hangs_up" if isinstance(self._transfer, Connected) else does))
            elif character.upper() in KEYS:
                self._console.print(f"  [bold yellow]⌨  {character}[/]")
                await self._telephone.act(Keys(keys=character.upper()))
            elif character == "h":
                await self._telephone.act(HangUp())
            elif character in "\r\n":
                await self._telephone.act(Silence())

    async def _edit(self, editor: LineEditor, character: str) -> None:
        if not editor.text and character in "#*":
            self._editor = None
            self._console.print(character)
            await self._telephone.act(Keys(keys=character))
            return
        if character == "\t":
            editor.text, shown = completed(editor.text)
            self._console.out(shown, end="", highlight=False)
            return
        shown, line = editor.type(character)
        self._console.out(shown, end="", highlight=False)
        if line is None:
            return
        name = line.strip().removeprefix("r ").strip()
        if not name:
            self._editor = None
            await self._telephone.act(Silence())
            return
        file = _found(name) or (sample_message(self._language) if name == "s" else None)
        if file is None and hangs_up(name):
            await self._telephone.act(HangUp())
            return
        if file is None:
            self._console.print(f"  [red]There is no file {escape(name)}.[/]")
            self._ask_for_file()
            return
        self._editor = None
        self._console.print(f"  [yellow]🗣  {escape(file.name)}[/]")
        await self._telephone.act(Speak(audio=await asyncio.to_thread(file.read_bytes)))

    def _ask_for_file(self) -> None:
        words = "  [dim]Enter after: a sound file · s = sample · nothing = silence · h hangs up:[/] "
        self._console.print(words, end="")

    def _hint(self) -> None:
        if not self._has_hinted:
            silent = " · Enter = say nothing" if self._is_fast else ""
            self._console.print(f"  [dim]press a key: 0-9 * #{silent} · h hangs up[/]")
            self._has_hinted = True


def hangs_up(line: str) -> bool:
    """Whether a line that is no file means to hang up."""
    return line.strip().lower() == "h"


def completed(text: str) -> tuple[str, str]:
    """What is typed of a path, completed as far as only one way goes, and the characters that this adds."""
    start = Path(text).expanduser()
    folder, beginning = (start, "") if text.endswith("/") else (start.parent, start.name)
    try:
        names = sorted(path.name + ("/" if path.is_dir() else "") for path in folder.iterdir())
    except OSError:
        return text, ""
    added = os.path.commonprefix([name for name in names if name.startswith(beginning)])[len(beginning) :]  # noqa: RUF071 - by character
    return text + added, added


def _found(name: str) -> Path | None:
    file = Path(name).expanduser()
    return file if file.is_file() else None


def _shown(event: Event) -> str | None:
    """The event in rich's markup, or None when nothing is shown."""
    match event:
        case Spoken():
            return f"  [bold cyan]{escape(event.language):>6}[/]  {escape(event.text)}"
        case Played() if event.url:
            return f"  [bold cyan]     ♪[/]  {escape((describe_event(event) or '').removeprefix('[audio]  '))}"
        case Beeped():
            return "  [bold red]●[/] beep"
        case Recording():
            return None
        case Warned():
            return f"  [yellow]{escape(describe_event(event) or '')}[/]"
        case Failed():
            return f"  [bold red]{escape(describe_event(event) or '')}[/]"
        case Ended():
            return f"[bold]{escape(describe_event(event) or '')}[/]"
        case _:
            line = describe_event(event)
            return None if line is None else f"  [dim]{escape(line)}[/]"
