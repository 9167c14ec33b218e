"""`ringback users`: the users of the JSON interface."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

users = typer.Typer(no_args_is_help=True)


class RoleName(StrEnum):
    agent = "agent"
    supervisor = "supervisor"
    admin = "admin"


@users.callback()
def _users() -> None:
    """Users of the JSON interface."""


@users.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name that colleagues see.")],
    role: Annotated[RoleName, typer.Option(help="Each role includes those before it.")] = RoleName.agent,
) -> None:
    """Add a user and print the token, once. An existing user gets a new token; the old one stops working."""
    from api.users import add_user
    from api.wiring import opened

    with opened("users") as wiring:
        try:
            token = add_user(wiring.database, name, role.value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    typer.echo(f"{name} ({role.value}). The token is shown only now:", err=True)
    typer.echo(token)
