"""The list of callbacks by deadline, page by page."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.callback import LIVE_STATES, Callback, State
from callbacks.tables import callbacks
from callbacks.transition import of_row

MAX_LIMIT = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WrongCursor(ValueError):
    """`after` is not a cursor that a page gave out."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which callbacks are wanted; without `state` those that are not final."""

    queue: str | None = None
    state: State | None = None
    intent: str | None = None
    language: str | None = None
    holder: str | None = None
    overdue: bool | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        state = callbacks.c.state
        named = {name: getattr(self, name) for name in ("queue", "intent", "language", "holder", "overdue")}
        wanted = [callbacks.c[name] == value for name, value in named.items() if value is not None]
        return [state.in_(LIVE_STATES) if self.state is None else state == self.state, *wanted]


@dataclass(frozen=True, slots=True)
class Page:
    """Callbacks ordered by due moment, then id; `next` is the cursor of the page that follows, None at the end."""

    items: tuple[Callback, ...]
    next: str | None


def list_callbacks(connection: Connection, wanted: Filter, limit: int = 50, after: str | None = None) -> Page:
    """A page of callbacks, 1 to 500. Raises WrongCursor."""
    limit = max(1, min(limit, MAX_LIMIT))
    query = sa.select(callbacks).where(*wanted.conditions())
    if after is not None:
        due_at, callback_id = _read_cursor(after)
        query = query.where(
            (callbacks.c.due_at > due_at) | ((callbacks.c.due_at == due_at) & (callbacks.c.id > callback_id))
        )
    rows = connection.execute(query.order_by(callbacks.c.due_at, callbacks.c.id).limit(limit + 1)).all()
    items = tuple(of_row(row) for row in rows[:limit])
    return Page(items, _cursor(items[-1]) if len(rows) > limit else None)


def count_callbacks(connection: Connection, wanted: Filter) -> int:
    """How many there are."""
    query = sa.select(sa.func.count()).select_from(callbacks).where(*wanted.conditions())
    return connection.scalar(query) or 0


def _cursor(last: Callback) -> str:
    due_ms = (last.due_at - _EPOCH) // timedelta(milliseconds=1)
    return base64.urlsafe_b64encode(f"{due_ms}:{last.id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        due_ms, _, callback_id = text.partition(":")
        return _EPOCH + timedelta(milliseconds=int(due_ms)), callback_id
    except (ValueError, OverflowError, binascii.Error):
        raise WrongCursor("after is not a cursor; take it from `next` of the page before") from None
