"""`ringback flows`: everything about what callers hear, from a new file to what is live."""

from __future__ import annotations

import typer

from api.commands.flows import beginning, checking, history, playing, publishing

flows = typer.Typer(no_args_is_help=True)
flows.command("new")(beginning.new_flow)
flows.command("check")(checking.check_flows)
flows.command("test")(checking.test_flows)
flows.command("play")(playing.play_flow)
flows.command("diff")(publishing.show_differences)
flows.command("publish")(publishing.publish_flows)
flows.command("versions")(history.list_versions)
flows.command("rollback")(history.roll_back)
flows.command("retire")(history.retire_flow)
flows.command("export")(history.export_flows)


@flows.callback()
def _flows() -> None:
    """Check, test, play and publish flows."""
