"""What the commands about flows share: the folder that is named, what is wrong with it, how it is told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from api.compiled import Compiled
    from flows.company.company import Company
    from flows.events import Effect
    from flows.inputs import Result
    from flows.model import Flow
    from flows.testing.scenarios import ScenarioResult

Folder = Annotated[
    Path | None, typer.Argument(help="Folder of company.yaml and flows. Default: RINGBACK_FLOWS_DIR, or what ships.")
]


def shipped_folder() -> Path:
    """The definitions that ship."""
    import flows

    return Path(next(iter(flows.__path__))) / "definitions"


def named_folder(given: Path | None) -> Path:
    """The folder to work on."""
    from runtime.config import load_settings

    return given or load_settings().flows_dir or shipped_folder()


def load(given: Path | None) -> Compiled:
    from api.compiled import compile_folder

    folder = named_folder(given)
    if not folder.is_dir():
        stop(f"{folder} is no folder. Name one that holds company.yaml and flows.")
    return compile_folder(folder)


def usable(compiled: Compiled) -> Company:
    """The company of a folder without errors; otherwise they are shown and the command ends."""
    from api.compiled import Unusable

    try:
        return compiled.company()
    except Unusable as error:
        stop(str(error))


def report(compiled: Compiled) -> tuple[int, int]:
    """Print all faults and findings; return how many errors and warnings there are."""
    from flows.checks.findings import check, untested

    definitions = compiled.definitions
    if definitions.ignored:
        typer.echo(f"not read: {', '.join(definitions.ignored)}")
    for fault in definitions.faults:
        typer.echo(f"{coloured('error  ', False)} {fault}  [{fault.code}]")
    findings = list(compiled.findings)
    if definitions.company is not None:
        for flow in definitions.flows.values():
            found = check(flow, definitions.company)
            if not any(finding.severity == "error" for finding in (*found, *compiled.findings)):
                found += untested(flow, results(flow, definitions.company))
            findings += found
    for finding in findings:
        label = coloured(finding.severity.ljust(7), finding.severity != "error")
        typer.echo(f"{label} {finding}  [{finding.code}]")
    errors = sum(finding.severity == "error" for finding in findings)
    return len(definitions.faults) + errors, len(findings) - errors


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def results(flow: Flow, company: Company) -> list[ScenarioResult]:
    from flows.testing.scenarios import run

    return run(flow, company, perform)


def perform(effect: Effect, company: Company, now: datetime) -> Result:
    from callbacks.schedule.promise_quote import perform_effect

    return perform_effect(effect, company, now)


def coloured(text: str, is_good: bool) -> str:
    return typer.style(
        text, fg=typer.colors.YELLOW if text.startswith("warning") else None if is_good else typer.colors.RED
    )


def stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
