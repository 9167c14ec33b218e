"""Statements that are done while an event loop goes on: SQLite's by a process beside, PostgreSQL's over a connection of the loop.

runtime/beside.py opens them, by which database it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import sqlalchemy as sa

# Who has not answered for so long will not.
ANSWER_SECONDS: Final = 10.0
# After this what ended, or found no database, is started again.
RESTART_SECONDS: Final = 2.0

# What a statement came to: the first value that it returned, or what went wrong.
Tell = Callable[[Any, sa.exc.DBAPIError | None], None]


class Statements(Protocol):
    """Does one statement after the other; none of them knows of the others."""

    @property
    def is_ready(self) -> bool:
        """Whether `ask` may be called now; if not, there is another way."""

    def ask(self, statement: str, values: Sequence[Any], tell: Tell) -> None:
        """Do a statement, commit it, and `tell` later, in the loop, the first value that it returned, or None.

        Or else one of SQLAlchemy's errors, without the values; after an OperationalError it may be done all the same.
        """


class OpenStatements(Statements, Protocol):
    """Those that are started in the loop that asks, and closed."""

    async def start(self) -> None:
        """Get ready. If that fails, it is tried again and again."""

    def close(self) -> None:
        """Let what was asked be done where that is possible, and end."""
