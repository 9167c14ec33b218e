"""Whatever a caller and a provider do, in whatever order, the call goes on or ends; it never breaks."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.company.company import Company
from flows.engine import resume
from flows.events import CallbackRequested, CallEnded, InputIgnored, VoicemailLeft
from flows.inputs import Dialed, Digits, HoursRead, HungUp, Input, PromiseQuoted, Recorded, Result, Silence, Trouble
from flows.model import Flow
from flows.session import Caller

from .conftest import NOW, UNTIL, Call, travelled

MOMENTS = st.integers(0, 365 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))
INPUTS: st.SearchStrategy[Input] = st.one_of(
    st.text("0123456789*#", min_size=0, max_size=3).map(Digits),
    st.sampled_from("1234*09").map(Digits),
    st.just(Silence()),
    st.builds(Recorded, st.sampled_from([None, "rec"]), st.integers(0, 300)),
    st.builds(Dialed, st.sampled_from(["completed", "answered", "busy", "no_answer", "failed", "canceled"])),
    st.just(Trouble("x")),
)
ENDINGS: st.SearchStrategy[Input] = st.builds(HungUp, st.sampled_from([None, "rec"]), st.integers(0, 300))
STRAY_RESULTS: st.SearchStrategy[Result] = st.one_of(
    st.builds(HoursRead, st.sampled_from(["open", "closed", "holiday", "override"])),
    st.builds(PromiseQuoted, st.one_of(st.none(), MOMENTS), st.just("Europe/Riga")),
)
CALLERS = st.builds(
    Caller,
    number=st.sampled_from([None, "+37120000001"]),
    name=st.text(max_size=80),
    language=st.sampled_from([None, "en", "lv", "xx"]),
    open_promise_until=st.one_of(st.none(), MOMENTS),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    caller=CALLERS,
    inputs=st.lists(st.one_of(INPUTS, STRAY_RESULTS, ENDINGS), max_size=40),
    hours=st.sampled_from(["open", "open", "closed"]),
    until=st.sampled_from([None, UNTIL]),
)
def test_any_call_goes_on_or_ends(
    flow: Flow, company: Company, caller: Caller, inputs: list[Input], hours: str, until: datetime | None
) -> None:
    call = Call(flow, company, caller, hours, until)  # type: ignore[arg-type]  # a state of hours
    for given_input in inputs:
        before = call.session
        call.do(given_input)
        ignored = any(isinstance(event, InputIgnored) for event in call.events)
        assert ignored == (call.session == before)
        if not ignored:
            assert call.session.turn == before.turn + 1
        if not before.ended and not isinstance(given_input, HungUp):
            assert call.verbs, "a caller on the line always gets a way on"
        call.now += timedelta(seconds=20)
    assert sum(isinstance(event, CallEnded) for event in call.happened) <= 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inputs=st.lists(INPUTS, max_size=15), last=INPUTS)
def test_repeated_request_gets_the_same_answer(flow: Flow, company: Company, inputs: list[Input], last: Input) -> None:
    call = Call(flow, company).do(*inputs)
    session = travelled(call.session)
    assert resume(flow, company, session, last, NOW) == resume(flow, company, session, last, NOW)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choices=st.lists(st.sampled_from([Silence(), Digits("8")]), min_size=12, max_size=20))
def test_caller_who_never_finds_the_right_key_ends_at_a_recording(
    flow: Flow, company: Company, choices: list[Input]
) -> None:
    call = Call(flow, company, Caller(number="+37120000001"))
    for failing in choices:
        if call.session.wait != "gather":
            break
        call.do(failing)
    assert call.session.wait == "record"
    call.do(Recorded("rec", 5))
    assert any(isinstance(event, VoicemailLeft | CallbackRequested) for event in call.happened)
    assert call.session.ended == "done"
