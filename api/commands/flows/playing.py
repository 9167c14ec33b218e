"""`ringback flows play`: a call in the terminal, with no server."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.flows.folder import load, perform, stop, usable

if TYPE_CHECKING:
    from flows.events import Event
    from flows.inputs import Input
    from flows.session import Caller
    from flows.testing.rehearsal import Rehearsal

FolderOption = Annotated[Path | None, typer.Option("--folder", help="Folder of company.yaml and flows.")]


def play_flow(
    flow: Annotated[
        str | None, typer.Argument(help="Name of the flow. Default: the one that answers any number.")
    ] = None,
    folder: FolderOption = None,
    at: Annotated[str, typer.Option(help='When the call comes in, "2030-03-05 10:15" where the company is.')] = "",
    from_number: Annotated[str, typer.Option("--from", help="The caller's number, or withheld.")] = "+37120000001",
    to: Annotated[str, typer.Option(help="The number that is called. Default: none of company.yaml's.")] = "",
    name: Annotated[str, typer.Option(help="The caller's name, if it is known.")] = "",
    language: Annotated[str, typer.Option(help="The caller's language, if it is known.")] = "",
    script: Annotated[str, typer.Option(help='Play by itself: "dtmf 1, silence, record 12s, hangup".')] = "",
) -> None:
    """A call in the terminal, with no server: type keys, press Enter to stay silent, h to hang up."""
    from flows.house import zone_of
    from flows.session import Caller
    from flows.testing.rehearsal import Rehearsal

    compiled = load(folder)
    company, definitions = usable(compiled), compiled.definitions
    chosen = definitions.flows.get(flow or company.flow_for(to) or next(iter(definitions.flows), ""))
    if chosen is None:
        stop(f'There is no flow "{flow or "default"}". Flows here: {", ".join(definitions.flows)}.')
    call = Rehearsal(chosen, company, lambda node, effect, now: perform(effect, company, now))
    number = None if from_number == "withheld" else from_number
    caller = Caller(number=number, name=name, language=language or None)
    zone = zone_of(chosen, company, company.number_of(to))
    _converse(call, caller, _moment(at, zone), script, to)


def _moment(written: str, zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    from flows.testing.scripts import parse_moment

    if not written:
        return datetime.now(ZoneInfo(zone))
    try:
        return parse_moment(written, zone)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _converse(call: Rehearsal, caller: Caller, now: datetime, script: str, called: str) -> None:
    from flows.testing.scripts import Elapse, parse_act

    acts = [act.strip() for act in script.split(",") if act.strip()]
    call.begin(caller, now, called)
    _show(call, 0)
    while not call.is_over:
        seen = len(call.events)
        if script:
            if not acts:
                break
            try:
                given = parse_act(acts.pop(0))
            except ValueError as error:
                stop(str(error))
            if isinstance(given, Elapse):
                now += given.by
                continue
        else:
            asked = datetime.now(now.tzinfo)
            given = _type(call)
            now += max(datetime.now(now.tzinfo) - asked, timedelta(0))
        call.take(given, now)
        _show(call, seen)
    ended = call.session.ended if call.session is not None else ""
    typer.echo(f"Path: {' → '.join(call.path())}. Outcome: {ended or 'the script ended, the call did not'}.")


def _type(call: Rehearsal) -> Input:
    """Ask at the keyboard for what the caller does at the present wait."""
    from flows.inputs import Dialed, Digits, HungUp, Recorded, Silence
    from flows.testing.scripts import DIAL_ENDS

    wait = call.session.wait if call.session is not None else ""
    questions = {
        "gather": "Keys (Enter: silence, h: hang up)",
        "record": "Seconds of your message (Enter: say nothing, h: hang up)",
        "dial": "How does it end: answered, busy, no_answer, failed (h: hang up)",
    }
    while True:
        try:
            typed = typer.prompt(questions[wait], default="", show_default=False).strip()
        except typer.Abort:
            typed = "h"
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


def _show(call: Rehearsal, seen: int) -> None:
    from flows.testing.rehearsal import said

    for event in call.events[seen:]:
        typer.secho(f"  · {_told(event)}", dim=True)
    for words in said(call.verbs):
        typer.echo(f"[{words.language}] {words.text}")


def _told(event: Event) -> str:
    import dataclasses

    values = (f"{field.name}={getattr(event, field.name)}" for field in dataclasses.fields(event))
    return f"{type(event).__name__} {' '.join(values)}"
