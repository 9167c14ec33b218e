"""The last resort as a step of a call: apologise, take a message all the same, say goodbye."""

from __future__ import annotations

from flows.events import NodeEntered, VoicemailBegun, VoicemailEmpty, VoicemailLeft
from flows.inputs import Recorded
from flows.last_resort import LAST_RESORT, apology, goodbye, mailbox, record
from flows.nodes.voicemail import is_empty
from flows.steps import Await, Finish, Step
from flows.visit import Visit

FAILED = "failed"


def enter(visit: Visit) -> Step:
    """Take a call out of its flow. A call that failed even here is said goodbye to, rather than begun again."""
    if visit.session.node == LAST_RESORT:
        return _farewell(visit)
    visit.change(node=LAST_RESORT, wait="", no_input=0, no_match=0, repeats=0)
    visit.emit(NodeEntered(LAST_RESORT))
    expected = message(visit, "", 0)
    visit.emit(VoicemailBegun(LAST_RESORT, expected.queue, expected.intent, expected.until))
    return again(visit)


def again(visit: Visit) -> Step:
    visit.say_verb(apology(visit.session.language))
    return Await(record())


def answer(visit: Visit, given: Recorded) -> Step:
    if given.recording_id is None or is_empty(given.seconds):
        visit.emit(VoicemailEmpty(LAST_RESORT))
    else:
        visit.emit(message(visit, given.recording_id, given.seconds))
    return _farewell(visit)


def message(visit: Visit, recording_id: str, seconds: int | None) -> VoicemailLeft:
    """A message without a node: to the queue for which a moment was already promised, else to the company's first."""
    promise = visit.session.promise
    if promise is not None and promise.queue in visit.company.queues:
        return VoicemailLeft(LAST_RESORT, promise.queue, promise.intent, recording_id, seconds, promise.until)
    return VoicemailLeft(LAST_RESORT, mailbox(visit.company), visit.intent(""), recording_id, seconds, None)


def _farewell(visit: Visit) -> Step:
    visit.say_verb(goodbye(visit.session.language))
    return Finish(FAILED)
