"""The caller is gone. What they said so far is kept, and word of it may come late."""

from __future__ import annotations

from flows import rescue
from flows.events import CallEnded, InputIgnored, VoicemailLeft
from flows.inputs import HungUp, Input, Recorded, Result
from flows.nodes import Voicemail, voicemail
from flows.session import Session
from flows.turn import Turn
from flows.verbs import HangUp
from flows.visit import Visit

HUNG_UP = "hung_up"


def hang_up(visit: Visit, given: HungUp) -> Turn:
    """End the call at whatever wait it is."""
    left = _message(visit, given)
    if left is not None:
        visit.emit(left)
    visit.emit(CallEnded(visit.session.node, HUNG_UP))
    # `wait` stays "record" without a recording: the provider may still tell of one.
    still_expected = visit.session.wait == "record" and left is None
    visit.change(ended=HUNG_UP, wait="record" if still_expected else "")
    return Turn(visit.session, (), tuple(visit.events))


def after_the_end(visit: Visit, session: Session, given: Input | Result) -> Turn:
    """Nothing moves any more, but a message is never lost: word of it may come after word of the hang-up."""
    if session.ended == HUNG_UP and isinstance(given, HungUp | Recorded):
        late = _message(visit, given)
        if late is not None:
            visit.emit(late)
            visit.change(wait="")
            return Turn(visit.session, (), tuple(visit.events))
    nobody_there = isinstance(given, HungUp) or session.ended == HUNG_UP
    return Turn(session, () if nobody_there else (HangUp(),), (InputIgnored(f"the call is over: {session.ended}"),))


def _message(visit: Visit, given: HungUp | Recorded) -> VoicemailLeft | None:
    if visit.session.wait != "record" or not given.recording_id or voicemail.is_empty(given.seconds):
        return None
    node = visit.flow.nodes.get(visit.session.node)
    if isinstance(node, Voicemail):
        return voicemail.left(node, visit, given.recording_id, given.seconds)
    return rescue.message(visit, given.recording_id, given.seconds)
