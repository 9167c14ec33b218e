"""`ringback flows`: check, test, play and publish what callers hear, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from api.compiled import Compiled
    from flows.company import Company
    from flows.events import Effect, Event
    from flows.inputs import Input, Result
    from flows.model import Flow
    from flows.session import Caller
    from flows.testing.rehearsal import Rehearsal
    from flows.testing.scenarios import ScenarioResult

flows = typer.Typer(no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Argument(help="Folder of company.yaml and flows. Default: RINGBACK_FLOWS_DIR, or what ships.")
]
FolderOption = Annotated[Path | None, typer.Option("--folder", help="Folder of company.yaml and flows.")]


@flows.callback()
def _flows() -> None:
    """Check, test, play and publish flows."""


@flows.command("check")
def check_flows(folder: Folder = None) -> None:
    """Say everything that is wrong with a folder of flows. Exits 1 when something keeps it from being published."""
    compiled = _load(folder)
    errors, warnings = _report(compiled)
    _show_calendars(compiled)
    flows_read = _count(len(compiled.definitions.flows), "flow")
    typer.echo(f"{flows_read}: {_count(errors, 'error')}, {_count(warnings, 'warning')}.")
    if errors:
        raise typer.Exit(1)


@flows.command("test")
def test_flows(
    folder: Folder = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what was heard in tests that fail.")] = False,
) -> None:
    """Play the tests that stand in the flow files. Exits 1 when one fails or a flow cannot be read."""
    compiled = _load(folder)
    company, definitions = _usable(compiled), compiled.definitions
    failed = 0
    for flow in definitions.flows.values():
        for result in _results(flow, company):
            failed += not result.passed
            typer.echo(_coloured("ok  " if result.passed else "FAIL", result.passed) + f" {flow.flow}: {result.name}")
            for problem in result.problems:
                typer.echo(f"     {flow.path}:{result.line}  {problem}")
            if verbose and not result.passed:
                for words in result.heard:
                    typer.echo(f"     [{words.language}] {words.text}")
    count = sum(len(flow.tests) for flow in definitions.flows.values())
    typer.echo(f"{_count(count, 'test')}, {failed} failed.")
    if failed:
        raise typer.Exit(1)


@flows.command("play")
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

    compiled = _load(folder)
    company, definitions = _usable(compiled), compiled.definitions
    chosen = definitions.flows.get(flow or company.flow_for(to) or next(iter(definitions.flows), ""))
    if chosen is None:
        _stop(f'There is no flow "{flow or "default"}". Flows here: {", ".join(definitions.flows)}.')
    call = Rehearsal(chosen, company, lambda node, effect, now: _perform(effect, company, now))
    number = None if from_number == "withheld" else from_number
    caller = Caller(number=number, name=name, language=language or None)
    zone = zone_of(chosen, company, company.number_of(to))
    _converse(call, caller, _moment(at, zone), script, to)


@flows.command("publish")
def publish_flows(
    folder: Folder = None,
    note: Annotated[str, typer.Option(help="What changes, for those who ask later.")] = "",
) -> None:
    """Publish a folder: calls that begin from now on hear it, calls under way keep what they began with.

    Errors and failing tests block it.
    """
    from ivr.publishing import publish
    from runtime.config import load_settings
    from runtime.sql.database import open_database
    from runtime.sql.migrate import refuse_old_tables

    compiled = _load(folder)
    errors, _ = _report(compiled)
    company, definitions = _usable(compiled), compiled.definitions
    failed = [
        f"{flow.path}: {result.name}: {problem}"
        for flow in definitions.flows.values()
        for result in _results(flow, company)
        for problem in result.problems
    ]
    if errors or failed:
        _stop("\n".join([*failed, "Nothing was published: correct this first."]))
    settings = load_settings()
    refuse_old_tables(settings)
    engine = open_database(settings.sql_url)
    try:
        published = publish(engine, definitions, note, _who())
    finally:
        engine.dispose()
    for each in published:
        typer.echo(f"{each.name}  {each.version}  {'published' if each.is_new else 'live already'}")


def _who() -> str:
    """The user at the terminal; a container may have none."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _folder(given: Path | None) -> Path:
    import flows as package
    from runtime.config import load_settings

    return given or load_settings().flows_dir or Path(next(iter(package.__path__))) / "definitions"


def _load(given: Path | None) -> Compiled:
    from api.compiled import compile_folder

    folder = _folder(given)
    if not folder.is_dir():
        _stop(f"{folder} is no folder. Name one that holds company.yaml and flows.")
    return compile_folder(folder)


def _usable(compiled: Compiled) -> Company:
    """The company of a folder without errors; otherwise they are shown and the command ends."""
    from api.compiled import Unusable

    try:
        return compiled.company()
    except Unusable as error:
        _stop(str(error))


def _report(compiled: Compiled) -> tuple[int, int]:
    """Print all faults and findings; return how many errors and warnings there are."""
    from flows.checks.findings import check, untested

    definitions = compiled.definitions
    for fault in definitions.faults:
        typer.echo(f"{_coloured('error  ', False)} {fault}  [{fault.code}]")
    findings = list(compiled.findings)
    if definitions.company is not None:
        for flow in definitions.flows.values():
            found = check(flow, definitions.company)
            if not any(finding.severity == "error" for finding in (*found, *compiled.findings)):
                found += untested(flow, _results(flow, definitions.company))
            findings += found
    for finding in findings:
        label = _coloured(finding.severity.ljust(7), finding.severity != "error")
        typer.echo(f"{label} {finding}  [{finding.code}]")
    errors = sum(finding.severity == "error" for finding in findings)
    return len(definitions.faults) + errors, len(findings) - errors


def _show_calendars(compiled: Compiled) -> None:
    """Print what each calendar keeps, so that a person sees whether it is meant so."""
    from api.commands.calendar_view import calendar_lines

    company = compiled.definitions.company
    for name, calendar in company.calendars.items() if company is not None else ():
        for line in calendar_lines(name, calendar, datetime.now(UTC)):
            typer.echo(line)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _results(flow: Flow, company: Company) -> list[ScenarioResult]:
    from flows.testing.scenarios import run

    return run(flow, company, _perform)


def _perform(effect: Effect, company: Company, now: datetime) -> Result:
    from callbacks.schedule.promise_quote import perform_effect

    return perform_effect(effect, company, now)


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
                _stop(str(error))
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


def _coloured(text: str, is_good: bool) -> str:
    return typer.style(
        text, fg=typer.colors.YELLOW if text.startswith("warning") else None if is_good else typer.colors.RED
    )


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
