"""Calls that hear the fields at the top of a flow, and those of a prompt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.files.faults import FlowFaults
from tests.field.definitions import tone
from tests.flows.fields.stage import COMPANY, MAILBOX, Stage, flow, hears

MENU = """\
  main:
    type: menu
    prompt: {en: "Press 1."}
    options: {one: {key: "1", next: bye}}
    exits: {max_attempts: bye}
"""


@hears("flow.spec")
def a_flow_of_another_spec_answers_nobody(stage: Stage) -> None:
    assert stage.play(flow(MENU), "key 1").said == "Hello. Press 1. Goodbye."
    with pytest.raises(FlowFaults, match="write spec: 1"):
        stage.publish(flow(MENU).replace("spec: 1", "spec: 2"))


@hears("flow.flow")
def the_name_is_what_numbers_lead_to(stage: Stage) -> None:
    text = flow(MENU).replace("flow: desk", "flow: night")
    heard = stage.play(text, "key 1", company=_company("numbers: {default: night}"))
    assert heard.said == "Hello. Press 1. Goodbye."
    assert [live["name"] for live in stage.api("/api/flows")["items"]] == ["night"]


@hears("flow.title", "flow.description")
def title_and_description_are_seen_in_the_list_of_flows(stage: Stage) -> None:
    stage.play(flow(MENU, "description: Takes orders.\n").replace("title: Desk", "title: Night desk"), "key 1")
    [live] = stage.api("/api/flows")["items"]
    assert (live["title"], live["description"]) == ("Night desk", "Takes orders.")


@hears("flow.languages")
def the_first_language_stands_in_for_a_missing_text(stage: Stage) -> None:
    bilingual = flow(MENU, languages="[en, lv]")
    heard = stage.play(bilingual, "key 1")
    assert [(event.language, event.text) for event in heard.of("say")][:2] == [
        ("en-GB", "Hello."),
        ("lv-LV", "Labdien."),
    ]
    swapped = stage.play(flow(MENU, languages="[lv, en]").replace('{en: "Press 1."}', '{lv: "Spiediet 1."}'), "key 1")
    assert swapped.words[:3] == ["Labdien.", "Hello.", "Spiediet 1."]


@hears("flow.start")
def a_call_begins_at_the_start(stage: Stage) -> None:
    other = "  other: {type: greeting, prompt: {en: Other.}, next: main}\n"
    heard = stage.play(flow(MENU).replace("start: welcome", "start: other") + other, "key 1")
    assert heard.said == "Other. Press 1. Goodbye."


@hears("flow.defaults.timeout")
def every_question_waits_so_long(stage: Stage) -> None:
    assert stage.play(flow(MENU), "key 1").of("listening")[0].timeout_seconds == 6
    assert stage.play(flow(MENU, "defaults: {timeout: 9s}\n"), "key 1").of("listening")[0].timeout_seconds == 9


@hears("flow.defaults.interdigit_timeout")
def every_question_of_several_digits_waits_so_long_for_the_next(stage: Stage) -> None:
    long_keys = MENU.replace('"1"', '"12"')
    heard = stage.play(flow(long_keys, "defaults: {interdigit_timeout: 11s}\n"), "keys 12#")
    assert heard.of("listening")[0].timeout_seconds == 11 and heard.words[-1] == "Goodbye."


@hears("flow.defaults.max_attempts")
def every_question_is_asked_so_often(stage: Stage) -> None:
    assert stage.play(flow(MENU)).words.count("Press 1.") == 3
    assert stage.play(flow(MENU, "defaults: {max_attempts: 2}\n")).words.count("Press 1.") == 2


BROKEN = '  broken: {type: voicemail, queue: gone, prompt: {en: "Never said."}, exits: {saved: bye, empty: bye}}\n'
SORRY = "  sorry: {type: prompt, prompt: {en: We are sorry.}, next: bye}\n"


@hears("flow.defaults.error")
def trouble_leads_to_the_error_node(stage: Stage) -> None:
    assert stage.play(flow(BROKEN + SORRY, "defaults: {error: sorry}\n")).said == "Hello. We are sorry. Goodbye."
    assert "We are sorry." not in stage.play(flow(BROKEN + SORRY)).words


@hears("flow.defaults.exits")
def an_exit_that_a_node_does_not_write_is_that_of_the_defaults(stage: Stage) -> None:
    menu = MENU.replace("    exits: {max_attempts: bye}\n", "")
    heard = stage.play(flow(menu + SORRY, "defaults: {exits: {max_attempts: sorry}}\n"))
    assert heard.words[-2:] == ["We are sorry.", "Goodbye."]


@hears("flow.keys")
def a_key_of_the_flow_works_at_every_question(stage: Stage) -> None:
    keys = 'keys: {"0": sorry, "*": repeat, "9": back}\n'
    assert stage.play(flow(MENU + SORRY, keys), "key 0").words == ["Hello.", "Press 1.", "We are sorry.", "Goodbye."]
    assert stage.play(flow(MENU, keys.replace("sorry", "bye")), "key *, key 1").words.count("Press 1.") == 2
    second = MENU.replace("main:", "second:").replace("Press 1.", "Second.")
    heard = stage.play(
        flow(MENU.replace("next: bye", "next: second") + second, keys.replace("sorry", "bye")),
        "key 1, key 9, key 1, key 1",
    )
    assert heard.words == ["Hello.", "Press 1.", "Second.", "Press 1.", "Second.", "Goodbye."]


@hears("flow.keys.next", "flow.keys.intent")
def a_key_of_the_flow_may_say_what_the_caller_wants(stage: Stage) -> None:
    keys = 'keys: {"9": {next: mailbox, intent: urgent}}\n'
    stage.play(flow(MENU + MAILBOX, keys), "key 9, record 5s")
    assert stage.callback()["intent"] == "urgent"


@hears("flow.limits.steps")
def a_call_that_enters_too_many_nodes_is_rescued(stage: Stage) -> None:
    again = (
        MENU.replace("next: bye", "next: back_there")
        + "  back_there: {type: prompt, prompt: {en: Again.}, next: main}\n"
    )
    script = ", ".join(["key 1"] * 6)
    assert stage.play(flow(again), script).words.count("Again.") == 6
    heard = stage.play(flow(again, "limits: {steps: 10}\n"), ", ".join(["key 1"] * 4) + ", key 1, record empty")
    assert heard.words.count("Again.") < 6 and heard.of("recording")


@hears("flow.limits.call")
def a_call_that_lasts_too_long_is_rescued(stage: Stage) -> None:
    again = MENU.replace("next: bye", "next: main")
    slowly = timedelta(seconds=45)
    assert "went wrong" not in stage.play(flow(again), "key 1, key 1, hangup", step=slowly).said
    assert "went wrong" in stage.play(flow(again, "limits: {call: 1m}\n"), "key 1, key 1, hangup", step=slowly).said


@hears("flow.limits.failed_attempts")
def so_many_failures_are_enough_for_a_whole_call(stage: Stage) -> None:
    heard = stage.play(flow(MENU, "limits: {failed_attempts: 1}\n"))
    assert heard.words.count("Press 1.") == 1


@hears("flow.prompts")
def a_prompt_with_a_name_is_said_where_it_is_named(stage: Stage) -> None:
    heard = stage.play(
        flow(MENU.replace('{en: "Press 1."}', "choices"), "prompts: {choices: {en: Choose.}}\n"), "key 1"
    )
    assert heard.said == "Hello. Choose. Goodbye."


@hears("flow.nodes")
def nodes_are_the_steps_of_a_call(stage: Stage) -> None:
    stage.play(flow(MENU), "key 1")
    assert [step.split()[0] for step in stage.history()[0]["data"]["path"]] == ["welcome", "main", "bye"]


@hears("prompts.text")
def a_text_is_said(stage: Stage) -> None:
    heard = stage.play(flow(MENU.replace('{en: "Press 1."}', '{en: {text: "Press one."}}')), "key 1")
    assert heard.said == "Hello. Press one. Goodbye."


@hears("prompts.audio")
def a_recording_is_played(stage: Stage) -> None:
    recorded = MENU.replace('{en: "Press 1."}', '{en: {text: "Press 1.", audio: choices.wav}}')
    heard = stage.play(flow(recorded), "key 1", audio={"choices.wav": tone(1.5)})
    assert heard.played == ["choices.wav"] and heard.of("play")[0].caption == "Press 1."


def _company(line: str) -> str:
    return COMPANY.replace("numbers: {default: desk}", line)
