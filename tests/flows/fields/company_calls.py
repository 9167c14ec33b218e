"""Calls that hear the fields of company.yaml, those of calendars apart."""

from __future__ import annotations

import pytest

from flows.files.faults import FlowFaults
from tests.flows.fields.flow_calls import MENU
from tests.flows.fields.node_calls import DIAL, HOURS
from tests.flows.fields.stage import COMPANY, MAILBOX, Stage, flow, hears, mailbox


def greeted(languages: str = "[en]") -> str:
    """A flow that begins with the built-in greeting and takes a message."""
    text = flow(MAILBOX, languages=languages)
    start = text.index("prompt: {en: Hello.")
    return text[:start] + text[text.index("next: mailbox", start) :]


def company(**lines: str) -> str:
    """company.yaml with some lines of its top level written otherwise."""
    text = COMPANY
    for name, value in lines.items():
        found = [line for line in text.splitlines() if line.startswith(f"{name}:")]
        text = text.replace(found[0], f"{name}: {value}") if found else f"{name}: {value}\n{text}"
    return text


def queue(**fields: str) -> str:
    # So many people that earlier calls change no promise.
    written = {"calendar": "always", "targets": "[{within: 4h}]", "people": "1000"} | fields
    inner = ", ".join(f"{name}: {value}" for name, value in written.items())
    return COMPANY.replace("desk: {calendar: always, targets: [{within: 4h}]}", f"desk: {{{inner}}}")


@hears("company.spec")
def a_company_of_another_spec_is_refused(stage: Stage) -> None:
    assert stage.play(flow(MENU), "key 1", company=company(spec="1")).words[0] == "Hello."
    with pytest.raises(FlowFaults, match="write spec: 1"):
        stage.publish(flow(MENU), company(spec="2"))


@hears("company.organisation")
def the_greeting_says_the_name(stage: Stage) -> None:
    assert (
        "Harbour Dental"
        in stage.play(greeted(), "record 2s", company=company(organisation="{en: Harbour Dental}")).said
    )


@hears("company.default_language")
def a_language_without_a_name_says_that_of_the_default(stage: Stage) -> None:
    names = "{en: Amber Workshop, ru: Янтарь}"
    latvian = greeted("[lv, en]").replace("{en:", "{lv:")
    assert "Янтарь" in stage.play(latvian, company=company(organisation=names, default_language="ru")).words[0]
    assert "Amber Workshop" in stage.play(latvian, company=company(organisation=names)).words[0]


@hears("company.home_country")
def a_called_number_without_its_country_is_one_of_the_home_country(stage: Stage) -> None:
    numbers = '{default: desk, "+37167000009": {flow: desk, organisation: {en: Amber Old Town}}}'
    latvian, lithuanian = (company(home_country=country, numbers=numbers) for country in ("LV", "LT"))
    assert "Amber Old Town" in stage.play(greeted(), "record 2s", company=latvian, to="67000009").words[0]
    assert "Amber Workshop" in stage.play(greeted(), "record 2s", company=lithuanian, to="67000009").words[0]


@hears("company.clock")
def english_times_are_said_as_the_house_says_them(stage: Stage) -> None:
    assert "Call back by 2:30 p.m." in stage.play(mailbox(), "record 2s").said
    assert "Call back by 14:30." in stage.play(mailbox(), "record 2s", company=company(clock="24h")).said


@hears("company.numbers", "company.numbers.flow", "company.numbers.organisation", "company.numbers.calendar")
def a_number_has_its_flow_name_and_hours(stage: Stage) -> None:
    numbers = (
        'numbers: {default: desk, "+37167000009": {flow: desk, organisation: {en: Amber Old Town}, calendar: always}}'
    )
    two = COMPANY.replace("numbers: {default: desk}", numbers)
    text = greeted().replace("next: mailbox", "next: opening", 1).replace("  bye:", HOURS + "  bye:")
    at_night = "2030-03-05 20:00"
    assert stage.play(text, company=two, at=at_night).words[0].count("Amber Workshop") == 1
    assert "Closed." in stage.ring(at=at_night).words
    other = stage.ring(at=at_night, to="+37167000009")
    assert "Amber Old Town" in other.words[0] and "Open." in other.words
    leads = COMPANY.replace("numbers: {default: desk}", 'numbers: {default: desk, "+37167000008": {flow: other}}')
    (stage.folder / "other.yaml").write_text(flow(MENU).replace("flow: desk", "flow: other"), "utf-8")
    with pytest.raises(FlowFaults, match='goes to flow "other"'):
        stage.publish(greeted(), leads)


@hears("company.calendars", "company.queues", "company.teams")
def calendars_queues_and_teams_are_known_by_their_names(stage: Stage) -> None:
    assert stage.play(flow(HOURS)).words[1] == "Open."
    stage.play(mailbox(queue="other"), "record 5s")
    assert stage.callback()["queue"] == "other"
    assert stage.play(flow(DIAL), "dial answered 5s").of("connected")


@hears("company.queues.title", "company.queues.calendar")
def a_queue_is_seen_with_its_title_and_the_zone_of_its_calendar(stage: Stage) -> None:
    stage.play(mailbox(), "record 5s", company=queue(title="{en: Front desk}", calendar="office"))
    desk = stage.api("/api/queues")["items"][0]
    assert (desk["title"], desk["calendar"], desk["time_zone"]) == ({"en": "Front desk"}, "office", "Europe/Riga")
    evening = stage.play(mailbox(), "record 5s", company=queue(calendar="office"), at="2030-03-05 16:00").said
    assert "tomorrow, Wednesday" in evening, "the office is closed in the evening"


def promised(stage: Stage, company_text: str, rings: int = 1) -> str:
    """What the last of some callers is promised."""
    stage.publish(mailbox(), company_text)
    return [stage.ring("record 5s").words[1] for _ in range(rings)][-1]


@hears("company.queues.people", "company.queues.handling")
def a_queue_promises_what_its_people_can_do(stage: Stage) -> None:
    busy = "fresh1: {calendar: always, targets: [{within: 1h}], people: 1, handling: 4h}"
    many = busy.replace("fresh1", "fresh2").replace("people: 1", "people: 50")
    quick = busy.replace("fresh1", "fresh3").replace("handling: 4h", "handling: 1m")

    def last_of_three(line: str) -> str:
        name = line.split(":", 1)[0]
        stage.publish(mailbox(queue=name), COMPANY.replace("  other:", f"  {line}\n  other:"))
        return [stage.ring("record 5s").words[1] for _ in range(3)][-1]

    assert last_of_three(many) == last_of_three(quick) == "Speak. Call back by 11:30 a.m."
    assert last_of_three(busy) != "Speak. Call back by 11:30 a.m."


@hears("company.queues.round_to")
def a_spoken_moment_is_rounded_up(stage: Stage) -> None:
    assert promised(stage, queue(targets="[{within: 62m}]")) == "Speak. Call back by 11:30 a.m."
    assert promised(stage, queue(targets="[{within: 62m}]", round_to="5m")) == "Speak. Call back by 11:20 a.m."


@hears("company.queues.quiet")
def nothing_is_promised_in_the_quiet_hours(stage: Stage) -> None:
    late = "2030-03-05 20:30"
    stage.publish(mailbox(), queue(targets="[{within: 1h}]"))
    assert "tomorrow" in stage.ring("record 5s", late).said
    stage.publish(mailbox(), queue(targets="[{within: 1h}]", quiet="none"))
    assert "tomorrow" not in stage.ring("record 5s", late).said


@hears(
    "company.queues.targets",
    "company.queues.targets.within",
    "company.queues.targets.intent",
    "company.queues.targets.language",
)
def the_first_target_that_fits_decides(stage: Stage) -> None:
    targets = "[{intent: repairs, within: 1h}, {language: lv, within: 2h}, {within: 6h}]"
    assert promised(stage, queue(targets=targets)) == "Speak. Call back by 4:30 p.m."
    repairs = stage.play(mailbox(intent="repairs"), "record 5s", company=queue(targets=targets))
    assert "Call back by 11:30 a.m." in repairs.said
    latvian = mailbox().replace("languages: [en]", "languages: [lv]").replace("{en:", "{lv:")
    assert "trīspadsmitiem" not in stage.play(latvian, "record 5s", company=queue(targets="[{within: 6h}]")).said
    assert "divpadsmitiem trīsdesmit" in stage.play(latvian, "record 5s", company=queue(targets=targets)).said


@hears("company.teams.title", "company.teams.numbers")
def a_team_is_rung_by_its_numbers_and_told_by_its_title(stage: Stage) -> None:
    teams = COMPANY.replace(
        'desk: {numbers: ["+442079460123", "+442079460124"]}',
        'desk: {title: {en: Front desk}, numbers: ["+442079460177"]}',
    )
    heard = stage.play(flow(DIAL), "dial answered 5s", company=teams)
    assert heard.of("dialling")[0].numbers == ("+442079460177",)
    assert any("Transfer to Front desk: completed" in entry["summary"] for entry in stage.history())


@hears("company.voices")
def a_language_has_its_voice(stage: Stage) -> None:
    assert (
        stage.play(flow(MENU), "key 1", company=company(voices="{en: Polly.Emma}")).of("say")[0].voice == "Polly.Emma"
    )
