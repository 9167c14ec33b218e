"""What becomes of a call: messages, promises, transfers, hang-ups, trouble."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.company.company import Company
from flows.engine import recover, resume, start
from flows.events import (
    CallbackRequested,
    CallEnded,
    CallStarted,
    InputIgnored,
    LanguageChosen,
    NodeLeft,
    PromiseSpoken,
    TransferEnded,
    TransferStarted,
    VoicemailBegun,
    VoicemailEmpty,
    VoicemailLeft,
    WentWrong,
)
from flows.files.loader import load_flow
from flows.inputs import (
    Dialed,
    DialStatus,
    Digits,
    HoursState,
    HungUp,
    Input,
    PromiseQuoted,
    Recorded,
    Result,
    Silence,
    Trouble,
)
from flows.last_resort import LAST_RESORT
from flows.model import Flow
from flows.session import Caller, Session
from flows.verbs import Dial, Gather, HangUp, Record, Say

from .conftest import KNOWN, NOW, UNTIL, Call, travelled

Ring = Callable[..., Call]
MESSAGE = Recorded("rec-1", 12)
STRANGER = Caller(number="+37120000002")


def test_stranger_is_greeted_and_asked_in_each_language(ring: Ring) -> None:
    call = ring(caller=STRANGER)
    assert call.verbs[:5] == (
        Say("Test Workshop, good morning.", "en"),
        Say("Messages are recorded.", "en"),
        Say("For English, press 1.", "en"),
        Say("Testu darbnīca, labrīt!", "lv"),
        Say("Ziņas tiek ierakstītas.", "lv"),
    )
    gather = call.last()
    assert isinstance(gather, Gather)
    assert gather.prompts == (Say("Latviski – spiediet 2.", "lv"),)
    assert call.events[0] == CallStarted("every_node", call.flow.version, "en")


def test_chosen_language_is_spoken_from_then_on(ring: Ring) -> None:
    call = ring(caller=STRANGER).do(Digits("2"))
    assert LanguageChosen("lv") in call.events
    assert call.heard().startswith("J1")
    assert call.do(Silence()).heard() == "K1. J2."


def test_silent_stranger_is_asked_again_without_the_greeting(ring: Ring) -> None:
    call = ring(caller=STRANGER).do(Silence())
    assert call.heard() == "For English, press 1. Latviski – spiediet 2."


def test_known_caller_is_greeted_by_name_and_not_asked(ring: Ring) -> None:
    english = ring(caller=dataclasses.replace(KNOWN, name="Anna", language="en"))
    assert english.heard().startswith("Test Workshop, good morning, Anna.")
    call = ring(caller=dataclasses.replace(KNOWN, name="Anna", language="lv"))
    assert call.heard().startswith("Testu darbnīca, labrīt! Ziņas")
    assert call.session.node == "main"
    assert NodeLeft("language", "known", "opening") in call.events


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0, "labrīt"), (4, "labdien"), (9, "labvakar"), (16, "sveicināti"), (20, "labrīt")],
)
def test_salutation_follows_the_hour_where_the_company_is(ring: Ring, hours: int, expected: str) -> None:
    call = ring(caller=dataclasses.replace(KNOWN, language="lv"), now=NOW + timedelta(hours=hours))
    assert call.heard().startswith(f"Testu darbnīca, {expected}!")


def test_caller_with_an_open_promise_hears_it_unless_its_moment_has_passed(ring: Ring) -> None:
    waiting = dataclasses.replace(KNOWN, open_promise_until=UNTIL)
    assert "We ring by 14:30." in ring(caller=waiting).heard()
    assert "We ring" not in ring(caller=waiting, now=UNTIL + timedelta(minutes=1)).heard()


@pytest.mark.parametrize(
    ("hours", "node"), [("open", "main"), ("closed", "mailbox"), ("holiday", "mailbox"), ("override", "mailbox")]
)
def test_hours_decide_between_menu_and_mailbox(ring: Ring, hours: HoursState, node: str) -> None:
    assert ring(hours=hours).session.node == node


def test_message_is_saved_with_its_promise_and_the_caller_hears_it(ring: Ring) -> None:
    call = ring().do(Digits("2"))
    assert list(call.verbs) == [Say("Tell us. We ring by 14:30.", "en"), Record(180, 5, "#")]
    assert call.events[-2:] == (
        PromiseSpoken("complaints", "complaints", "complaint", UNTIL, "by 14:30"),
        VoicemailBegun("complaints", "complaints", "complaint", UNTIL),
    )
    call.do(MESSAGE)
    assert VoicemailLeft("complaints", "complaints", "complaint", "rec-1", 12, UNTIL) in call.events
    assert list(call.verbs) == [Say("We ring by 14:30. Bye.", "en"), HangUp()]
    assert call.events[-1] == CallEnded("goodbye", "done")
    assert not any(isinstance(event, PromiseSpoken) for event in call.events), "a promise is made once"


def test_a_session_keeps_the_turn_in_which_its_recording_began(ring: Ring) -> None:
    call = ring().do(Digits("2"))
    began = call.session.turn
    for left in (Recorded(None, 0), MESSAGE, HungUp("rec-1", 12)):
        assert ring().do(Digits("2"), left).session.recording_turn == began


def test_message_without_a_promise_is_saved_all_the_same(ring: Ring) -> None:
    call = ring(until=None).do(Digits("2"))
    assert call.verbs[0] == Say("Tell us.", "en")
    call.do(MESSAGE)
    assert VoicemailLeft("complaints", "complaints", "complaint", "rec-1", 12, None) in call.events
    assert call.heard() == "Bye."


@pytest.mark.parametrize("empty", [Recorded(None, 0), Recorded(None, 9), Recorded("rec-1", 0)])
def test_empty_recording_is_no_message_and_nothing_is_promised(ring: Ring, empty: Recorded) -> None:
    call = ring().do(Digits("2"), empty)
    assert VoicemailEmpty("complaints") in call.events
    assert not any(isinstance(event, VoicemailLeft) for event in call.happened)
    assert call.heard() == "Bye."


def test_accepted_offer_is_a_callback_for_what_the_caller_wanted(ring: Ring) -> None:
    call = ring().do(Digits("1"), Dialed("no_answer"), Digits("1"))
    assert CallbackRequested("ring_back", "desk", "orders", UNTIL) in call.events
    assert call.heard() == "We ring by 14:30. Bye."


def test_declined_offer_leads_to_the_mailbox_with_a_promise_of_its_own(ring: Ring) -> None:
    call = ring().do(Digits("3"), Digits("2"))
    assert (call.session.node, call.session.intent) == ("mailbox", "general")
    assert PromiseSpoken("mailbox", "desk", "general", UNTIL, "by 14:30") in call.events


@pytest.mark.parametrize("options", [{"until": None}, {"caller": dataclasses.replace(KNOWN, number=None)}])
def test_nobody_is_offered_a_callback_that_cannot_be_made(ring: Ring, options: dict[str, object]) -> None:
    call = ring(**options).do(Digits("3"))
    assert NodeLeft("ring_back", "not_possible", "mailbox") in call.events
    assert "Ring you" not in call.heard()


@pytest.mark.parametrize(
    ("status", "exit", "node"),
    [
        ("completed", "answered", "goodbye"),
        ("answered", "answered", "goodbye"),
        ("no_answer", "no_answer", "ring_back"),
        ("busy", "busy", "ring_back"),
        ("failed", "failed", "mailbox"),
        ("canceled", "failed", "mailbox"),
    ],
)
def test_every_end_of_a_transfer_has_its_way(ring: Ring, status: DialStatus, exit: str, node: str) -> None:
    call = ring().do(Digits("0"))
    assert call.last() == Dial(("+442079460101", "+442079460102", "+442079460199"), 20, sequential=False)
    assert TransferStarted("person", ("team/desk", "+442079460199")) in call.events
    call.do(Dialed(status, 7))
    assert TransferEnded("person", status, 7, ("team/desk", "+442079460199")) in call.events
    assert NodeLeft("person", exit, node) in call.events


def test_team_that_left_the_company_is_a_failed_transfer_not_a_failed_call(flow: Flow, company: Company) -> None:
    text = f"{_head()}  welcome: {{type: greeting, next: person}}\n" + (
        "  person: {type: transfer, to: [team/nobody], exits: "
        "{answered: bye, no_answer: bye, busy: bye, failed: box}}\n"
        "  box: {type: voicemail, queue: desk, exits: {saved: bye, empty: bye}}\n  bye: {type: end}\n"
    )
    call = Call(load_flow(text, "x.yaml"), company)
    assert any(isinstance(event, WentWrong) for event in call.events)
    assert call.session.node == "box"


@pytest.mark.parametrize("before", [[], [Digits("4")], [Digits("3")], [Digits("0")], [Digits("2")]])
def test_hang_up_ends_the_call_at_every_wait(ring: Ring, before: list[Input]) -> None:
    call = ring().do(*before)
    node, turn = call.session.node, call.session.turn
    call.do(HungUp())
    assert call.verbs == ()
    assert call.events == (CallEnded(node, "hung_up"),)
    assert (call.session.ended, call.session.turn) == ("hung_up", turn + 1)


def test_message_of_a_caller_who_hangs_up_while_speaking_is_kept(ring: Ring) -> None:
    call = ring().do(Digits("2"), HungUp("rec-1", 6))
    assert call.events == (
        VoicemailLeft("complaints", "complaints", "complaint", "rec-1", 6, UNTIL),
        CallEnded("complaints", "hung_up"),
    )


@pytest.mark.parametrize("late", [HungUp("rec-1", 6), Recorded("rec-1", 6)])
def test_word_of_a_message_may_come_after_word_of_the_hang_up(ring: Ring, late: Input) -> None:
    call = ring().do(Digits("2"), HungUp(), late)
    assert call.events == (VoicemailLeft("complaints", "complaints", "complaint", "rec-1", 6, UNTIL),)
    call.do(late)
    assert isinstance(call.events[0], InputIgnored), "the same message is not saved twice"


def test_after_the_end_nothing_moves(ring: Ring) -> None:
    call = ring().do(Digits("2"), MESSAGE)
    before = call.session
    for given in (Digits("1"), Silence(), MESSAGE, HungUp(), Trouble("late")):
        call.do(given)
        assert call.session == before
        assert isinstance(call.events[0], InputIgnored)


@pytest.mark.parametrize(
    ("before", "stray"),
    [
        ([], MESSAGE),
        ([], Dialed("busy")),
        ([], PromiseQuoted(UNTIL, "Europe/Riga")),
        ([Digits("2")], Digits("1")),
        ([Digits("2")], Dialed("busy")),
        ([Digits("0")], Silence()),
        ([Digits("3")], MESSAGE),
    ],
)
def test_input_that_does_not_fit_changes_nothing_and_puts_the_wait_again(
    ring: Ring, before: list[Input], stray: Input | Result
) -> None:
    call = ring().do(*before)
    session, verbs = call.session, call.verbs
    turn = resume(call.flow, call.company, session, stray, call.now)
    assert turn.session == session
    assert [type(event) for event in turn.events] == [InputIgnored]
    assert turn.verbs[-1] == verbs[-1]


def test_turns_count_what_the_provider_asked_not_what_the_engine_asked(ring: Ring) -> None:
    call = ring()
    assert call.session.turn == 1  # although hours were read
    assert call.do(Digits("2")).session.turn == 2  # although a promise was quoted
    assert call.do(MESSAGE).session.turn == 3


def test_trouble_takes_the_error_way_once_and_then_the_last_resort(ring: Ring) -> None:
    call = ring().do(Trouble("the answer was not made"))
    assert call.events[:2] == (WentWrong("main", "the answer was not made"), NodeLeft("main", "error", "sorry"))
    assert call.heard() == "Our mistake. Speak. We ring by 14:30."
    call.do(Trouble("again"))
    assert call.session.node == LAST_RESORT
    assert call.verbs[0] == Say(
        "I'm sorry, something went wrong on our side. Please leave your name, your number and a message after the tone, "
        "and we will call you back. The message is recorded.",
        "en",
    )
    call.do(MESSAGE)
    assert VoicemailLeft(LAST_RESORT, "desk", "general", "rec-1", 12, UNTIL) in call.events
    assert call.last() == HangUp()
    assert call.events[-1] == CallEnded(LAST_RESORT, "failed")


def test_trouble_in_the_last_resort_says_goodbye_and_nothing_more(ring: Ring) -> None:
    call = ring().do(Trouble("1"), Trouble("2"), Trouble("3"))
    assert call.verbs == (Say("Thank you for calling. Goodbye.", "en"), HangUp())


def test_error_exit_of_a_node_comes_before_the_flows(company: Company) -> None:
    text = _head() + (
        "  welcome: {type: greeting, next: box}\n"
        "  box: {type: voicemail, queue: desk, exits: {saved: bye, empty: bye, error: own}}\n"
        "  own: {type: end, outcome: mended}\n  bye: {type: end}\n"
    )
    assert Call(load_flow(text, "x.yaml"), company).do(Trouble("x")).session.ended == "mended"


def test_call_without_a_flow_is_saved_in_the_callers_language(company: Company) -> None:
    turn = recover(None, company, None, dataclasses.replace(KNOWN, language="lv"), "no flow answers", NOW)
    assert turn.session.turn == 1
    assert isinstance(turn.verbs[0], Say)
    assert turn.verbs[0].language == "lv"
    assert turn.verbs[0].text.startswith("Atvainojiet")
    assert turn.verbs[1] == Record(180, 5, "#")
    after = resume(None, company, travelled(turn.session), MESSAGE, NOW)
    assert VoicemailLeft(LAST_RESORT, "desk", "general", "rec-1", 12, None) in after.events
    assert after.verbs[-1] == HangUp()


@pytest.mark.parametrize("given", [MESSAGE, HungUp("rec-1", 12)])
def test_message_outlives_the_flow_it_was_left_in(ring: Ring, given: Input) -> None:
    call = ring().do(Digits("2"))
    turn = resume(None, call.company, call.session, given, NOW)
    assert VoicemailLeft(LAST_RESORT, "complaints", "complaint", "rec-1", 12, UNTIL) in turn.events
    assert turn.session.ended


def test_state_that_fits_no_flow_is_saved_too(ring: Ring) -> None:
    call = ring()
    stray = dataclasses.replace(call.session, node="sold_since")
    assert resume(call.flow, call.company, stray, Digits("1"), NOW).session.node == LAST_RESORT
    odd = dataclasses.replace(call.session, node="goodbye", wait="gather")
    turn = resume(call.flow, call.company, odd, Digits("1"), NOW)
    assert (turn.session.node, turn.session.wait) == ("mailbox", "effect"), "the error way: sorry, then the mailbox"


def test_queue_that_was_removed_does_not_lose_the_message(flow: Flow, company: Company) -> None:
    left = company.model_copy(update={"queues": {"complaints": company.queues["complaints"]}})
    call = Call(flow, left, hours="closed")
    assert call.session.node == LAST_RESORT
    call.do(MESSAGE)
    assert VoicemailLeft(LAST_RESORT, "complaints", "general", "rec-1", 12, None) in call.events


def test_call_that_lasts_too_long_ends_with_a_message(ring: Ring) -> None:
    call = ring()
    call.now = NOW + timedelta(minutes=29)
    assert call.do(Digits("4")).session.node == "codes"
    call.now = NOW + timedelta(minutes=31)
    assert call.do(Digits("*")).session.node == LAST_RESORT


def test_long_talk_with_a_person_does_not_count_as_a_long_call(ring: Ring) -> None:
    call = ring().do(Digits("0"))
    call.now = NOW + timedelta(minutes=45)
    assert call.do(Dialed("busy", 44 * 60)).session.node == "ring_back"


def test_goodbye_is_said_however_long_the_call_was(ring: Ring) -> None:
    call = ring().do(Digits("2"))
    call.now = NOW + timedelta(hours=2)
    call.do(MESSAGE)
    assert call.session.ended == "done"


def test_call_that_goes_round_too_often_ends_with_a_message(ring: Ring) -> None:
    call = ring()
    call.session = dataclasses.replace(call.session, steps=499)
    assert call.do(Digits("4")).session.node == "codes"
    assert call.do(Digits("*")).session.node == LAST_RESORT


def test_flow_that_loops_without_a_wait_is_stopped(company: Company) -> None:
    text = _head() + "  welcome: {type: greeting, next: a}\n  a: {type: prompt, prompt: p, next: welcome}\n"
    call = Call(load_flow(text, "x.yaml"), company)
    assert call.session.node == LAST_RESORT
    assert any(isinstance(event, WentWrong) and "without a wait" in event.reason for event in call.events)


def test_disabled_node_is_skipped(company: Company) -> None:
    text = _head() + (
        "  welcome: {type: greeting, next: news}\n  news: {type: prompt, prompt: p, next: welcome, disabled: bye}\n"
        "  bye: {type: end}\n"
    )
    assert Call(load_flow(text, "x.yaml"), company).path() == ["welcome", "bye"]


def test_words_that_may_be_interrupted_stand_inside_the_gather(company: Company) -> None:
    text = _head() + (
        "  welcome: {type: greeting, recording_notice: p, next: a}\n  a: {type: prompt, prompt: p, next: m}\n"
        "  m: {type: menu, prompt: p, options: {x: {key: '1', next: bye}}, exits: {max_attempts: bye}}\n"
        "  bye: {type: end}\n"
    )
    verbs = Call(load_flow(text, "x.yaml"), company).verbs
    assert [type(verb) for verb in verbs] == [Say, Say, Gather]
    assert isinstance(verbs[-1], Gather)
    assert len(verbs[-1].prompts) == 2


def test_the_same_arguments_give_an_equal_turn(flow: Flow, company: Company) -> None:
    first = start(flow, company, STRANGER, NOW)
    assert first == start(flow, company, STRANGER, NOW)
    answers: list[Input] = [Digits("1"), Digits("7"), Silence(), MESSAGE, HungUp(), Trouble("x")]
    for given in answers:
        assert resume(flow, company, first.session, given, NOW) == resume(flow, company, first.session, given, NOW)


def test_largest_session_still_fits_into_a_url() -> None:
    name = "n" * 40
    from flows.session import Promise

    travelled(
        Session(
            version="f" * 32,
            node=name,
            turn=400,
            wait="gather",
            language="pt-BR",
            no_input=7,
            no_match=7,
            repeats=3,
            failures=8,
            steps=500,
            started_at=NOW,
            promise=Promise(name, name, UNTIL, "America/Argentina/ComodRivadavia", spoken=True),
            back=(name,) * 4,
            caller_name="Ж" * 32,
            caller_number="+123456789012345",
            ended="",
            language_known=True,
            intent=name,
            open_promise_until=UNTIL,
            talked_seconds=36_000,
            troubles=2,
        )
    )


def _head() -> str:
    return "spec: 1\nflow: x\ntitle: X\nlanguages: [en]\nstart: welcome\nprompts: {p: {en: Words.}}\nnodes:\n"
