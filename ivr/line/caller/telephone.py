"""A telephone on the line: it dials, receives events and sends actions. The terminal and scripts both use it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ivr.line.protocol import Action, Dial, Ended, Event, read_event
from ivr.line.store.account import LineAccount, LineNotFound


class CallRefused(Exception):
    """The line refused the call: the dial message is invalid, or the token is wrong. A retry cannot help."""


class LineLost(Exception):
    """The connection to the line was lost during the call. A retry may help."""


class Telephone:
    """One call. `events` ends with Ended. On the fast pace each event with `waits` needs one action (protocol.py)."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def events(self) -> AsyncIterator[Event]:
        """The events of the call, up to Ended. Raises CallRefused or LineLost."""
        while True:
            try:
                event = read_event.validate_json(await self._connection.recv())
            except ConnectionClosed as closed:
                reason = closed.rcvd.reason if closed.rcvd else ""
                if closed.rcvd and closed.rcvd.code >= 4000:
                    raise CallRefused(f"The line refused the call: {reason}") from None
                raise LineLost(
                    "The connection to the phone line was lost during the call. See the log of the line, then call again."
                ) from None
            yield event
            if isinstance(event, Ended):
                return

    async def act(self, action: Action) -> None:
        """Send an action; it is ignored when the call has ended."""
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(action.model_dump_json())


@contextlib.asynccontextmanager
async def dial(account: LineAccount, wish: Dial) -> AsyncIterator[Telephone]:
    """Dial on the line of `account`; leaving the context hangs up. Raises LineNotFound when no line runs there."""
    url = account.url.replace("http://", "ws://", 1) + "/phone"
    bearer = {"Authorization": f"Bearer {account.auth_token}"}
    try:
        connection = await connect(
            url, additional_headers=bearer, proxy=None, compression=None, max_size=None, open_timeout=5
        )
    except InvalidHandshake as error:
        raise CallRefused(
            f"The phone line at {account.url} refused the call ({error}). Does it belong to another data folder?"
        ) from None
    except (OSError, TimeoutError):
        raise LineNotFound(f"No phone line runs at {account.url}. Start script/server first.") from None
    try:
        await connection.send(wish.model_dump_json(by_alias=True))
        yield Telephone(connection)
    finally:
        await connection.close()
