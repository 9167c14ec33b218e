"""Plays one call: asks for documents, runs their verbs, tells how it went. Rules: docs/twiml-rules.md."""

from __future__ import annotations

from typing import assert_never

import structlog

from ivr.line.caller.handset import CallerHungUp
from ivr.line.caller.protocol import CallError, Ended, Ringing, Warned
from ivr.line.playing.gathering import gather
from ivr.line.playing.leg import Ask, Leg
from ivr.line.playing.prompting import play_prompt
from ivr.line.playing.recording_results import take_message
from ivr.line.playing.transfers import transfer
from ivr.line.store.calls import CallStatus
from ivr.line.twiml.document import Document, DocumentFailed, read
from ivr.line.twiml.verbs import Dial, Gather, Hangup, Pause, Play, Record, Redirect, Reject, Say, Verb

MAX_DOCUMENTS = 1000  # a call that asks for more runs in a circle; Twilio would end it after four hours
SETTLE_SECONDS = 5.0
APOLOGY = Say("We are sorry, an application error has occurred. Goodbye.")

log = structlog.get_logger()


async def play_call(leg: Leg) -> Ended:
    """Conduct a call from ringing to its last callback; gives what the phone was told last."""
    await leg.handset.tell(Ringing(call_id=leg.call.sid))
    try:
        await _conduct(leg)
        leg.end("completed" if leg.is_answered else "no-answer")
    except _CallOver as over:
        leg.end(over.status)
    except CallerHungUp:
        leg.caller_left()
    except Exception as error:
        log.exception("line.player_failed", call_id=leg.call.sid)
        leg.error = CallError(code=12400, message=f"the line itself failed: {error!r}")
        leg.end("failed")
    leg.send_status()
    await leg.courier.settle(SETTLE_SECONDS)
    ended = Ended(
        status=leg.call.status,
        seconds=leg.call.seconds,
        error=leg.error,
        differing_answers=leg.courier.differing_answers,
    )
    await leg.handset.tell(ended)
    return ended


class _CallOver(Exception):
    """The document has ended the call, with this status."""

    def __init__(self, status: CallStatus) -> None:
        self.status = status


async def _conduct(leg: Leg) -> None:
    """Document after document, until one ends without asking for another; an apology where none can be had (rule 36)."""
    ask = Ask(leg.webhooks.voice_url)
    try:
        for _ in range(MAX_DOCUMENTS):
            following = await _run(leg, await _document(leg, ask))
            if following is None:
                return
            ask = following
        await leg.failed(DocumentFailed(12400, f"the call asked for {MAX_DOCUMENTS} documents: it runs in a circle"))
    except DocumentFailed as failure:
        await leg.failed(failure)
    await leg.answer()
    await play_prompt(leg.handset, APOLOGY, leg.courier.media, in_gather=False)


async def _document(leg: Leg, ask: Ask) -> Document:
    """Fetch and read a document, or else the fallback's (rules 36, 37). Raises DocumentFailed when there is neither."""
    try:
        return await _fetch(leg, ask)
    except DocumentFailed as failure:
        if not leg.webhooks.fallback_url:
            raise
        await leg.failed(failure)
        error = (("ErrorCode", str(failure.code)), ("ErrorUrl", ask.url))
        return await _fetch(leg, Ask(leg.webhooks.fallback_url, "POST", error))


async def _fetch(leg: Leg, ask: Ask) -> Document:
    answer = await leg.ask(ask)
    document = read(answer.body, answer.content_type, answer.url)
    for notice in document.warnings:
        await leg.handset.tell(Warned(code=notice.code, message=notice.message))
    return document


async def _run(leg: Leg, document: Document) -> Ask | None:
    """Run verbs until one asks for another document (rules 1-3); None at the end of this one."""
    for verb in document.verbs:
        ask = await _perform(leg, verb)
        if ask is not None:
            return ask
    if not document.verbs:
        await leg.answer()
    return None


async def _perform(leg: Leg, verb: Verb) -> Ask | None:
    rings_on = isinstance(verb, Reject | Pause) or (isinstance(verb, Dial) and verb.answer_on_bridge)
    if not rings_on:
        await leg.answer()  # rules 28 and 40
    match verb:
        case Say() | Play() | Pause():
            await play_prompt(leg.handset, verb, leg.courier.media, in_gather=False)
            return None
        case Gather():
            return await _gather(leg, verb)
        case Record():
            return await take_message(leg, verb)
        case Dial():
            return await transfer(leg, verb)
        case Redirect():
            return Ask(verb.url, verb.method)
        case Hangup():
            raise _CallOver("completed")
        case Reject():  # rule 34; once answered it can but end the call
            refusal: CallStatus = "busy" if verb.reason == "busy" else "no-answer"
            raise _CallOver("completed" if leg.is_answered else refusal)
        case _:
            assert_never(verb)


async def _gather(leg: Leg, verb: Gather) -> Ask | None:
    """What the keys ask for; None lets the next verb run (rules 3, 11, 13)."""
    gathered = await gather(leg.handset, verb, leg.courier.media)
    if gathered.digits:
        finish_key = verb.finish_on_key if gathered.ended_by == "finish_key" else ""
        told = (("Digits", gathered.digits), ("FinishedOnKey", finish_key), ("msg", "Gather End"))
        return Ask(verb.action, verb.method, told)
    if not verb.action_on_empty_result:
        return None
    return Ask(verb.action, verb.method, (("Digits", ""),) if leg.modes.empty_digits == "empty" else ())
