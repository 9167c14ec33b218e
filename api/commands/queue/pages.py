"""Reads what the commands of `ringback queue` show, and shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from api.wiring import Wiring
    from callbacks.board import Filter

_PIPE_COLUMNS = 200


def table(wiring: Wiring, wanted: Filter, limit: int, width: int) -> RenderableType:
    """The callbacks wanted, by deadline, at most so many."""
    from api.commands.queue import view as queue_view
    from callbacks.board import count_callbacks, list_callbacks
    from customers.customer import load
    from runtime.sql.database import reading
    from voicemail.mailbox import voicemails_of_callback

    with reading(wiring.database) as connection:
        page = list_callbacks(connection, wanted, limit)
        people = load(connection, list({callback.customer_id for callback in page.items}))
        messages = voicemails_of_callback(connection, [callback.id for callback in page.items])
        total = count_callbacks(connection, wanted) if page.next else len(page.items)
    return queue_view.table(page.items, people, messages, datetime.now(UTC), wiring.company(), total, limit, width)


def rows_that_fit(console: Console) -> int:
    """How many callbacks a screen shows at once, with the line that counts the rest."""
    from api.commands.queue.view import lines_a_callback

    return max(1, (console.height - 2) // lines_a_callback(console.width))


def sheet(wiring: Wiring, callback_id: str) -> RenderableType:
    """One callback in full."""
    import sqlalchemy as sa

    from api.commands.queue import view as queue_view
    from callbacks.notes import notes_of
    from callbacks.tables import attempts, promises
    from callbacks.transition import read
    from customers.customer import load
    from runtime.sql.database import reading
    from voicemail.mailbox import voicemails_of_callback

    with reading(wiring.database) as connection:
        callback = read(connection, callback_id)
        told = sa.select(promises).where(promises.c.callback_id == callback_id).order_by(promises.c.made_at)
        tried = sa.select(attempts).where(attempts.c.callback_id == callback_id).order_by(attempts.c.at)
        return queue_view.sheet(
            callback,
            load(connection, [callback.customer_id])[callback.customer_id],
            voicemails_of_callback(connection, [callback_id])[callback_id],
            connection.execute(told).all(),
            connection.execute(tried).all(),
            notes_of(connection, [callback])[callback_id],
            datetime.now(UTC),
            wiring.company(),
        )


def console() -> Console:
    """The terminal, or a wide page for a file or a pipe."""
    from rich.console import Console

    here = Console()
    return here if here.is_terminal else Console(width=_PIPE_COLUMNS)
