"""Connects the caller to other numbers for <Dial>, by rules 23 to 28 of docs/twiml-rules.md."""

from __future__ import annotations

from ivr.line.caller.handset import CallCut, CallerHungUp
from ivr.line.caller.protocol import Connected, Dialling, DialResult, Keys, Speak
from ivr.line.playing.leg import Ask, Leg
from ivr.line.store.calls import new_sid
from ivr.line.twiml.verbs import Dial


async def transfer(leg: Leg, verb: Dial) -> Ask | None:
    """Ring, and talk if somebody answers; gives the action to ask, or None where the next verb runs (rule 23).

    Raises CallerHungUp, after the action was asked in the mode in which it is (rule 24).
    """
    plan = leg.exchange.transfer(verb)
    status: str = plan.status
    connected_at: float | None = None
    is_hangup = False
    try:
        await leg.handset.tell(Dialling(numbers=verb.numbers, seconds=plan.ring_seconds))
        if await _wait_out(leg, verb, plan.ring_seconds):
            status = "canceled"
        elif plan.number:
            await leg.answer()
            connected_at = leg.handset.seconds
            await leg.handset.tell(Connected(number=plan.number, seconds=plan.talk_seconds))
            await _wait_out(leg, verb, plan.talk_seconds)
    except CallCut:
        raise
    except CallerHungUp:
        is_hangup = True
        status = "canceled" if connected_at is None else "completed"
        leg.caller_left()
    talked_seconds = 0 if connected_at is None else round(leg.handset.seconds - connected_at)
    await leg.handset.tell(DialResult(status=status, seconds=talked_seconds))
    told = (
        ("DialCallStatus", status),
        ("DialCallSid", new_sid("CA")),
        ("DialCallDuration", str(talked_seconds)),
        ("DialBridged", "false" if connected_at is None else "true"),
    )
    ask = Ask(verb.action, verb.method, told)
    if is_hangup:
        if verb.action and leg.modes.hangup_in_dial == "action":
            await leg.ask_in_vain(ask)
        raise CallerHungUp
    return ask if verb.action else None


async def _wait_out(leg: Leg, verb: Dial, seconds: float) -> bool:
    """Let the other side ring or talk; True when the caller has ended it with a star (rule 25)."""

    def is_star(action: Keys | Speak) -> bool:
        return verb.hangup_on_star and isinstance(action, Keys) and "*" in action.keys

    return await leg.handset.within(seconds, is_star) is not None
