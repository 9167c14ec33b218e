"""Connects the caller to other numbers for <Dial>, by rules 23 to 28 of docs/twiml-rules.md."""

from __future__ import annotations

from ivr.line.playing.active_call import ActiveCall, DocumentRequest
from ivr.line.playing.caller_channel import CallerHungUp, CallTerminated
from ivr.line.protocol import Connected, Dialling, DialResult, Keys, Speak
from ivr.line.store.calls import new_sid
from ivr.line.twiml.verbs import Dial


async def transfer(active: ActiveCall, verb: Dial) -> DocumentRequest | None:
    """Ring the numbers, talk if somebody answers, and give the action to ask; None runs the next verb (rule 23).

    Raises CallerHungUp, after asking the action if the mode says so (rule 24).
    """
    plan = active.callees.plan_transfer(verb)
    status: str = plan.status
    connected_at: float | None = None
    is_hangup = False
    try:
        await active.channel.tell(Dialling(numbers=verb.numbers, seconds=plan.ring_seconds))
        if await _wait_out(active, verb, plan.ring_seconds):
            status = "canceled"
        elif plan.number:
            await active.answer()
            connected_at = active.channel.seconds
            await active.channel.tell(Connected(number=plan.number, seconds=plan.talk_seconds))
            await _wait_out(active, verb, plan.talk_seconds)
    except CallTerminated:
        raise
    except CallerHungUp:
        is_hangup = True
        status = "canceled" if connected_at is None else "completed"
        active.end_by_caller()
    talked_seconds = 0 if connected_at is None else round(active.channel.seconds - connected_at)
    await active.channel.tell(DialResult(status=status, seconds=talked_seconds))
    parameters = (
        ("DialCallStatus", status),
        ("DialCallSid", new_sid("CA")),
        ("DialCallDuration", str(talked_seconds)),
        ("DialBridged", "false" if connected_at is None else "true"),
    )
    request = DocumentRequest(verb.action, verb.method, parameters)
    if is_hangup:
        if verb.action and active.modes.hangup_in_dial == "action":
            await active.fetch_and_discard(request)
        raise CallerHungUp
    return request if verb.action else None


async def _wait_out(active: ActiveCall, verb: Dial, seconds: float) -> bool:
    """Wait while the other side rings or talks; True when the caller ends it by `*` (rule 25)."""

    def is_star(action: Keys | Speak) -> bool:
        return verb.hangup_on_star and isinstance(action, Keys) and "*" in action.keys

    return await active.channel.within(seconds, is_star) is not None
