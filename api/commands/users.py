"""`ringback users`: the users of the JSON interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Engine

users = typer.Typer(no_args_is_help=True)


class RoleName(StrEnum):
    agent = "agent"
    supervisor = "supervisor"
    admin = "admin"


Name = Annotated[str, typer.Argument(help="The name that colleagues see.")]
RoleOption = Annotated[RoleName, typer.Option(help="Each role includes those before it.")]


@users.callback()
def _users() -> None:
    """Users of the JSON interface."""


@users.command("add")
def add(name: Name, role: RoleOption = RoleName.agent) -> None:
    """Add a user. A token is made by `users token`."""
    from api.auth.users import add_user

    with _database() as engine:
        add_user(engine, name, role.value)
    typer.echo(f"Added {name} ({role.value}). `users token {name}` makes a token.")


@users.command("token")
def token(name: Name) -> None:
    """Make a new token and print it, once. The old one stops working."""
    from api.auth.users import make_token

    with _database() as engine:
        made = make_token(engine, name)
    typer.echo(f"The token of {name} is shown only now; an older one stops working:", err=True)
    typer.echo(made)


@users.command("list")
def list_() -> None:
    """List all users: role, token, and whether they are disabled."""
    from api.auth.users import list_users

    with _database() as engine:
        found = list_users(engine)
    if not found:
        typer.echo("There are no users yet. `users add NAME --role agent` adds one.")
        return
    width = max(len(user.name) for user in found)
    for user in found:
        state = f"disabled {_day(user.disabled_at)}" if user.disabled_at else _token_of(user.token_made_at)
        typer.echo(f"{user.name:<{width}}  {user.role:<10}  added {_day(user.created_at)}  {state}")


@users.command("set")
def set_(name: Name, role: RoleOption) -> None:
    """Give a user another role."""
    from api.auth.users import set_role

    with _database() as engine:
        set_role(engine, name, role.value)
    typer.echo(f"{name} is {role.value} now.")


@users.command("disable")
def disable(name: Name) -> None:
    """Let a user in no more. What they did stays in the history."""
    from api.auth.users import disable_user

    with _database() as engine:
        disable_user(engine, name)
    typer.echo(f"{name} is disabled, and their token stopped working.")


@users.command("reset")
def reset(name: Name) -> None:
    """Void the token of a user, and enable the user again if disabled."""
    from api.auth.users import reset_user

    with _database() as engine:
        reset_user(engine, name)
    typer.echo(f"The token of {name} stopped working. `users token {name}` makes a new one.")


@contextmanager
def _database() -> Iterator[Engine]:
    from api.auth.users import UserError
    from api.wiring import opened

    with opened("users") as wiring:
        try:
            yield wiring.database
        except UserError as error:
            typer.echo(f"{str(error)[0].upper()}{str(error)[1:]}.", err=True)
            raise typer.Exit(1) from None


def _token_of(made_at: datetime | None) -> str:
    return f"token of {_day(made_at)}" if made_at else "no token"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""
