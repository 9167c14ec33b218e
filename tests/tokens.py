"""Users of the tests: made, or given another role, with a fresh token."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.engine import Engine

from api.auth import users
from api.auth.users import Role, UserError


def add_user(engine: Engine, name: str, role: Role) -> str:
    """The token of a user who has this role from now on. Raises UserError for an invalid name."""
    with suppress(UserError):
        users.add_user(engine, name, role)
    users.set_role(engine, name, role)
    return users.make_token(engine, name)
