"""The provider's webhooks: read the form, take the turn, answer with TwiML.

Signatures are checked in api/webhooks.py.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.parts import Parts
from api.webhooks import Endpoint, Webhook
from flows.verbs import Dial
from ivr.calls.call import FINAL, call_id_of
from ivr.calls.caller_id import caller_id
from ivr.emergency import LAST_WORDS
from ivr.journal.turn_record import CallFacts
from ivr.provider_callbacks import note_fallback, note_recording, note_status
from ivr.providers import twilio
from ivr.providers.twilio import BadRequest, Form, ProviderCall
from ivr.providers.twiml import CONTENT_TYPE, TurnLinks, render
from ivr.turns import Answer
from runtime import metrics

log = structlog.get_logger()

# How long a status or recording callback may wait for SQL; no answer may take three seconds.
STORE_SECONDS = 1.5
_under_way: set[asyncio.Task[None]] = set()  # asyncio keeps only weak references to tasks
_SECONDS = {name: metrics.turn_seconds.labels(name) for name in ("voice", "turn")}
_TURN = re.compile(r"[0-9]{1,5}")


async def voice(webhook: Webhook) -> Response:
    """Answer a new call."""
    parts, form = webhook.parts, webhook.form
    call = _call(parts, form)
    answer = await parts.turns.begin(facts_of(call))
    return _timed("voice", webhook, _document(webhook, answer))


async def turn(webhook: Webhook) -> Response:
    """Answer an input of the caller, or their silence."""
    parts, form = webhook.parts, webhook.form
    call = _call(parts, form)
    given = twilio.input_of(form, webhook.query.get("on"))
    answer = await parts.turns.go_on(facts_of(call), webhook.query.get("s"), given)
    return _timed("turn", webhook, _document(webhook, answer))


async def status(webhook: Webhook) -> Response:
    """Store the status of a call."""
    parts, form = webhook.parts, webhook.form
    call = _call(parts, form)
    facts = facts_of(call)
    seconds = twilio.seconds_of(form.get("CallDuration"))

    async def store() -> None:
        await run_in_threadpool(
            note_status,
            parts.call_database,
            facts,
            call.status,
            seconds,
            _now(),
            twilio.error_of(form),
        )
        if call.status in FINAL:
            await parts.turns.end(facts)

    return await _stored(store(), facts)


async def recording(webhook: Webhook) -> Response:
    """Store that a recording is available, or that there is none."""
    parts, form = webhook.parts, webhook.form
    call = _call(parts, form)
    turn_number = webhook.query.get("turn")
    if not _TURN.fullmatch(turn_number):
        raise BadRequest("the address is not one of ours")
    if twilio.began_by_record_verb(form.get("RecordingSource")) is False:
        log.info("call.recording_not_ours", call_id=call_id_of(call.provider_call_id))
        return Response(status_code=204)
    outcome = form.get("RecordingStatus", "completed")
    recording_id = twilio.recording_sid_of(form) if outcome == "completed" else None
    facts = facts_of(call)

    async def store() -> None:
        await run_in_threadpool(
            note_recording,
            parts.call_database,
            parts.published_flows.company,
            facts,
            int(turn_number),
            recording_id,
            twilio.recording_seconds_of(form),
            _now(),
            twilio.error_of(form),
        )
        parts.wiring.bell.set()

    return await _stored(store(), facts)


async def _stored(storing: Coroutine[Any, Any, None], call: CallFacts) -> Response:
    """204 when the callback is stored. If SQL is slow, answer 503 and go on storing it.

    Some providers wait for this answer before the call goes on. The reconciler finds what is lost.
    """
    task = asyncio.create_task(storing)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    done, _ = await asyncio.wait({task}, timeout=STORE_SECONDS)
    if done:
        task.result()
        return Response(status_code=204)
    task.add_done_callback(lambda late: _log_late(late, call))
    return Response(status_code=503)


def _log_late(storing: asyncio.Task[None], call: CallFacts) -> None:
    error = None if storing.cancelled() else storing.exception()
    log.warning("webhook.stored_late", call_id=call.call_id, reason=repr(error)[:200] if error else "")


async def fallback(webhook: Webhook) -> Response:
    """Answer with the prepared emergency document, whatever has failed."""
    parts, form = webhook.parts, webhook.form
    metrics.fallbacks.inc()
    on = webhook.query.get("on")
    log.error("call.fallback", error=form.get("ErrorCode"), on=on, provider_call_id=form.get("CallSid")[:64])
    if on == "":
        try:
            call = _call(parts, form)
            storing = run_in_threadpool(
                note_fallback, parts.call_database, parts.published_flows.company, facts_of(call), _now()
            )
            await asyncio.wait_for(storing, 0.25)
        except Exception as error:  # noqa: BLE001 - the emergency document must be sent in any case
            log.error("call.fallback_not_stored", provider_call_id=form.get("CallSid")[:64], reason=repr(error)[:200])
    documents = parts.emergency
    if documents is None:
        return Response(LAST_WORDS, media_type=CONTENT_TYPE)
    return Response(documents.farewell if on else documents.mailbox, media_type=CONTENT_TYPE)


ENDPOINTS = {
    "/twilio/voice": Endpoint(voice),
    "/twilio/turn": Endpoint(turn, frozenset({"s", "on"})),
    "/twilio/status": Endpoint(status),
    "/twilio/recording": Endpoint(recording, frozenset({"turn"})),
    "/twilio/fallback": Endpoint(fallback, frozenset({"on"})),
}


def _call(parts: Parts, form: Form) -> ProviderCall:
    return twilio.call_of(form, parts.settings.twilio_account_sid, parts.published_flows.home_country)


def facts_of(call: ProviderCall) -> CallFacts:
    return CallFacts(
        call_id=call_id_of(call.provider_call_id),
        provider_call_id=call.provider_call_id,
        from_number=call.from_number,
        to_number=call.to_number,
        direction=call.direction,
    )


def _document(webhook: Webhook, answer: Answer) -> Response:
    parts, company = webhook.parts, webhook.parts.published_flows.company
    playable = parts.recorded.playable(answer.verbs)
    shown = ""
    if any(isinstance(verb, Dial) for verb in answer.verbs):
        shown = caller_id(company, webhook.form.get("From"), webhook.form.get("To"))
    links = TurnLinks(parts.settings.base_url, answer.state, answer.turn, playable, shown)
    return Response(render(answer.verbs, links, company.voices), media_type=CONTENT_TYPE)


def _timed(name: str, webhook: Webhook, response: Response) -> Response:
    _SECONDS[name].observe(time.perf_counter() - webhook.arrived)
    return response


def _now() -> datetime:
    return datetime.now(UTC)
