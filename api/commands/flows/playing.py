"""`ringback flows play`: a call in the terminal, with no server."""

from __future__ import annotations

import shutil
import sys
import textwrap
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.flows.folder import load, perform, stop, usable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.events import Event
    from flows.inputs import Input
    from flows.session import Caller
    from flows.testing.acts import Elapse
    from flows.testing.rehearsal import Rehearsal
    from flows.verbs import Play, Say

_WAITS = {"gather": "a key", "record": "a message", "dial": "the end of a transfer", "": "nothing"}
_QUESTIONS = {
    "gather": "Keys (Enter: silence, h: hang up)",
    "record": "Seconds of your message (Enter: say nothing, h: hang up)",
    "dial": "How does it end: answered, busy, no_answer, failed (h: hang up)",
}


def play_flow(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder of company.yaml and flows. Default: RINGBACK_FLOWS_DIR, or what ships."),
    ] = None,
    flow: Annotated[str | None, typer.Argument(help="Name of the flow. Default: the one that answers.")] = None,
    at: Annotated[str, typer.Option(help='When the call comes in, "2030-03-05 10:15" where the company is.')] = "",
    from_number: Annotated[str, typer.Option("--from", help="The caller's number, or withheld.")] = "+37120000001",
    to: Annotated[str, typer.Option(help="The number that is called. Default: none of company.yaml's.")] = "",
    name: Annotated[str, typer.Option(help="The caller's name, if it is known.")] = "",
    language: Annotated[str, typer.Option(help="The caller's language, if it is known.")] = "",
    script: Annotated[str, typer.Option(help='Play by itself: "key 1, silence, record 12s, hangup".')] = "",
    trace: Annotated[bool, typer.Option("--trace", help="Show also what the engine notes of each step.")] = False,
    listen: Annotated[
        Path | None,
        typer.Option(help="Write the recordings of the call to a WAV file, silence where words are spoken."),
    ] = None,
) -> None:
    """A call in the terminal, with no server: type keys, press Enter to stay silent, h to hang up."""
    from customers.phone import caller_address
    from flows.company.house import zone_of
    from flows.testing.rehearsal import Rehearsal
    from ivr.calls.callers import caller_at

    if folder is not None and flow is None and not folder.exists():
        folder, flow = None, str(folder)  # a single word that is no folder names a flow
    compiled = load(folder)
    company, definitions = usable(compiled), compiled.definitions
    chosen = definitions.flows.get(flow or company.flow_for(to) or next(iter(definitions.flows), ""))
    if chosen is None:
        stop(f'There is no folder or flow "{flow or "default"}". Flows here: {", ".join(definitions.flows)}.')
    call = Rehearsal(chosen, company, lambda node, effect, now: perform(effect, company, now))
    address = caller_address(from_number, company.home_country)
    caller = replace(caller_at(address), name=name, language=language or None)
    zone = zone_of(chosen, company, company.number_of(to))
    undone = _converse(call, caller, _moment(at, zone), script, to, trace)
    if listen is not None:
        from ivr.publishing.prompt_audio import recording_of

        listen.write_bytes(recording_of(call.heard, definitions.audio))
        typer.echo(f"{listen} written.")
    for step in undone:
        typer.echo(f"step not done: {step}", err=True)
    if undone:
        raise typer.Exit(1)


def _moment(written: str, zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    from flows.testing.scripts import parse_moment

    if not written:
        return datetime.now(ZoneInfo(zone))
    try:
        return parse_moment(written, zone)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _converse(call: Rehearsal, caller: Caller, now: datetime, script: str, called: str, trace: bool) -> list[str]:
    """Have the call; return the steps of the script that fitted nothing."""
    from flows.testing.acts import Elapse

    undone: list[str] = []
    call.begin(caller, now, called)
    _show(call, 0, trace)
    for written, given in _scripted(script) if script else _typed(call):
        if call.is_over:
            undone.append(f"{written} (the call is over)")
            continue
        if isinstance(given, Elapse):
            now += given.by
            continue
        if script:
            typer.echo(f"    > {written}")
            if not _fits(call, given):
                undone.append(f"{written} (the call waits for {_WAITS[call.session.wait if call.session else '']})")
                continue
        seen = len(call.events)
        call.take(given, now)
        _show(call, seen, trace)
    ended = call.session.ended if call.session is not None else ""
    typer.echo(f"Path: {' → '.join(call.path())}. Outcome: {ended or 'the script ended, the call did not'}.")
    return undone


def _scripted(script: str) -> Iterator[tuple[str, Input | Elapse]]:
    from flows.testing.acts import parse_act

    acts = [act.strip() for act in script.split(",") if act.strip()]
    try:
        read = [(act, parse_act(act)) for act in acts]
    except ValueError as error:
        stop(str(error))
    yield from read


def _typed(call: Rehearsal) -> Iterator[tuple[str, Input | Elapse]]:
    """Ask at the keyboard for what the caller does, until the call is over; the time that it takes goes by."""
    from flows.testing.acts import Elapse

    while not call.is_over:
        asked = datetime.now().astimezone()
        given = _type(call)
        yield "", Elapse(max(datetime.now().astimezone() - asked, timedelta(0)))
        yield "", given


def _fits(call: Rehearsal, given: Input) -> bool:
    from flows.inputs import Dialed, Digits, Recorded, Silence

    wait = call.session.wait if call.session is not None else ""
    match given:
        case Digits() | Silence():
            return wait == "gather"
        case Recorded():
            return wait == "record"
        case Dialed():
            return wait == "dial"
        case _:
            return True


def _type(call: Rehearsal) -> Input:
    """Ask at the keyboard for what the caller does at the present wait."""
    from flows.inputs import Dialed, Digits, HungUp, Recorded, Silence
    from flows.testing.acts import DIAL_ENDS

    wait = call.session.wait if call.session is not None else ""
    while True:
        typed = _one_key() if _takes_one_key(call) else _line(_QUESTIONS[wait])
        if typed == "h":
            return HungUp()
        if wait == "gather" and not typed:
            return Silence()
        if wait == "gather" and set(typed) <= set("0123456789*#"):
            return Digits(typed)
        if wait == "record" and (not typed or typed.isdecimal()):
            return Recorded("played" if typed else None, int(typed or 0))
        if wait == "dial" and typed in DIAL_ENDS:
            return Dialed(DIAL_ENDS[typed])


def _takes_one_key(call: Rehearsal) -> bool:
    """Whether a key counts as it is pressed; through a pipe nothing does."""
    from flows.verbs import Gather

    last = call.verbs[-1] if call.verbs else None
    return isinstance(last, Gather) and last.num_digits == 1 and sys.stdin.isatty()


def _one_key() -> str:
    """The next key, without Enter; what is typed ahead waits for the next question."""
    import os
    import termios
    import tty

    typer.secho("  a key: 0-9 * # · Enter = silence · h hangs up ", dim=True, nl=False)
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard, termios.TCSADRAIN)
        typed = os.read(keyboard, 1).decode("ascii", "replace") or "h"
    except KeyboardInterrupt:
        typed = "h"
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
    typer.echo(typed.strip())
    return typed.strip()


def _line(question: str) -> str:
    try:
        return str(typer.prompt(question, default="", show_default=False)).strip()
    except typer.Abort:
        return "h"


def _show(call: Rehearsal, seen: int, trace: bool) -> None:
    from flows.testing.rehearsal import said

    for event in call.events[seen:] if trace else ():
        typer.secho(f"  · {_told(event)}", dim=True)
    for words in said(call.verbs):
        typer.echo(_wrapped(words))


def _wrapped(words: Say | Play) -> str:
    """What is heard, with its language; broken between words where the terminal ends."""
    from flows.verbs import Play

    lead = f"[{words.language}] "
    shown = words.text
    if isinstance(words, Play):
        shown = f"♪ {words.audio} ({words.seconds:g} s)  {words.text}".rstrip()
    width = max(40, shutil.get_terminal_size().columns)
    return textwrap.fill(shown, width, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False)


def _told(event: Event) -> str:
    import dataclasses

    values = (f"{field.name}={getattr(event, field.name)}" for field in dataclasses.fields(event))
    return f"{type(event).__name__} {' '.join(values)}"
