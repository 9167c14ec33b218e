"""The provider's side of the api as a plain ASGI application: a few addresses, each for a signed form.

A turn pays for every layer of a framework on its way (docs/performance.md), so there is none here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.parts import Parts
from ivr.providers import twilio
from ivr.providers.twilio import BadRequest, Form
from ivr.published_flows import NothingPublished
from runtime import metrics

log = structlog.get_logger()

BODY_SECONDS = 5.0
# Why a request that is read too long is cancelled; anybody else cancels without a word.
_TOO_SLOW = "the body did not come in time"
_FORM = b"application/x-www-form-urlencoded"


class Refused(Exception):
    """A request that does not come from the provider, or not in its form. Answered with `status` and no more."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request whose signature was right: its form, and what stood behind the ? of its address."""

    parts: Parts
    form: Form
    query: Form
    arrived: float  # on time.perf_counter()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers at an address, and the names that may stand behind its ?."""

    answer: Callable[[Webhook], Awaitable[Response]]
    allowed: frozenset[str] = frozenset()


class Webhooks:
    """Lets in what is signed. `endpoints` are by path; `parts` are set when the application starts."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self.parts: Parts | None = None
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        endpoint = self._endpoints.get(scope["path"])
        if endpoint is None:
            return Response(status_code=404)
        if scope["method"] != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        assert self.parts is not None
        try:
            return await endpoint.answer(await _read(self.parts, endpoint, scope, receive))
        except Refused as refused:
            return _refuse(scope["path"], refused.status, refused.reason)
        except BadRequest as error:
            return _refuse(scope["path"], 400, str(error))
        except (SQLAlchemyError, NothingPublished) as error:
            # A status or a recording wants to be noted: the provider is told so; the reconciler looks later.
            log.error("webhook.sql_away", path=scope["path"], reason=str(error)[:200])
            return Response(status_code=503)
        except Exception:
            log.exception("webhook.failed", path=scope["path"])
            return Response(status_code=500)


def _refuse(path: str, status: int, reason: str) -> Response:
    """A status and nothing to learn from."""
    metrics.webhooks_refused.labels(str(status)).inc()
    log.warning("webhook.refused", path=path, status=status, reason=reason[:200])
    return Response(status_code=status)


async def _read(parts: Parts, endpoint: Endpoint, scope: Scope, receive: Receive) -> Webhook:
    """The signed form of a request. Raises Refused or BadRequest; nothing is read before the cheap checks have passed."""
    arrived = time.perf_counter()
    signature = settings = content_type = None
    for name, value in scope["headers"]:
        if name == b"x-twilio-signature":
            signature = value.decode("latin-1")
        elif name == b"content-type":
            content_type = value
        elif name == b"x-twilio-webhooks-signature-settings":
            settings = value.decode("latin-1")
    if not signature:
        raise Refused(403, "no signature")
    if content_type is None or content_type.split(b";")[0].strip().lower() != _FORM:
        raise Refused(415, "no form")
    form = Form(await _body(receive))
    raw_query: bytes = scope["query_string"]
    path, query = scope["raw_path"].decode("ascii", "replace"), raw_query.decode("ascii", "replace")
    if not parts.signature.is_true(path, query, form, signature, settings):
        raise Refused(403, "wrong signature")
    asked = Form(raw_query)
    if not endpoint.allowed.issuperset(asked) or any(len(asked.getlist(name)) > 1 for name in asked):
        raise BadRequest("the address is none that we gave out")
    return Webhook(parts, form, asked, arrived)


async def _body(receive: Receive) -> bytes:
    """The body within its limits of size and time.

    By a timer of its own, which costs a turn 3 µs where asyncio.timeout costs 8.
    """
    reader = asyncio.current_task()
    assert reader is not None
    give_up = asyncio.get_running_loop().call_later(BODY_SECONDS, reader.cancel, _TOO_SLOW)
    body = bytearray()
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "gone")
            body += message.get("body", b"")
            if len(body) > twilio.MAX_BODY_BYTES:
                raise Refused(413, "too large")
            if not message.get("more_body", False):
                return bytes(body)
    except asyncio.CancelledError as cancelled:
        if cancelled.args == (_TOO_SLOW,) and not reader.uncancel():
            raise Refused(408, "too slow") from None
        raise
    finally:
        give_up.cancel()
