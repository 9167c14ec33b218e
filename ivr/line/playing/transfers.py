"""Connects the caller to other numbers for <Dial>, by rules 23 to 28 of docs/twiml-rules.md."""

from __future__ import annotations

from ivr.line.playing.active_call import ActiveCall, DocumentRequest
from ivr.line.playing.callees import TransferPlan
from ivr.line.playing.caller_channel import CallerHungUp, CallTerminated, Given
from ivr.line.protocol import Callee, Connected, Dialling, DialResult, Keys
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
        plan, is_canceled = await _ring(active, verb, plan)
        status = "canceled" if is_canceled else plan.status
        if plan.number and not is_canceled:
            await active.answer()
            connected_at = active.channel.seconds
            await active.channel.tell(Connected(number=plan.number, seconds=plan.talk_seconds))
            await active.channel.within(
                plan.talk_seconds, lambda given: _is_star(given, verb) or _does(given, "hangs_up", "is_busy")
            )
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


async def _ring(active: ActiveCall, verb: Dial, plan: TransferPlan) -> tuple[TransferPlan, bool]:
    """Wait while the other side rings; give how it goes on, and whether the caller ended it by `*` (rule 25)."""
    given = await active.channel.within(plan.ring_seconds, lambda given: _is_star(given, verb) or _does(given))
    match given:
        case Callee(does="answers"):
            return TransferPlan("completed", plan.ring_seconds, verb.numbers[0], float(verb.time_limit_seconds)), False
        case Callee():
            return TransferPlan("busy", plan.ring_seconds), False
        case _:
            return plan, given is not None


def _is_star(given: Given, verb: Dial) -> bool:
    return verb.hangup_on_star and isinstance(given, Keys) and "*" in given.keys


def _does(given: Given, *what: str) -> bool:
    return isinstance(given, Callee) and (not what or given.does in what)
