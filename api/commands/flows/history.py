"""`ringback flows versions`, `rollback`, `retire` and `export`: what was live, and what is."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.flows.database import opened, who
from api.commands.flows.folder import stop
from api.commands.flows.publishing import audio_lines

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from ivr.publishing import Live

Note = Annotated[str, typer.Option(help="Why, for those who ask later.")]


def list_versions(
    name: Annotated[str, typer.Argument(help="A flow, or company. Default: the newest version of everything.")] = "",
) -> None:
    """List what was published, the newest first: number, version, time, author, note."""
    from ivr.publishing.history import history
    from runtime.sql.database import reading

    with opened() as engine, reading(engine) as connection:
        entries = history(connection, name or None)
    if name and not entries:
        stop(f'Nothing called "{name}" was ever published. `ringback flows versions` lists what was.')
    shown = entries if name else sorted((each for each in entries if each.is_last), key=lambda each: each.name)
    if not shown:
        typer.echo("Nothing is published yet: run `ringback flows publish FOLDER`.")
        return
    rows = [("" if name else "name", "no", "version", "published (UTC)", "by", "note")]
    for each in shown:
        state = "retired" if each.is_retirement else each.version[:8]
        note = f"{each.note}  (live)" if name and each.is_live else each.note
        rows.append(("" if name else each.name, str(each.number), state, _time(each.published_at), each.by, note))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width)
        typer.echo("  ".join(cells).strip())


def roll_back(
    name: Annotated[str, typer.Argument(help="A flow, or company.")],
    version: Annotated[
        str, typer.Argument(help="The number or version to go back to. Default: the one before the present.")
    ] = "",
    note: Note = "",
) -> None:
    """Publish an older content of a flow, or of company.yaml, once more. Calls under way keep what they began with."""
    from flows.files.difference import differences
    from ivr.publishing import go_back, live_now
    from ivr.publishing.history import UnknownVersion, find_version
    from runtime.sql.database import reading

    with opened() as engine:
        with reading(engine) as connection:
            try:
                wanted = find_version(connection, name, version)
            except UnknownVersion as error:
                stop(str(error))
        before = live_now(engine)
        present = before.get(name)
        if present is not None and present.version == wanted.version:
            stop(f"{name} {wanted.version[:8]} is already published.")
        if faults := _new_faults(engine, before, {**before, name: wanted}):
            stop(
                "\n".join(
                    [*faults, f"{name} was not rolled back: with the other files that are live this would be wrong."]
                )
            )
        lines = ["live again"]
        if present is not None:
            audio = {each: recorded.content for each, recorded in wanted.recordings.items()}
            lines = [*differences(present.content, wanted.content), *audio_lines(present, audio)]
        for line in lines:
            typer.echo(f"  {line}")
        go_back(engine, name, wanted.version, note or f"back to {wanted.version[:8]}", who())
    typer.echo(
        f"{name} is {wanted.version[:8]} again, as published by {wanted.by} on {_time(wanted.published_at)} UTC."
    )


def retire_flow(
    name: Annotated[str, typer.Argument(help="The flow that is to answer no more.")], note: Note = ""
) -> None:
    """Let a flow answer no further call. Calls under way end as they began; `rollback` brings it back."""
    from flows.files.company_file import load_company
    from ivr.publishing import COMPANY, live_now, retire

    with opened() as engine:
        before = live_now(engine)
        flows_live = [each for each in before if each != COMPANY]
        if name not in flows_live:
            stop(f'There is no live flow "{name}". Live: {", ".join(flows_live) or "none"}.')
        if COMPANY in before:
            company = load_company(before[COMPANY].content, "company.yaml")
            numbers = [number for number, each in company.numbers.items() if each.flow == name]
            if numbers:
                stop(
                    f"{name} answers {', '.join(numbers)} in company.yaml. Let another flow answer there first: "
                    "`ringback flows export FOLDER`, change numbers, `ringback flows publish FOLDER`."
                )
        retire(engine, name, note, who())
    typer.echo(f"{name} is retired. `ringback flows rollback {name}` brings it back.")


def export_flows(folder: Annotated[Path, typer.Argument(help="A new or empty folder.")]) -> None:
    """Write what is live to a folder: company.yaml, the flows and their recordings as they are played."""
    from ivr.publishing import live_now
    from ivr.publishing.live_folder import versions_of, write_base, write_definitions

    if folder.exists() and (not folder.is_dir() or any(not each.name.startswith(".") for each in folder.iterdir())):
        stop(f"{folder} is not empty. Name a new folder.")
    with opened() as engine:
        before = live_now(engine)
        if not before:
            stop("Nothing is published yet: run `ringback flows publish FOLDER`.")
        try:
            write_definitions(engine, before.values(), folder)
        except OSError as error:
            stop(f"{folder} cannot be written to ({error.strerror}).")
        write_base(folder, versions_of(before))
    typer.echo(f"{folder}: {', '.join(before)}. Change it, then run `ringback flows publish {folder}`.")


def _new_faults(engine: Engine, before: Mapping[str, Live], after: Mapping[str, Live]) -> list[str]:
    """The errors that would come with a change of what is live."""
    known = _faults(engine, before)
    return [fault for fault in _faults(engine, after) if fault not in known]


def _faults(engine: Engine, published: Mapping[str, Live]) -> list[str]:
    from api.compiled import compile_folder
    from flows.checks.findings import check
    from ivr.publishing.live_folder import write_definitions

    with tempfile.TemporaryDirectory() as place:
        write_definitions(engine, published.values(), Path(place))
        compiled = compile_folder(Path(place))
    faults = [str(error) for error in compiled.errors]
    company = compiled.definitions.company
    for flow in compiled.definitions.flows.values() if company is not None else ():
        assert company is not None
        faults += [str(finding) for finding in check(flow, company) if finding.severity == "error"]
    return faults


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
