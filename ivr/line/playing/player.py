"""Plays one call: fetches documents, runs their verbs and reports how the call went. Rules: docs/twiml-rules.md."""

from __future__ import annotations

from typing import assert_never

import structlog

from ivr.line.playing.active_call import ActiveCall, DocumentRequest
from ivr.line.playing.caller_channel import CallerHungUp
from ivr.line.playing.gathering import gather
from ivr.line.playing.prompting import play_prompt
from ivr.line.playing.recording_results import record_message
from ivr.line.playing.transfers import transfer
from ivr.line.protocol import CallError, Ended, Ringing, Warned
from ivr.line.store.calls import CallStatus
from ivr.line.twiml.document import Document, DocumentFailed, read
from ivr.line.twiml.verbs import Dial, Gather, Hangup, Pause, Play, Record, Redirect, Reject, Say, Verb

MAX_DOCUMENTS = 1000  # a call that asks for more is in a loop; Twilio would end it after four hours
SETTLE_SECONDS = 5.0
APOLOGY = Say("We are sorry, an application error has occurred. Goodbye.")

log = structlog.get_logger()


async def play_call(active: ActiveCall) -> Ended:
    """Play a call from ringing to its last callback; gives the last event that the telephone received."""
    await active.channel.tell(Ringing(call_id=active.call.sid))
    try:
        await _conduct(active)
        active.end("completed" if active.is_answered else "no-answer")
    except _CallOver as over:
        active.end(over.status)
    except CallerHungUp:
        active.end_by_caller()
    except Exception as error:
        log.exception("line.player_failed", call_id=active.call.call_id)
        active.error = CallError(code=12400, message=f"the line itself failed: {error!r}")
        active.end("failed")
    active.send_status()
    await active.webhook_client.finish_callbacks(SETTLE_SECONDS)
    ended = Ended(
        status=active.call.status,
        seconds=active.call.seconds,
        error=active.error,
        differing_answers=active.webhook_client.differing_answers,
    )
    await active.channel.tell(ended)
    return ended


class _CallOver(Exception):
    """A verb has ended the call, with this status."""

    def __init__(self, status: CallStatus) -> None:
        self.status = status


async def _conduct(active: ActiveCall) -> None:
    """Play documents until one ends without a next one. When none can be had, play an apology (rule 36)."""
    request = DocumentRequest(active.webhooks.voice_url)
    try:
        for _ in range(MAX_DOCUMENTS):
            following = await _run(active, await _document(active, request))
            if following is None:
                return
            request = following
        await active.report_failure(
            DocumentFailed(12400, f"the call asked for {MAX_DOCUMENTS} documents: it is in a loop")
        )
    except DocumentFailed as failure:
        await active.report_failure(failure)
    await active.answer()
    await play_prompt(active.channel, APOLOGY, active.webhook_client.media, in_gather=False)


async def _document(active: ActiveCall, request: DocumentRequest) -> Document:
    """Fetch and read a document, else that of the fallback (rules 36, 37). Raises DocumentFailed when both fail."""
    try:
        return await _fetch(active, request)
    except DocumentFailed as failure:
        if not active.webhooks.fallback_url:
            raise
        await active.report_failure(failure)
        error = (("ErrorCode", str(failure.code)), ("ErrorUrl", request.url))
        return await _fetch(active, DocumentRequest(active.webhooks.fallback_url, "POST", error))


async def _fetch(active: ActiveCall, request: DocumentRequest) -> Document:
    response = await active.fetch(request)
    document = read(response.body, response.content_type, response.url)
    for notice in document.warnings:
        await active.channel.tell(Warned(code=notice.code, message=notice.message))
    return document


async def _run(active: ActiveCall, document: Document) -> DocumentRequest | None:
    """Run verbs until one asks for another document (rules 1 to 3); None at the end of the document."""
    for verb in document.verbs:
        following = await _perform(active, verb)
        if following is not None:
            return following
    if not document.verbs:
        await active.answer()
    return None


async def _perform(active: ActiveCall, verb: Verb) -> DocumentRequest | None:
    rings_on = isinstance(verb, Reject | Pause) or (isinstance(verb, Dial) and verb.answer_on_bridge)
    if not rings_on:
        await active.answer()  # rules 28 and 40
    match verb:
        case Say() | Play() | Pause():
            await play_prompt(active.channel, verb, active.webhook_client.media, in_gather=False)
            return None
        case Gather():
            return await _gather(active, verb)
        case Record():
            return await record_message(active, verb)
        case Dial():
            return await transfer(active, verb)
        case Redirect():
            return DocumentRequest(verb.url, verb.method)
        case Hangup():
            raise _CallOver("completed")
        case Reject():  # rule 34; a call that is answered already just ends
            refusal: CallStatus = "busy" if verb.reason == "busy" else "no-answer"
            raise _CallOver("completed" if active.is_answered else refusal)
        case _:
            assert_never(verb)


async def _gather(active: ActiveCall, verb: Gather) -> DocumentRequest | None:
    """Gather keys and give the action to ask; None runs the next verb (rules 3, 11, 13)."""
    gathered = await gather(active.channel, verb, active.webhook_client.media)
    if gathered.digits:
        finish_key = verb.finish_on_key if gathered.ended_by == "finish_key" else ""
        parameters = (("Digits", gathered.digits), ("FinishedOnKey", finish_key), ("msg", "Gather End"))
        return DocumentRequest(verb.action, verb.method, parameters)
    if not verb.action_on_empty_result:
        return None
    return DocumentRequest(verb.action, verb.method, (("Digits", ""),) if active.modes.empty_digits == "empty" else ())
