"""`ringback voicemail`: the messages; play one, save it, have it written down again, delete it."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast, get_args

import typer

from voicemail.mailbox import Status

if TYPE_CHECKING:
    from api.wiring import Wiring
    from voicemail.mailbox import Voicemail

voicemail = typer.Typer(no_args_is_help=True)

SHORT_ID = 11
# Programs that play a file in a terminal, the first that is here.
_PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("play", "-q"),
    ("paplay",),
    ("afplay",),
    ("aplay", "-q"),
)

Id = Annotated[str, typer.Argument(help="The message's id, or the beginning that the list shows.")]


@voicemail.command("list")
def show_list(
    queue: Annotated[str | None, typer.Option(help="One queue only.")] = None,
    status: Annotated[str | None, typer.Option(help="One status only, such as failed.")] = None,
    language: Annotated[str | None, typer.Option(help="One language only, such as lv.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 20,
) -> None:
    """List the messages, the newest first: when, how long, status, id, and the first words."""
    from runtime.sql.database import reading
    from voicemail.mailbox import list_messages

    if status is not None and status not in get_args(Status):
        raise typer.BadParameter(f"{status!r} is not a status. Statuses: {', '.join(get_args(Status))}.")
    with _opened() as wiring, reading(wiring.database) as connection:
        wanted = cast(Status | None, status)
        found = list_messages(connection, queue=queue, status=wanted, language=language, limit=limit)
    for message in found:
        typer.echo(_line(message))
    if not found:
        typer.echo("No messages.")


@voicemail.command("play")
def play(
    message_id: Id,
    to: Annotated[Path | None, typer.Option("--to", help="Save it as this file, or into this folder, instead.")] = None,
) -> None:
    """Play a message, or save it."""
    from voicemail.recordings import path_of

    with _opened() as wiring:
        message = _find(wiring, message_id)
        if message.sha256 is None:
            _give_up(f"{message.id} has no audio here: {message.status_reason or message.status}")
        path = path_of(wiring.settings.recordings_dir, message.sha256)
        if not path.is_file():
            _give_up(f"{path} is gone; restore it from a backup.")
        if to is not None:
            typer.echo(f"Saved as {_save(wiring, message, path, to)}.")
            return
    player = next((player for player in _PLAYERS if shutil.which(player[0])), None)
    if player is None:
        _give_up("Nothing here can play audio (ffplay, play, paplay, afplay, aplay). Save it: --to FILE.")
    if subprocess.run([*player, str(path)], check=False).returncode != 0:
        _give_up(f"{player[0]} could not play it. Save it: --to FILE.")


@voicemail.command("retranscribe")
def retranscribe(
    message_id: Annotated[str | None, typer.Argument(help="The message's id, or its beginning.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    language: Annotated[
        str | None, typer.Option(help="All of a language, such as lv; with --failed those that failed.")
    ] = None,
) -> None:
    """Have a message written down again, or many: after a model was mended, or a better one installed."""
    from runtime.sql.database import writing
    from voicemail.again import hear_again, hear_all_again

    if (message_id is None) == (not failed and language is None):
        raise typer.BadParameter("give an id, or --failed, or --language")
    with _opened() as wiring:
        if message_id is None:
            count = hear_all_again(wiring.database, getpass.getuser(), failed=failed, language=language)
            typer.echo(f"{count} {'message is' if count == 1 else 'messages are'} written down again by the worker.")
            return
        message = _find(wiring, message_id)
        with writing(wiring.database) as connection:
            if not hear_again(connection, message.id, getpass.getuser()):
                _give_up(f"{message.id} cannot be heard again: it is {message.status}.")
        typer.echo(f"{message.id} is written down again by the worker.")


@voicemail.command("delete")
def delete(
    message_id: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a message: its audio and its words, here and at the provider. Its callback stays."""
    from runtime.sql.database import writing
    from voicemail.removal import deleted_by, remove

    with _opened() as wiring:
        message = _find(wiring, message_id)
        if not yes:
            typer.confirm(f"Delete {_line(message)}?", abort=True)
        with writing(wiring.database) as connection:
            remove(connection, [message.id], deleted_by(getpass.getuser()))
        wiring.deliver_removals()
        typer.echo(f"{message.id} is deleted.")


@contextmanager
def _opened() -> Iterator[Wiring]:
    from api.wiring import opened

    with opened("voicemail", with_line=True) as wiring:
        yield wiring


def _find(wiring: Wiring, beginning: str) -> Voicemail:
    """The one message whose id begins so."""
    import sqlalchemy as sa

    from runtime.sql.database import reading
    from voicemail.mailbox import load
    from voicemail.tables import voicemails

    with reading(wiring.database) as connection:
        query = sa.select(voicemails.c.id).where(voicemails.c.id.startswith(beginning, autoescape=True)).limit(2)
        ids = connection.scalars(query).all()
        message = load(connection, ids[0]) if len(ids) == 1 else None
    if message is None:
        what = "more than one message" if ids else "no message"
        raise typer.BadParameter(f"{beginning!r} begins {what}; `ringback voicemail list` shows them")
    return message


def _save(wiring: Wiring, message: Voicemail, source: Path, to: Path) -> Path:
    from voicemail.file_names import file_name

    if to.is_dir():
        wiring.published_flows.refresh()
        to = to / file_name(message, wiring.company())
    if to.exists():
        _give_up(f"{to} is there already; name another file.")
    try:
        shutil.copyfile(source, to)
    except OSError as error:
        _give_up(f"{to}: {error.strerror}. Nothing was written.")
    return to


def _line(message: Voicemail) -> str:
    said = message.transcript.text if message.transcript is not None else message.status_reason
    left_at = f"{message.recorded_at.astimezone():%Y-%m-%d %H:%M}"
    line = f"{left_at}  {message.length:>6}  {message.status:<11}  {message.id[:SHORT_ID]}  {said}"
    return line if len(line) <= 120 else line[:119] + "…"


def _give_up(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
