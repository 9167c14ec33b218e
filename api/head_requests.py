"""HEAD for every address that answers GET, as HTTP obliges: the same status and headers without the content.

Download managers, players and monitors ask so first. Source: RFC 9110, section 9.3.2.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


async def answer_head(interface: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Ask `interface` as if it were a GET, and pass on the head of its answer. A range is for the content alone."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
    is_told = False

    async def send_head(message: Message) -> None:
        nonlocal is_told
        if message["type"] == "http.response.start":
            await send(message)
        elif message["type"] == "http.response.body" and not is_told:
            is_told = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive_until_told() -> Message:
        # An answer without an end would otherwise go on for nobody.
        return {"type": "http.disconnect"} if is_told else await receive()

    await interface({**scope, "method": "GET", "headers": headers}, receive_until_told, send_head)
