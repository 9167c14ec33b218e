"""Users and their bearer tokens. A token is shown once; only its hash is stored (256 random bits need no slow hash)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from api.auth.tables import users
from runtime.sql.database import insert_once, reading, writing

Role = Literal["agent", "supervisor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)  # each role includes those before it
TOKEN_PREFIX = "rb_"  # noqa: S105 - a prefix that makes leaked tokens easy to find

_NAME = re.compile(r"[\w.@ -]{1,80}")


class UserError(Exception):
    """A user cannot be added or changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this user's role includes the given one."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user as an operator sees them. Without a token nobody comes in by this name."""

    name: str
    role: str
    created_at: datetime
    token_made_at: datetime | None
    disabled_at: datetime | None


def add_user(engine: Engine, name: str, role: Role) -> None:
    """Add a user without a token. Raises UserError for an invalid name or one that exists."""
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r} is not a name: use 1 to 80 letters, digits, spaces or . _ @ -")
    with writing(engine) as connection:
        if not insert_once(connection, users, name=name, role=role, created_at=datetime.now(UTC)):
            raise UserError(f"there is a user {name} already; `users token {name}` makes a new token")


def make_token(engine: Engine, name: str) -> str:
    """Make a new token for a user and return it; the old one stops working. Raises UserError: unknown or disabled."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with writing(engine) as connection:
        if _of_name(connection, name).disabled_at is not None:
            raise UserError(f"{name} is disabled; `users reset {name}` lets them in again")
        values = {"token_sha256": _hash(token), "token_made_at": datetime.now(UTC)}
        connection.execute(users.update().where(users.c.name == name).values(**values))
    return token


def set_role(engine: Engine, name: str, role: Role) -> None:
    """Give a user another role, from the next request on. Raises UserError."""
    with writing(engine) as connection:
        _of_name(connection, name)
        connection.execute(users.update().where(users.c.name == name).values(role=role))


def disable_user(engine: Engine, name: str) -> None:
    """Let a user in no more; what they did stays in the history. Raises UserError."""
    _without_token(engine, name, disabled_at=datetime.now(UTC))


def reset_user(engine: Engine, name: str) -> None:
    """Void a user's token, and enable the user if disabled. Raises UserError."""
    _without_token(engine, name, disabled_at=None)


def list_users(engine: Engine) -> list[ListedUser]:
    """All users by name."""
    columns = (users.c.name, users.c.role, users.c.created_at, users.c.token_made_at, users.c.disabled_at)
    with reading(engine) as connection:
        return [ListedUser(*row) for row in connection.execute(sa.select(*columns).order_by(users.c.name))]


def user_of(engine: Engine, token: str) -> User | None:
    """The user of this token, or None."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    query = sa.select(users.c.name, users.c.role).where(
        users.c.token_sha256 == _hash(token), users.c.disabled_at.is_(None)
    )
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else User(row.name, row.role)


def _without_token(engine: Engine, name: str, disabled_at: datetime | None) -> None:
    with writing(engine) as connection:
        _of_name(connection, name)
        values = {"token_sha256": None, "token_made_at": None, "disabled_at": disabled_at}
        connection.execute(users.update().where(users.c.name == name).values(**values))


def _of_name(connection: Connection, name: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(users).where(users.c.name == name)).one_or_none()
    if row is None:
        known = ", ".join(connection.scalars(sa.select(users.c.name).order_by(users.c.name).limit(10))) or "none"
        raise UserError(f"there is no user {name}; users: {known}")
    return row


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
