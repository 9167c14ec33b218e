"""The door for the provider: the signature first, then a strict form, then an Input. Nothing slow happens here."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.parts import Parts
from ivr.call import FINAL, call_id_of
from ivr.emergency import LAST_WORDS
from ivr.journal import CallFacts
from ivr.providers import twilio
from ivr.providers.twilio import BadRequest, Form, ProviderCall
from ivr.providers.twiml import CONTENT_TYPE, TurnLinks, render
from ivr.receiving import note_fallback, note_recording, note_status
from ivr.turns import Answer
from runtime import metrics

log = structlog.get_logger()

BODY_SECONDS = 5.0
# News of a call are answered within this, stored or not: research/reliability.md, I8 gives every answer three seconds.
NEWS_SECONDS = 1.5
_under_way: set[asyncio.Task[None]] = set()  # asyncio itself holds tasks weakly
_TURN = re.compile(r"[0-9]{1,5}")


class Refused(Exception):
    """A request that does not come from the provider, or not in its form. Answered with `status` and no more."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


async def voice(request: Request) -> Response:
    """A call comes in."""
    started = time.perf_counter()
    parts, form = await _provider_form(request, allowed=())
    call = twilio.call_of(form, parts.settings.twilio_account_sid)
    answer = await parts.turns.begin(facts_of(call))
    return _timed("voice", started, _document(parts, answer))


async def turn(request: Request) -> Response:
    """A caller did something, or nothing."""
    started = time.perf_counter()
    parts, form = await _provider_form(request, allowed=("s", "on"))
    call = twilio.call_of(form, parts.settings.twilio_account_sid)
    given = twilio.input_of(form, request.query_params.get("on", ""))
    answer = await parts.turns.go_on(facts_of(call), request.query_params.get("s", ""), given)
    return _timed("turn", started, _document(parts, answer))


async def status(request: Request) -> Response:
    """The provider says how a call stands."""
    parts, form = await _provider_form(request, allowed=())
    call = twilio.call_of(form, parts.settings.twilio_account_sid)
    facts = facts_of(call)
    seconds = form.get("CallDuration")

    async def note() -> None:
        await run_in_threadpool(
            note_status,
            parts.call_database,
            facts.call_id,
            call.status,
            int(seconds) if seconds.isdecimal() else None,
            _now(),
        )
        if call.status in FINAL:
            await parts.turns.end(facts)

    return await _noted(note(), facts)


async def recording(request: Request) -> Response:
    """The provider says that a recording is there, or that there is none."""
    parts, form = await _provider_form(request, allowed=("turn",))
    call = twilio.call_of(form, parts.settings.twilio_account_sid)
    turn_number = request.query_params.get("turn", "")
    if not _TURN.fullmatch(turn_number):
        raise BadRequest("the address is none that we gave out")
    outcome = form.get("RecordingStatus", "completed")
    recording_id = twilio.recording_sid_of(form) if outcome == "completed" else None
    facts = facts_of(call)

    async def note() -> None:
        await run_in_threadpool(
            note_recording,
            parts.call_database,
            parts.shelf.company,
            facts,
            int(turn_number),
            recording_id,
            twilio.recording_seconds_of(form),
            _now(),
        )
        parts.bell.set()

    return await _noted(note(), facts)


async def _noted(noting: Coroutine[Any, Any, None], call: CallFacts) -> Response:
    """204 once the news is stored. When SQL takes too long it goes on being stored, and the provider hears 503 meanwhile.

    Some providers do not let the call go on before they have this answer. What is lost after all the reconciler finds.
    """
    task = asyncio.create_task(noting)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    done, _ = await asyncio.wait({task}, timeout=NEWS_SECONDS)
    if done:
        task.result()
        return Response(status_code=204)
    task.add_done_callback(lambda late: _tell_late(late, call))
    return Response(status_code=503)


def _tell_late(noting: asyncio.Task[None], call: CallFacts) -> None:
    error = None if noting.cancelled() else noting.exception()
    log.warning("webhook.news_late", call_id=call.call_id, reason=repr(error)[:200] if error else "")


async def fallback(request: Request) -> Response:
    """Something of ours failed: answer with the prepared document, whatever else is broken."""
    parts, form = await _provider_form(request, allowed=("on",))
    metrics.fallbacks.inc()
    on = request.query_params.get("on", "")
    log.error("call.fallback", error=form.get("ErrorCode"), on=on, provider_call_id=form.get("CallSid")[:64])
    if on == "":
        try:
            call = twilio.call_of(form, parts.settings.twilio_account_sid)
            noting = run_in_threadpool(note_fallback, parts.call_database, parts.shelf.company, facts_of(call), _now())
            await asyncio.wait_for(noting, 0.25)
        except Exception as error:  # noqa: BLE001 - this document is the last that may depend on anything
            log.error("call.fallback_not_noted", provider_call_id=form.get("CallSid")[:64], reason=repr(error)[:200])
    documents = parts.emergency
    if documents is None:
        return Response(LAST_WORDS, media_type=CONTENT_TYPE)
    return Response(documents.farewell if on else documents.mailbox, media_type=CONTENT_TYPE)


# Plain routes: they are no part of the JSON interface, and each call pays for every layer (docs/performance.md).
routes = [
    Route(f"/twilio/{endpoint.__name__}", endpoint, methods=["POST"])
    for endpoint in (voice, turn, status, recording, fallback)
]


def facts_of(call: ProviderCall) -> CallFacts:
    return CallFacts(
        call_id=call_id_of(call.provider_call_id),
        provider_call_id=call.provider_call_id,
        from_number=call.from_number,
        to_number=call.to_number,
        direction=call.direction,
    )


async def _provider_form(request: Request, allowed: tuple[str, ...]) -> tuple[Parts, Form]:
    """The signed form of a request. Raises Refused or BadRequest; nothing is read before the cheap checks have passed."""
    parts: Parts = request.app.state.parts
    signature = request.headers.get(twilio.SIGNATURE_HEADER)
    if not signature:
        raise Refused(403, "no signature")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refused(415, "no form")
    form = Form(await _body(request))
    raw_path = request.scope["raw_path"].decode("ascii", "replace")
    raw_query = request.scope["query_string"].decode("ascii", "replace")
    settings_header = request.headers.get(twilio.SETTINGS_HEADER)
    if not parts.signature.is_true(raw_path, raw_query, form, signature, settings_header):
        raise Refused(403, "wrong signature")
    keys = [key for key, _ in request.query_params.multi_items()]
    if not set(keys) <= set(allowed) or len(keys) != len(set(keys)):
        raise BadRequest("the address is none that we gave out")
    return parts, form


async def _body(request: Request) -> bytes:
    """The body within its limits of size and time."""

    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > twilio.MAX_BODY_BYTES:
                    raise Refused(413, "too large")
    except TimeoutError:
        raise Refused(408, "too slow") from None
    except ClientDisconnect:
        raise Refused(400, "gone") from None
    return bytes(body)


def _document(parts: Parts, answer: Answer) -> Response:
    links = TurnLinks(parts.settings.base_url, answer.state, answer.turn)
    return Response(render(answer.verbs, links, parts.shelf.company.voices), media_type=CONTENT_TYPE)


def _timed(webhook: str, started: float, response: Response) -> Response:
    metrics.turn_seconds.labels(webhook).observe(time.perf_counter() - started)
    return response


def _now() -> datetime:
    return datetime.now(UTC)


def answer_refused(request: Request, error: Exception) -> Response:
    """The answer to a refused request: a status and nothing to learn from. Registered in api/app.py."""
    refused = error if isinstance(error, Refused) else Refused(400, str(error))
    metrics.webhooks_refused.labels(str(refused.status)).inc()
    log.warning("webhook.refused", path=request.url.path, status=refused.status, reason=str(error)[:200])
    return Response(status_code=refused.status)
