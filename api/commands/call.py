"""`ringback call`: a telephone in the terminal, on the built-in line."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ivr.line.caller.script import Script
    from ivr.line.protocol import Dial, Event
    from ivr.line.store.account import LineAccount

FROM_NUMBER = "+37120000001"
TO_NUMBER = "+37167000000"


def call(
    from_number: Annotated[str, typer.Option("--from", help="The caller's number.")] = FROM_NUMBER,
    to_number: Annotated[str, typer.Option("--to", help="The number that is called.")] = TO_NUMBER,
    script: Annotated[
        str | None,
        typer.Option(help='What the caller does, without a person: "key 1, wait, record message.wav, hangup".'),
    ] = None,
    pace: Annotated[
        str,
        typer.Option(
            help="real: prompts take their time; fast: they take none. Default: fast with a script, else real."
        ),
    ] = "",
    faults: Annotated[
        str, typer.Option(help="Network faults: duplicate=0.3 delay=0.2:3s reorder drop=status drop=recording drop=0.1")
    ] = "",
    modes: Annotated[str, typer.Option(help="Behaviour where Twilio's is not documented: empty-recording=next …")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same faults.")] = 0,
) -> None:
    """Call Ringback from the terminal, on the built-in telephone line.

    Without --script press keys as on a telephone; h or Ctrl-C hangs up. At the beep type the path of a WAV file, or s for a
    sample message. When a colleague is rung, a answers and b is busy. A
    script may also come through a pipe. Exits with 0 when the call went well, 1 when it ended in an error or a step
    did not happen, and 2 when it could not begin.
    """
    from ivr.line.caller.script import InvalidScript, Script, parse
    from ivr.line.caller.telephone import CallRefused, LineLost
    from ivr.line.playing.callees import InvalidDialResult
    from ivr.line.playing.modes import InvalidModes, Modes
    from ivr.line.protocol import Dial
    from ivr.line.store.account import LineNotFound, find
    from ivr.line.webhooks.network_faults import InvalidFaults, NetworkFaults
    from runtime.config import ConfigurationError, load_settings

    try:
        if script is None and not sys.stdin.isatty():
            script = sys.stdin.read()
        plan = parse(script) if script is not None else None
        Modes.parse(modes)
        NetworkFaults.parse(faults)
        if pace not in ("", "real", "fast"):
            raise InvalidScript(f"--pace {pace!r}: must be real or fast.")
        account = find(load_settings().data_dir)
        wish = Dial.model_validate(
            {
                "from": from_number,
                "to": to_number,
                "pace": pace or ("fast" if plan else "real"),
                "modes": modes,
                "faults": faults,
                "seed": seed,
                "dial_results": (plan or Script(())).dial_results,
            }
        )
        problems = asyncio.run(_call(account, wish, plan))
    except (
        InvalidScript,
        InvalidModes,
        InvalidFaults,
        InvalidDialResult,
        LineNotFound,
        CallRefused,
        ConfigurationError,
    ) as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    except LineLost as error:
        _complain(str(error))
        raise typer.Exit(1) from None
    for problem in problems:
        _complain(problem)
    if problems:
        raise typer.Exit(1)


async def _call(account: LineAccount, wish: Dial, plan: Script | None) -> tuple[str, ...]:
    """Make the call; gives what went wrong."""
    from rich.console import Console

    from ivr.line.caller.captions import describe_event
    from ivr.line.caller.scripted_call import Outcome, follow_script
    from ivr.line.caller.telephone import dial
    from ivr.line.caller.terminal import run_terminal_call

    async with dial(account, wish) as telephone:
        if plan is None:
            console = Console()
            console.print(f"[bold]☎  {wish.from_number} → {wish.to_number}[/]")
            return Outcome(await run_terminal_call(telephone, console, is_fast=wish.pace == "fast"), ()).faults

        def show(event: Event) -> None:
            if (line := describe_event(event)) is not None:
                print(line, flush=True)

        def show_action(words: str) -> None:
            print(f"    > {words}", flush=True)

        outcome = await follow_script(telephone, plan, show, show_action, is_fast=wish.pace == "fast")
        return outcome.faults


def _complain(problem: str) -> None:
    print(problem, file=sys.stderr, flush=True)
