"""A telephone on the line: it dials, hears events and acts. The terminal's phone, scripts and tests all hold this one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ivr.line.caller.protocol import Action, Dial, Ended, Event, read_event
from ivr.line.store.account import LineAccount, LineNotFound


class CallRefused(Exception):
    """The line did not take the call: a wish in the dial message cannot be read, or the token is not its own."""


class LineLost(Exception):
    """The line went away in the middle of the call. Dialling again may help."""


class Telephone:
    """One call. `events` ends with Ended; on the fast pace each event with `waits` wants one action (see phone.py)."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def events(self) -> AsyncIterator[Event]:
        """What the caller hears, to the end of the call. Raises CallRefused or LineLost."""
        while True:
            try:
                event = read_event.validate_json(await self._connection.recv())
            except ConnectionClosed as closed:
                reason = closed.rcvd.reason if closed.rcvd else ""
                if closed.rcvd and closed.rcvd.code >= 4000:
                    raise CallRefused(f"The line refused the call: {reason}") from None
                raise LineLost("The line went away during the call; see its log, then dial again.") from None
            yield event
            if isinstance(event, Ended):
                return

    async def act(self, action: Action) -> None:
        """Do something; lost without a word when the call is over."""
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(action.model_dump_json())


@contextlib.asynccontextmanager
async def dial(account: LineAccount, wish: Dial) -> AsyncIterator[Telephone]:
    """Dial on the line of `account`; leaving the context hangs up. Raises LineNotFound when no line listens there."""
    url = account.url.replace("http://", "ws://", 1) + "/phone"
    bearer = {"Authorization": f"Bearer {account.auth_token}"}
    try:
        connection = await connect(
            url, additional_headers=bearer, proxy=None, compression=None, max_size=None, open_timeout=5
        )
    except InvalidHandshake as error:
        raise CallRefused(
            f"The line at {account.url} did not take the call ({error}): is it another data folder's?"
        ) from None
    except (OSError, TimeoutError):
        raise LineNotFound(f"No phone line listens at {account.url}: start script/server first.") from None
    try:
        await connection.send(wish.model_dump_json(by_alias=True))
        yield Telephone(connection)
    finally:
        await connection.close()
