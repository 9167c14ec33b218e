"""Calls that take every exit of every type of node, `error` too."""

from __future__ import annotations

from tests.flows.fields.calendar_calls import INDEPENDENCE_DAY, office
from tests.flows.fields.stage import COMPANY, Stage, flow, hears


def leading(node: str, *exits: str, name: str = "node") -> str:
    """A flow with one node whose exits each say their own name."""
    written = ", ".join(f"{each}: to_{each}" for each in exits)
    ends = "".join(f"  to_{each}: {{type: prompt, prompt: {{en: Exit {each}.}}, next: bye}}\n" for each in exits)
    return flow(f"  {name}: {{{node}, exits: {{{written}}}}}\n{ends}")


def taken(
    stage: Stage,
    text: str,
    script: str = "",
    company: str = COMPANY,
    at: str = "",
    from_number: str = "",
    modes: str = "",
) -> str:
    """The exit that a call takes."""
    words = stage.play(text, script, company=company, at=at, from_number=from_number, modes=modes).words
    [exit] = [each.removeprefix("Exit ").removesuffix(".") for each in words if each.startswith("Exit ")]
    return exit


@hears("exit.menu.max_attempts", "exit.menu.error")
def exits_of_a_menu(stage: Stage) -> None:
    menu = 'type: menu, prompt: {en: "Press 1."}, options: {one: {key: "1", next: bye}}'
    text = leading(menu, "max_attempts", "error")
    assert taken(stage, text) == "max_attempts"
    enough = text.replace("nodes:\n", "limits: {failed_attempts: 1}\nnodes:\n")
    second = enough.replace(
        "to_max_attempts: {type: prompt, prompt: {en: Exit max_attempts.}, next: bye}",
        "to_max_attempts: {type: prompt, prompt: {en: Again.}, next: node}",
    )
    assert taken(stage, second) == "error"


@hears("exit.language.known", "exit.language.chosen", "exit.language.max_attempts", "exit.language.error")
def exits_of_a_choice_of_language(stage: Stage) -> None:
    text = leading(
        'type: language, options: {en: "1"}, prompt: {en: "Press 1."}', "known", "chosen", "max_attempts", "error"
    )
    two = text.replace("languages: [en]", "languages: [en, lv]")
    assert taken(stage, text) == "known", "a flow of one language has nothing to ask"
    assert taken(stage, two, "key 1") == "chosen"
    assert taken(stage, two) == "max_attempts"
    back = two.replace("nodes:\n", "limits: {failed_attempts: 1}\nnodes:\n").replace(
        "{type: prompt, prompt: {en: Exit max_attempts.}, next: bye}",
        "{type: prompt, prompt: {en: Again.}, next: node}",
    )
    assert taken(stage, back) == "error"


@hears("exit.hours.open", "exit.hours.closed", "exit.hours.holiday", "exit.hours.override")
def exits_of_hours(stage: Stage) -> None:
    text = leading("type: hours, calendar: office", "open", "closed", "holiday", "override")
    assert taken(stage, text) == "open"
    assert taken(stage, text, at="2030-03-05 20:00") == "closed"
    assert taken(stage, text, company=office(holidays="LV"), at=INDEPENDENCE_DAY) == "holiday"
    assert taken(stage, text, company=office(exceptions="[{date: 2030-03-05}]")) == "override"


@hears("exit.hours.error")
def hours_of_a_calendar_that_is_gone_take_the_error_exit(stage: Stage) -> None:
    assert (
        taken(stage, leading("type: hours, calendar: gone", "open", "closed", "holiday", "override", "error"))
        == "error"
    )


@hears("exit.voicemail.saved", "exit.voicemail.empty", "exit.voicemail.error")
def exits_of_a_mailbox(stage: Stage) -> None:
    text = leading("type: voicemail, queue: desk, prompt: {en: Speak.}", "saved", "empty", "error")
    assert taken(stage, text, "record 5s") == "saved"
    # A carrier that keeps no recording of silence.
    assert taken(stage, text, "record empty", modes="empty-recording=next") == "empty"
    assert taken(stage, text.replace("queue: desk", "queue: gone")) == "error"


@hears("exit.callback.accepted", "exit.callback.declined", "exit.callback.not_possible", "exit.callback.error")
def exits_of_an_offer(stage: Stage) -> None:
    text = leading(
        'type: callback, queue: desk, prompt: {en: "Press 1."}', "accepted", "declined", "not_possible", "error"
    )
    assert taken(stage, text, "key 1") == "accepted"
    assert taken(stage, text, "key 2") == taken(stage, text) == "declined"
    assert taken(stage, text, from_number="anonymous") == "not_possible"
    assert taken(stage, text.replace("queue: desk", "queue: gone")) == "error"


@hears("exit.transfer.answered", "exit.transfer.no_answer", "exit.transfer.busy", "exit.transfer.failed")
def exits_of_a_transfer(stage: Stage) -> None:
    text = leading("type: transfer, to: [team/desk]", "answered", "no_answer", "busy", "failed")
    for result in ("answered 5s", "no_answer", "busy", "failed"):
        assert taken(stage, text, f"dial {result}") == result.split()[0]
