"""Users and their bearer tokens. A token is shown once; only its hash is stored (256 random bits need no slow hash)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from api.tables import users
from runtime.sql.database import reading, writing

Role = Literal["agent", "supervisor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)  # each role includes those before it
TOKEN_PREFIX = "rb_"  # noqa: S105 - a prefix that makes leaked tokens easy to find

_NAME = re.compile(r"[\w.@ -]{1,80}")


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this user's role includes the given one."""
        return ROLES.index(self.role) >= ROLES.index(role)


def add_user(engine: Engine, name: str, role: Role) -> str:
    """Add a user, or give an existing one a new role and token; return the token. The old token stops working.

    Raises ValueError for an invalid name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a name has 1 to 80 letters, digits, spaces or . _ @ -")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    values = {"role": role, "token_sha256": _hash(token), "created_at": datetime.now(UTC)}
    with writing(engine) as connection:
        if connection.execute(users.update().where(users.c.name == name).values(**values)).rowcount == 0:
            connection.execute(users.insert().values(name=name, **values))
    return token


def user_of(engine: Engine, token: str) -> User | None:
    """The user of this token, or None."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    query = sa.select(users.c.name, users.c.role).where(users.c.token_sha256 == _hash(token))
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else User(row.name, row.role)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
