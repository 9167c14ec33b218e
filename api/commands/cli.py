"""The command `ringback`. Each subcommand is a file of this folder and is imported only when it is used."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer

from api.commands.called_as import name_commands_as_called

PROGRAM = "ringback"


@dataclass(frozen=True, slots=True)
class Command:
    """The module of a subcommand. `is_group`: it has subcommands of its own."""

    name: str
    module: str
    attribute: str
    help: str
    is_group: bool = False


COMMANDS = (
    Command("serve", "processes.serve", "serve", "Run everything on this machine: api, worker, clock, Redis, line."),
    Command("api", "processes.api", "api", "Run the api alone: provider webhooks and the JSON interface."),
    Command("worker", "processes.worker", "worker", "Run a worker alone: fetch and transcribe recordings."),
    Command("clock", "processes.clock", "clock", "Run the clock alone: deadlines, leases, the outbox."),
    Command("line", "processes.line", "line", "Run the built-in telephone line alone."),
    Command("migrate", "migrate", "migrate", "Update the tables of the database."),
    Command("call", "call", "call", "Call Ringback from the terminal."),
    Command("calls", "calls", "calls", "List calls, also of callers who left nothing."),
    Command("queue", "queue.queue", "queue", "List callbacks by deadline; claim, complete, release.", is_group=True),
    Command("voicemail", "voicemail", "voicemail", "List, play, retranscribe and delete messages.", is_group=True),
    Command("customers", "customers", "customers", "Find, name, merge and erase people.", is_group=True),
    Command("flows", "flows", "flows", "Check, test, play and publish flows.", is_group=True),
    Command("models", "models", "app", "List, install and remove speech models.", is_group=True),
    Command("transcribe", "transcribe", "transcribe", "Transcribe a recording."),
    Command("words", "words", "app", "Calibrate confidences and own words for a model.", is_group=True),
    Command("users", "users", "users", "Add, list and disable users of the JSON interface.", is_group=True),
    Command("backup", "backup", "backup", "Copy the data folder of this machine, while it runs."),
    Command("restore", "backup", "restore", "Restore a copy into an empty data folder."),
    Command("doctor", "doctor", "doctor", "Check the installation and name the remedies."),
)


def main() -> None:
    """Run the subcommand. Faults of the installation are printed in one line, with exit code 1."""
    from runtime.config import ConfigurationError
    from runtime.data_folder import create_for_owner_only

    create_for_owner_only()
    name_commands_as_called()
    # A worker has a thread for each message. numpy would add threads that wait by spinning: beside a busy processor the same work
    # took three to seven times the CPU. numpy reads this when it is imported; forked processes inherit it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    wanted = [command for command in COMMANDS if command.name == asked] or list(COMMANDS)
    program = typer.Typer(
        name=PROGRAM,
        help="Ringback answers the telephone, takes messages, and makes sure that somebody calls back in time.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    program.callback()(_program)
    for command in wanted:
        _add(program, command)
    try:
        program(prog_name=PROGRAM)
    except ConfigurationError as error:
        typer.echo(f"{PROGRAM}: {error}", err=True)
        sys.exit(1)


def _program(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Typer keeps the name of a single subcommand only when there is a callback."""


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"{PROGRAM} {version('ringback')}")
        raise typer.Exit


def _add(program: typer.Typer, command: Command) -> None:
    found: Any = getattr(import_module(f"api.commands.{command.module}"), command.attribute)
    if command.is_group:
        program.add_typer(found, name=command.name, help=command.help)
    else:
        program.command(name=command.name, help=command.help)(found)


if __name__ == "__main__":
    main()
