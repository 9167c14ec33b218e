"""`ringback flows publish` and `diff`: a folder becomes what is live, after the difference was shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.flows.database import opened, who
from api.commands.flows.folder import Folder, count, load, named_folder, report, results, shipped_folder, stop, usable

if TYPE_CHECKING:
    from flows.files.loader import Definitions
    from ivr.publishing import Live, Publication

_LINES_A_FILE = 12


def publish_flows(
    folder: Folder = None,
    note: Annotated[str, typer.Option(help="What changes, for those who ask later.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Also when something was published since the folder was made.")
    ] = False,
) -> None:
    """Make a folder the whole truth of what callers hear; a flow that it does not hold is retired.

    Calls that begin from now on hear it, calls under way keep what they began with. Errors, failing tests and what
    somebody else published meanwhile block it.
    """
    from ivr.publishing import PublishedSince, is_as_begun, live_now, publish
    from ivr.publishing.live_folder import base_of, versions_of, write_base

    compiled = load(folder)
    errors, _ = report(compiled)
    company, definitions = usable(compiled), compiled.definitions
    failed = [
        f"{flow.path}: {result.name}: {problem}"
        for flow in definitions.flows.values()
        for result in results(flow, company)
        for problem in result.problems
    ]
    if errors or failed:
        stop("\n".join([*failed, "Nothing was published: correct this first."]))
    place = named_folder(folder)
    with opened() as engine:
        before = live_now(engine)
        ships = place.resolve() == shipped_folder().resolve()
        is_own = _is_own(before, definitions if ships else None)
        if folder is None and is_own:
            stop(_name_the_folder(before))
        for line in difference_lines(before, definitions, _LINES_A_FILE):
            typer.echo(line)
        base = base_of(place)
        if not replace and is_own and base != versions_of(before) and not (base is None and is_as_begun(before)):
            stop(_published_since(base, before, place))
        try:
            published = publish(engine, definitions, note, who(), versions_of(before))
        except PublishedSince as error:
            stop(
                f"{error} was published at this moment by somebody else. Nothing was published; run the command again."
            )
        after = versions_of(live_now(engine))
    typer.echo(_summary(published))
    if not ships and not write_base(place, after):
        typer.echo(f"{place} cannot be written to, so the next publish from it needs --replace.")


def show_differences(
    what: Annotated[
        str, typer.Argument(help="A folder, compared with what is live; or the name of a flow, or company.")
    ],
    older: Annotated[str, typer.Argument(help="Version or number of the older content. Default: the one before.")] = "",
    newer: Annotated[str, typer.Argument(help="Version or number of the newer content. Default: what is live.")] = "",
) -> None:
    """Say what would change: a folder against what is live, or two versions of one name."""
    from flows.files.difference import differences
    from ivr.publishing import live_now
    from ivr.publishing.history import UnknownVersion, find_version, history
    from runtime.sql.database import reading

    if Path(what).is_dir():
        definitions = load(Path(what)).definitions
        with opened() as engine:
            lines = difference_lines(live_now(engine), definitions)
        for line in lines or ["Nothing differs from what is live."]:
            typer.echo(line)
        return
    with opened() as engine, reading(engine) as connection:
        try:
            old = find_version(connection, what, older)
            entries = history(connection, what)
            new = find_version(connection, what, newer or str(entries[0].number))
        except UnknownVersion as error:
            stop(f"{error} {what} is no folder either." if "ever published" in str(error) else str(error))
    typer.echo(f"{what}: {old.version[:8]} → {new.version[:8]}")
    for line in differences(old.content, new.content) or ["nothing differs"]:
        typer.echo(f"  {line}")
    for line in audio_lines(old, {name: each.content for name, each in new.recordings.items()}):
        typer.echo(f"  {line}")


def difference_lines(before: Mapping[str, Live], definitions: Definitions, most: int = 0) -> list[str]:
    """What publishing a folder would change, a line each; `most` cuts what is told of one file."""
    from flows.checks.references import recordings
    from flows.files.difference import differences
    from ivr.publishing import contents

    wanted = contents(definitions)
    lines: list[str] = []
    for name, (version, content) in wanted.items():
        was = before.get(name)
        if was is None:
            lines.append(f"{name}: new")
        elif was.version != version:
            flow = definitions.flows.get(name)
            audio = {each: recorded.content for each, recorded in recordings(flow).items()} if flow is not None else {}
            told = [*differences(was.content, content), *audio_lines(was, audio)]
            lines.append(f"{name}: changed")
            lines += [f"  {line}" for line in (told[:most] if most else told)]
            if most and len(told) > most:
                lines.append(f"  … and {len(told) - most} more; `ringback flows diff FOLDER` tells all")
    lines += [f"{name}: retired, for the folder does not hold it" for name in before if name not in wanted]
    return lines


def audio_lines(was: Live, audio: Mapping[str, str]) -> list[str]:
    """What changes in the recordings of a flow; `audio` are the contents by name that it will play."""
    old = {name: recorded.content for name, recorded in was.recordings.items()}
    names = dict.fromkeys([*old, *audio])
    return [
        f"audio {name}: {'new' if name not in old else 'removed' if name not in audio else 'another recording'}"
        for name in names
        if old.get(name) != audio.get(name)
    ]


def _is_own(before: Mapping[str, Live], shipped: Definitions | None) -> bool:
    """Whether something is live that does not ship."""
    from ivr.publishing import contents
    from ivr.publishing.prompt_audio import read_definitions

    ours = contents(shipped or read_definitions(shipped_folder()))
    return any(name not in ours or ours[name][0] != each.version for name, each in before.items())


def _name_the_folder(before: Mapping[str, Live]) -> str:
    return (
        f"Name the folder to publish: what is live is your own ({', '.join(before)}). Nothing was published.\n"
        "`ringback flows export FOLDER` writes what is live, `ringback flows publish FOLDER` publishes a folder."
    )


def _published_since(base: Mapping[str, str] | None, before: Mapping[str, Live], place: Path) -> str:
    remedy = (
        "Nothing was published. See what is live with `ringback flows export NEW_FOLDER` and take over what is to stay, "
        "or publish with --replace."
    )
    if base is None:
        return f"{place} does not know what is live: nothing was published from it or exported to it.\n{remedy}"
    since = [
        f"  {name}: {each.by}, {each.published_at:%Y-%m-%d %H:%M} UTC" + (f", {each.note}" if each.note else "")
        for name, each in before.items()
        if base.get(name) != each.version
    ]
    gone = [f"  {name}: retired" for name in base if name not in before]
    return "\n".join(["Published since this folder was published or exported:", *since, *gone, remedy])


def _summary(published: list[Publication]) -> str:
    """How many flows changed, in words."""
    from ivr.publishing import COMPANY

    def number(kind: str) -> int:
        return sum(each.kind == kind and each.name != COMPANY for each in published)

    if all(each.kind == "unchanged" for each in published):
        return "Nothing changed: all of it is already published."
    parts = [f"{count(number('changed'), 'flow')} changed"]
    parts += [f"{number(kind)} {kind}" for kind in ("new", "retired", "unchanged") if number(kind)]
    company = [each.kind for each in published if each.name == COMPANY]
    return f"Published: {', '.join(parts)}; company {company[0]}."
