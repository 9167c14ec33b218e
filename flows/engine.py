"""The engine of a call: two pure functions and their rescue, from a caller's input to what the phone does next.

`start` and `resume` run a flow until its next wait and return a Turn. The same arguments give an equal Turn. Nothing here
raises for what a caller, a provider or a stale state can do: trouble leads to the node's error exit, then to
`defaults.error`, then to the last resort.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from flows import rescue
from flows.company.company import DEFAULT, Company
from flows.events import CallEnded, CallStarted, Effect, InputIgnored, NodeEntered, NodeLeft, WentWrong
from flows.hanging_up import after_the_end, hang_up
from flows.inputs import HoursRead, HungUp, Input, PromiseQuoted, Recorded, Result, Trouble
from flows.last_resort import LAST_RESORT
from flows.limits import MAX_BACK, MAX_NAME_CHARS, MAX_STEPS_WITHOUT_WAIT
from flows.model import Defaults, Flow, Limits
from flows.nodes import End
from flows.nodes.dispatch import again, answer, enter
from flows.prompts.prompt import clean
from flows.session import Caller, Session, WaitKind
from flows.steps import Ask, Await, Fail, Finish, Jump, Leave, Step
from flows.turn import Turn
from flows.verbs import Dial, Gather, HangUp, Record
from flows.visit import Visit

# One way out of trouble is the author's; a call that stumbles again goes straight to the last resort.
_ERROR_WAYS = 1


def start(flow: Flow, company: Company, caller: Caller, now: datetime, called: str = "") -> Turn:
    """Begin a call: greet, and go on until the first wait. `called` is the address that was called, as the carrier names it."""
    session = _new_session(flow, caller, now, turn=1)
    number = company.number_of(called)
    session = session.change(called="" if number == DEFAULT else number)
    visit = Visit(flow, company, session, now)
    visit.emit(CallStarted(flow.flow, flow.version, session.language))
    return _run(visit, _enter(visit, flow.start))


def resume(flow: Flow | None, company: Company, session: Session, given: Input | Result, now: datetime) -> Turn:
    """Go on with a call after an input or the result of an effect.

    An input that the present wait does not accept changes nothing: the turn holds InputIgnored and puts the same wait
    again. `flow` may be None (its version is lost): then the last resort takes over, and keeps what the caller left.
    """
    if session.node != LAST_RESORT and (flow is None or session.node not in flow.nodes):
        if not isinstance(given, HungUp) and not (isinstance(given, Recorded) and session.wait == "record"):
            return recover(flow, company, session, Caller(), f'node "{session.node}" or its flow is not known', now)
        session = session.change(node=LAST_RESORT)
    flow = flow or _no_flow(company)
    visit = Visit(flow, company, session, now)
    if not isinstance(given, HoursRead | PromiseQuoted) and session.wait != "effect":
        visit.change(turn=session.turn + 1)
        if session.wait == "record" and not session.ended:
            visit.change(recording_turn=session.turn)
    if session.ended:
        return after_the_end(visit, session, given)
    if isinstance(given, HungUp):
        return hang_up(visit, given)
    step: Step | None
    if session.node == LAST_RESORT:
        step = rescue.answer(visit, given) if isinstance(given, Recorded) and session.wait == "record" else None
        step = Fail(given.reason) if isinstance(given, Trouble) else step
    else:
        step = Fail(given.reason) if isinstance(given, Trouble) else answer(flow.nodes[session.node], visit, given)
    return _ignored(flow, company, session, given, now) if step is None else _run(visit, step)


def recover(
    flow: Flow | None, company: Company, session: Session | None, caller: Caller, reason: str, now: datetime
) -> Turn:
    """Save a call whose flow or state cannot be used: apology, message, goodbye, in the caller's language if known."""
    basis = flow if flow is not None else _no_flow(company)
    if session is None:
        session = _new_session(basis, caller, now, turn=0)
        if caller.language:
            session = session.change(language=caller.language)
    visit = Visit(basis, company, session, now)
    if session.ended:
        return Turn(session, (HangUp(),), (InputIgnored(f"the call is over: {session.ended}"),))
    if session.wait != "effect":
        visit.change(turn=session.turn + 1)
    visit.emit(WentWrong(session.node, reason))
    return _run(visit, rescue.enter(visit))


def _new_session(flow: Flow, caller: Caller, now: datetime, turn: int) -> Session:
    known = caller.language is not None and caller.language in flow.languages
    open_until = caller.open_promise_until
    return Session(
        version=flow.version,
        node=flow.start,
        turn=turn,
        language=caller.language if known and caller.language else flow.languages[0],
        language_known=known or len(flow.languages) == 1,
        started_at=now.astimezone(UTC).replace(microsecond=0),
        caller_name=clean(caller.name, MAX_NAME_CHARS),
        caller_number=caller.number or "",
        is_unusable=caller.is_unusable,
        open_promise_until=open_until.astimezone(UTC).replace(microsecond=0) if open_until is not None else None,
        open_promise_queue=caller.open_promise_queue if open_until is not None else "",
    )


def _no_flow(company: Company) -> Flow:
    """A flow without nodes, so that the last resort can be said when there is none."""
    return Flow(
        flow="",
        title="",
        description="",
        languages=(company.default_language,),
        start="",
        defaults=Defaults(),
        keys={},
        limits=Limits(),
        prompts={},
        nodes={},
        tests=(),
        version="",
    )


def _run(visit: Visit, step: Step) -> Turn:
    """Follow steps until one waits, asks or ends."""
    for _ in range(MAX_STEPS_WITHOUT_WAIT):
        node = visit.session.node
        match step:
            case Leave(exit):
                step = _go(visit, exit, visit.flow.resolve(visit.flow.nodes[node].exits[exit]))
            case Jump(exit, target, returning):
                step = _go(visit, exit, visit.flow.resolve(target), returning)
            case Fail(reason):
                visit.emit(WentWrong(node, reason))
                step = _error_way(visit)
            case Await(verb):
                visit.wait(verb)
                return _turn(visit, _wait_kind(verb))
            case Ask(effect):
                return _turn(visit, "effect", effect)
            case Finish(outcome):
                visit.wait(HangUp())
                visit.emit(CallEnded(node, outcome))
                visit.change(ended=outcome)
                return _turn(visit, "")
            case _:
                assert_never(step)
    visit.emit(WentWrong(visit.session.node, f"{MAX_STEPS_WITHOUT_WAIT} nodes without a wait"))
    return _run(visit, rescue.enter(visit))


def _turn(visit: Visit, wait: WaitKind, effect: Effect | None = None) -> Turn:
    visit.change(wait=wait)
    return Turn(visit.session, visit.verbs(), tuple(visit.events), effect)


def _wait_kind(verb: Gather | Record | Dial) -> WaitKind:
    match verb:
        case Gather():
            return "gather"
        case Record():
            return "record"
        case Dial():
            return "dial"
    assert_never(verb)


def _go(visit: Visit, exit: str, target: str, returning: bool = False) -> Step:
    """Leave the present node for another, and remember a question that was left so that `*` finds it."""
    session = visit.session
    visit.emit(NodeLeft(session.node, exit, target))
    if session.wait == "gather" and not returning and target != session.node:
        visit.change(back=(*session.back, session.node)[-MAX_BACK:])
    visit.change(wait="")
    return _enter(visit, target, returning)


def _enter(visit: Visit, name: str, returning: bool = False) -> Step:
    """Enter a node: a new visit with fresh counters."""
    name = visit.flow.resolve(name)
    node = visit.flow.nodes[name]
    visit.change(node=name, no_input=0, no_match=0, repeats=0, steps=visit.session.steps + 1)
    visit.emit(NodeEntered(name))
    spent = _spent(visit)
    if spent and not isinstance(node, End):
        visit.emit(WentWrong(name, spent))
        return rescue.enter(visit)
    return enter(node, visit, returning)


def _spent(visit: Visit) -> str:
    """Say which limit of the call is used up, or nothing."""
    limits, session = visit.flow.limits, visit.session
    if session.steps > limits.steps:
        return f"the call took more than {limits.steps} steps"
    if session.started_at is not None:
        seconds = (visit.now - session.started_at).total_seconds() - session.talked_seconds
        if seconds > limits.call_seconds:
            return f"the call took more than {limits.call_seconds // 60} minutes"
    return ""


def _error_way(visit: Visit) -> Step:
    """The node's error exit, else defaults.error, else the last resort."""
    session = visit.session
    node = visit.flow.nodes.get(session.node)
    target = "" if node is None else node.exits.get("error", "") or visit.flow.defaults.error
    if not target or session.troubles >= _ERROR_WAYS:
        return rescue.enter(visit)
    visit.change(troubles=session.troubles + 1)
    return _go(visit, "error", visit.flow.resolve(target))


def _ignored(flow: Flow, company: Company, session: Session, given: Input | Result, now: datetime) -> Turn:
    """Put the present wait again, so that a stray request still gives the caller a way on; nothing else changes."""
    waiting = session.wait or "nothing"
    ignored = InputIgnored(f"{type(given).__name__} came while the call waits for {waiting}")
    visit = Visit(flow, company, session, now)
    step = rescue.again(visit) if session.node == LAST_RESORT else again(flow.nodes[session.node], visit)
    match step:
        case Await(verb):
            visit.wait(verb)
            return Turn(session, visit.verbs(), (ignored,))
        case Ask(effect):
            return Turn(session, (), (ignored,), effect)
        case _:  # what it waited for is gone, or the state fits no wait: a way on is worth more than the rule
            visit.emit(ignored)
            visit.change(turn=session.turn + 1)
            return _run(visit, step)
