"""Calls that hear the fields of each type of node."""

from __future__ import annotations

from tests.flows.fields.flow_calls import MENU
from tests.flows.fields.stage import MAILBOX, Stage, flow, hears, mailbox

SORRY = "  sorry: {type: prompt, prompt: {en: We are sorry.}, next: bye}\n"


@hears("node.type")
def a_node_does_what_its_type_says(stage: Stage) -> None:
    assert stage.play(flow(MENU), "key 1").of("gather") and stage.play(flow(MAILBOX), "record 2s").of("beep")


@hears("node.disabled")
def a_disabled_node_is_passed(stage: Stage) -> None:
    for node in (MENU, MAILBOX, SORRY.replace("sorry", "words")):
        name = node.strip().split(":", 1)[0]
        written = (
            node.replace("type:", "disabled: bye, type:", 1)
            if "{type" in node
            else node.replace("    type:", "    disabled: bye\n    type:", 1)
        )
        assert stage.play(flow(written)).said == "Hello. Goodbye.", name


@hears("node.exits")
def an_exit_leads_where_it_is_written(stage: Stage) -> None:
    assert stage.play(flow(MENU.replace("max_attempts: bye", "max_attempts: sorry") + SORRY)).words[-2:] == [
        "We are sorry.",
        "Goodbye.",
    ]


def greeting(*fields: str, node: str = MENU, languages: str = "[en]", **more: str) -> str:
    written = ", ".join(["type: greeting", *fields, "next: main"])
    text = flow(node, languages=languages)
    start = text.index("  welcome:")
    return text[:start] + f"  welcome: {{{written}}}\n" + text[text.index("\n", start) + 1 :]


@hears("greeting.next")
def a_greeting_goes_on(stage: Stage) -> None:
    assert stage.play(greeting().replace("next: main", "next: sorry") + SORRY).words[-2:] == [
        "We are sorry.",
        "Goodbye.",
    ]


@hears("greeting.prompt")
def a_prompt_stands_in_for_the_built_in_greeting(stage: Stage) -> None:
    assert "Amber Workshop" in stage.play(greeting(), "key 1").said
    own = stage.play(greeting("prompt: {en: Our own words.}"), "key 1")
    assert own.words[0] == "Our own words." and "Amber Workshop" not in own.said


@hears("greeting.notice", "greeting.recording_notice", "greeting.offer")
def what_a_caller_must_know_is_said_in_its_order(stage: Stage) -> None:
    heard = stage.play(
        greeting("offer: {en: May we help?}", "notice: {en: Closed on Friday.}", "recording_notice: {en: We record.}"),
        "key 1",
    )
    assert heard.words[1:4] == ["Closed on Friday.", "We record.", "May we help?"]
    by_key = {event.text: event.in_gather for event in heard.of("say")}
    assert by_key["May we help?"] and not by_key["We record."]


@hears("greeting.open_promise")
def a_caller_who_waits_hears_that_it_is_not_forgotten(stage: Stage) -> None:
    waiting = MAILBOX + "  main: {type: prompt, prompt: {en: Main.}, next: mailbox}\n"
    stage.publish(greeting('open_promise: {en: "We call back {open_promise.until|by}."}', node=waiting))
    first = stage.ring("record 5s")
    again = stage.ring("record empty", from_number=stage.caller)
    assert not any("We call back" in words for words in first.words)
    assert any(words.startswith("We call back by ") for words in again.words)


@hears("greeting.barge_in")
def a_key_interrupts_a_greeting_unless_it_may_not(stage: Stage) -> None:
    assert stage.play(greeting("prompt: {en: Hello.}"), "key 1").of("say")[0].in_gather
    assert not stage.play(greeting("prompt: {en: Hello.}", "barge_in: false"), "key 1").of("say")[0].in_gather


WORDS = "  words: {type: prompt, prompt: {en: Some words.}, next: main}\n"


@hears("prompt.prompt", "prompt.next")
def a_prompt_says_its_words_and_goes_on(stage: Stage) -> None:
    assert stage.play(flow(WORDS + MENU), "key 1").said == "Hello. Some words. Press 1. Goodbye."


@hears("prompt.barge_in")
def a_key_interrupts_a_prompt_unless_it_may_not(stage: Stage) -> None:
    assert stage.play(flow(WORDS + MENU), "key 1").of("say")[1].in_gather
    assert not stage.play(flow(WORDS.replace("next", "barge_in: false, next") + MENU), "key 1").of("say")[1].in_gather


TWO = (
    MENU.replace('{one: {key: "1", next: bye}}', '{one: {key: "1", next: bye}, box: {key: "2", next: mailbox}}')
    + MAILBOX
)


@hears("menu.options", "menu.options.key", "menu.options.next")
def each_choice_leads_where_it_says(stage: Stage) -> None:
    assert not stage.play(flow(TWO), "key 1").of("beep")
    assert stage.play(flow(TWO), "key 2, record 2s").of("beep")
    assert stage.play(flow(TWO.replace('"2"', '"5"')), "key 5, record 2s").of("beep")


@hears("menu.options.intent")
def a_choice_says_what_the_caller_wants(stage: Stage) -> None:
    stage.play(flow(TWO), "key 2, record 5s")
    assert stage.callback()["intent"] == "box"
    stage.play(flow(TWO.replace('{key: "2"', '{key: "2", intent: repairs')), "key 2, record 5s")
    assert stage.callback()["intent"] == "repairs"


@hears("language.options")
def each_language_is_offered_by_its_key(stage: Stage) -> None:
    node = (
        '  ask: {type: language, options: {en: "1", lv: "2"}, exits: {known: words, chosen: words, max_attempts: bye}}\n'
        "  words: {type: prompt, prompt: {en: In English., lv: Latviski.}, next: bye}\n"
    )
    heard = stage.play(flow(node, languages="[en, lv]"), "key 2")
    assert "Latviski." in heard.words and "For English, press 1." in heard.words
    assert "In English." in stage.play(flow(node, languages="[en, lv]"), "key 1").words


HOURS = """\
  opening: {type: hours, calendar: office, exits: {open: yes_open, closed: no_closed, holiday: bye, override: bye}}
  yes_open: {type: prompt, prompt: {en: Open.}, next: bye}
  no_closed: {type: prompt, prompt: {en: Closed.}, next: bye}
"""


@hears("hours.calendar")
def the_calendar_decides(stage: Stage) -> None:
    at_night = "2030-03-05 20:00"
    assert stage.play(flow(HOURS)).words[1] == "Open."
    assert stage.play(flow(HOURS), at=at_night).words[1] == "Closed."
    assert stage.play(flow(HOURS.replace("office", "always")), at=at_night).words[1] == "Open."


@hears("voicemail.queue", "voicemail.intent")
def a_message_waits_for_its_queue_with_its_intent(stage: Stage) -> None:
    stage.play(mailbox(queue="other", intent="repairs"), "record 5s")
    assert (stage.callback()["queue"], stage.callback()["intent"]) == ("other", "repairs")


@hears("voicemail.prompt")
def a_mailbox_says_its_prompt_before_the_tone(stage: Stage) -> None:
    events = [event.event for event in stage.play(mailbox(prompt="{en: After the tone.}"), "record 2s").events]
    assert events.index("beep") > events.index("say") and "After the tone." in stage.ring("record 2s").words


@hears("voicemail.max")
def a_message_ends_at_its_longest(stage: Stage) -> None:
    heard = stage.play(mailbox(max="10s"), "record 30s")
    assert (heard.of("recorded")[0].seconds, heard.of("recorded")[0].ended_by) == (10, "max_length")


@hears("voicemail.silence")
def silence_ends_a_message(stage: Stage) -> None:
    heard = stage.play(mailbox(silence="9s"), "record 4s")
    assert heard.of("recording")[0].silence_seconds == 9 and heard.of("recorded")[0].ended_by == "silence"


@hears("voicemail.end_key")
def the_end_key_ends_a_message(stage: Stage) -> None:
    heard = stage.play(mailbox(end_key='"5"'), "record 4s then 5")
    assert heard.of("recorded")[0].ended_by == "key"


OFFER = """\
  offer: {type: callback, queue: desk, prompt: {en: "Press 1."}, exits: {accepted: yes, declined: no, not_possible: bye}}
  yes: {type: prompt, prompt: {en: Accepted.}, next: bye}
  no: {type: prompt, prompt: {en: Declined.}, next: bye}
"""


@hears("callback.queue", "callback.intent")
def an_accepted_offer_waits_for_its_queue_with_its_intent(stage: Stage) -> None:
    stage.play(flow(OFFER.replace("queue: desk", "queue: other, intent: repairs")), "key 1")
    assert (stage.callback()["queue"], stage.callback()["intent"]) == ("other", "repairs")


@hears("callback.accept_key", "callback.decline_key")
def its_keys_accept_and_decline(stage: Stage) -> None:
    other_keys = flow(OFFER.replace("queue: desk", 'queue: desk, accept_key: "3", decline_key: "4"'))
    assert "Accepted." in stage.play(other_keys, "key 3").words
    assert "Declined." in stage.play(other_keys, "key 4").words


DIAL = (
    "  person: {type: transfer, to: [team/desk], exits: {answered: bye, no_answer: sorry, busy: sorry, failed: sorry}}\n"
    + SORRY
)


@hears("transfer.to")
def a_transfer_rings_its_teams_and_numbers(stage: Stage) -> None:
    heard = stage.play(flow(DIAL), "dial answered 5s")
    assert heard.of("dialling")[0].numbers == ("+442079460123", "+442079460124")
    other = stage.play(flow(DIAL.replace("[team/desk]", '["+442079460199"]')), "dial busy")
    assert other.of("dialling")[0].numbers == ("+442079460199",) and "We are sorry." in other.words


@hears("transfer.strategy")
def a_transfer_rings_at_once_or_one_after_the_other(stage: Stage) -> None:
    assert len(stage.play(flow(DIAL), "dial busy").of("dialling")[0].numbers) == 2
    heard = stage.play(flow(DIAL.replace("to:", "strategy: sequential, to:")), "dial no_answer, dial no_answer")
    assert heard.of("dialling")[0].seconds > stage.play(flow(DIAL)).of("dialling")[0].seconds


@hears("transfer.ring")
def a_transfer_rings_so_long(stage: Stage) -> None:
    assert stage.play(flow(DIAL), "dial no_answer").of("dialling")[0].seconds == 20
    assert stage.play(flow(DIAL.replace("to:", "ring: 45s, to:")), "dial no_answer").of("dialling")[0].seconds == 45


@hears("transfer.prompt")
def a_transfer_says_its_prompt_before_it_rings(stage: Stage) -> None:
    heard = stage.play(flow(DIAL.replace("to:", "prompt: {en: One moment.}, to:")), "dial answered 5s")
    assert heard.words[1] == "One moment."


@hears("end.prompt", "end.outcome")
def an_end_says_goodbye_and_its_outcome_is_told(stage: Stage) -> None:
    text = flow(MENU).replace(
        '{type: end, prompt: {en: "Goodbye."}}', "{type: end, prompt: {en: So long.}, outcome: sold}"
    )
    assert stage.play(text, "key 1").words[-1] == "So long."
    assert stage.history()[0]["data"]["outcome"] == "sold"


@hears("voicemail.no_number", "callback.no_number")
def who_cannot_be_rung_hears_why_in_the_words_of_the_flow(stage: Stage) -> None:
    own = "{en: We cannot see who you are.}"
    box = stage.play(mailbox(no_number=own), "record 2s", from_number="Anonymous")
    assert box.words[1:3] == ["We cannot see who you are.", "Speak."]
    offered = stage.play(
        flow(OFFER.replace("queue: desk", f"queue: desk, no_number: {own}")), from_number="client:agent7"
    )
    assert offered.words[1:] == ["We cannot see who you are.", "Goodbye."]
