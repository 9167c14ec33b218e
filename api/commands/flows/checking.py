"""`ringback flows check` and `test`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.flows.folder import Folder, coloured, count, load, report, results, usable

if TYPE_CHECKING:
    from api.compiled import Compiled


def check_flows(folder: Folder = None) -> None:
    """Say everything that is wrong with a folder of flows. Exits 1 when something keeps it from being published."""
    compiled = load(folder)
    errors, warnings = report(compiled)
    _show_calendars(compiled)
    flows_read = count(len(compiled.definitions.flows), "flow")
    typer.echo(f"{flows_read}: {count(errors, 'error')}, {count(warnings, 'warning')}.")
    if errors:
        raise typer.Exit(1)


def test_flows(
    folder: Folder = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what was heard in tests that fail.")] = False,
) -> None:
    """Play the tests that stand in the flow files. Exits 1 when one fails or a flow cannot be read."""
    compiled = load(folder)
    company, definitions = usable(compiled), compiled.definitions
    failed = 0
    for flow in definitions.flows.values():
        for result in results(flow, company):
            failed += not result.passed
            typer.echo(coloured("ok  " if result.passed else "FAIL", result.passed) + f" {flow.flow}: {result.name}")
            for problem in result.problems:
                typer.echo(f"     {flow.path}:{result.line}  {problem}")
            if verbose and not result.passed:
                for words in result.heard:
                    typer.echo(f"     [{words.language}] {words.text}")
    played = sum(len(flow.tests) for flow in definitions.flows.values())
    typer.echo(f"{count(played, 'test')}, {failed} failed.")
    if failed:
        raise typer.Exit(1)


def _show_calendars(compiled: Compiled) -> None:
    """Print what each calendar keeps, so that a person sees whether it is meant so."""
    from api.commands.flows.calendar_view import calendar_lines

    company = compiled.definitions.company
    for name, calendar in company.calendars.items() if company is not None else ():
        for line in calendar_lines(name, calendar, datetime.now(UTC)):
            typer.echo(line)
