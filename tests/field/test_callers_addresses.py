"""Callers whose address is no plain number: by SIP or WhatsApp, without +, from a short code, with the number withheld."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from flows.session import Caller
from ivr.calls.callers import caller_at
from tests.field.definitions import COMPANY, write_folder
from tests.field.house import House, OpenHouse
from tests.field.telephone import Telephone, Write, words
from tests.tokens import add_user

FLOW = """\
spec: 1
flow: desk
title: Desk
languages: [{languages}]
start: welcome
nodes:
  welcome: {{type: greeting, prompt: {{{language}: Hello.}}, next: offer}}
  offer:
    type: callback
    queue: desk
    prompt: {{{language}: "We can call you back {{promise.until|by}}. Press 1."}}
    exits: {{accepted: bye, declined: mailbox, not_possible: mailbox}}
  mailbox:
    type: voicemail
    queue: desk
    prompt: {{{language}: "Speak.[ We will call you back {{promise.until|by}}.]"}}
    exits: {{saved: bye, empty: bye}}
  bye: {{type: end, prompt: {{{language}: "Goodbye.[ By {{promise.until|time}}.]"}}}}
"""
SAME_NUMBER = (
    "+37120000071",
    "sip:+37120000071@pbx.example.com",
    "sip:+37120000071@pbx.example.com;user=phone",
    '"Anna" <sip:%2B37120000071@pbx.example.com>',
    "whatsapp:+37120000071",
    "tel:+371-2000-0071",
    "37120000071",
    "0037120000071",
    "20000071",
    "sip:20000071@pbx.example.com",
)
CANNOT_BE_RUNG = ("client:agent7", "1188", "sip:name@host.example", "+9999999999999", "9999999999999")


@pytest.fixture
def house(house_of: OpenHouse, tmp_path: Path) -> House:
    return house_of(write_folder(tmp_path / "flows", FLOW.format(languages="en", language="en"), COMPANY))


@pytest.fixture
def agent(house: House) -> Iterator[httpx2.Client]:
    token = add_user(house.parts.console_database, "anna", "agent")
    headers = {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=house.settings.base_url, headers=headers, trust_env=False) as client:
        yield client


def leave_a_message(house: House, address: str) -> str:
    return house.ring("silence, silence, silence, record 3s", **{"from": address}).said


def queue_of(agent: httpx2.Client) -> list[Any]:
    return list(agent.get("/api/callbacks").json()["items"])


def test_one_person_rings_by_sip_by_whatsapp_and_without_plus(house: House, agent: httpx2.Client) -> None:
    for address in SAME_NUMBER:
        assert "We will call you back by" in leave_a_message(house, address), address
    [callback] = queue_of(agent)
    assert callback["customer"]["number"] == "+37120000071" and len(callback["voicemails"]) == len(SAME_NUMBER)


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("+5215512345678", "+525512345678"),
        ("+525512345678", "+525512345678"),
        ("+551187654321", "+5511987654321"),
        ("+5511987654321", "+5511987654321"),
        ("+551132654321", "+551132654321"),  # a landline has no ninth digit
        ("+22997000000", "+2290197000000"),
        ("+4402079460123", "+442079460123"),
        ("+5491123456789", "+5491123456789"),
    ],
)
def test_an_old_national_form_is_the_number_of_today(sent: str, number: str) -> None:
    from customers.phone import caller_address, dialable, normalise

    assert caller_address(sent) == caller_address(f"whatsapp:{sent}") == number
    assert dialable(number) == normalise(sent, "LV") == normalise(f"00{sent[1:]}", "LV") == number


def test_an_address_that_cannot_be_rung_is_kept_as_sent_and_promised_nothing(
    house: House, agent: httpx2.Client
) -> None:
    for address in CANNOT_BE_RUNG:
        said = [leave_a_message(house, address) for _ in range(2)]
        assert all("We can't call back the number you are calling from." in words for words in said), address
        assert all("by" not in words.split(" ") for words in said), said
    callbacks = queue_of(agent)
    assert sorted(each["customer"]["address"] for each in callbacks) == sorted(CANNOT_BE_RUNG)
    for callback in callbacks:
        assert (callback["state"], callback["sub_state"], callback["promised_until"]) == (
            "waiting",
            "needs_number",
            None,
        )
        assert callback["customer"]["number"] is None and len(callback["voicemails"]) == 2
        person = agent.get(f"/api/customers/{callback['customer']['id']}").json()
        assert person["addresses"] == [callback["customer"]["address"]] and person["numbers"] == []
        history = agent.get(f"/api/customers/{person['id']}/history").json()["events"]
        rang = [event for event in history if event["kind"] == "call.started"]
        assert all(callback["customer"]["address"] in event["summary"] for event in rang) and len(rang) == 2
        call = agent.get(f"/api/calls/{rang[0]['call_id']}").json()
        assert call["from_number"] == callback["customer"]["address"]


def test_callers_who_withhold_their_numbers_are_different_people_and_promised_nothing(
    house: House, agent: httpx2.Client
) -> None:
    for address in ("Anonymous", "+266696687", "sip:anonymous@anonymous.invalid", "Restricted"):
        said = leave_a_message(house, address)
        assert said.startswith("Hello. We can't see your number. Please say the number on which we can call you"), said
        assert "by" not in said.split(" ")
    people = {each["customer"]["id"] for each in queue_of(agent)}
    assert len(people) == 4 and {each["customer"]["address"] for each in queue_of(agent)} == {None}


def test_messages_that_nobody_can_answer_move_no_promise_of_others(house: House, agent: httpx2.Client) -> None:
    before = leave_a_message(house, "+37120000001")
    for _ in range(5):
        leave_a_message(house, "Anonymous")
    from callbacks.backlog import backlog, count_queues
    from runtime.sql.database import reading

    with reading(house.parts.console_database) as connection:
        assert backlog(connection, "desk") == 1
    count_queues(house.parts.console_database, house.clock.now)
    with reading(house.parts.console_database) as connection:
        import sqlalchemy as sa

        from callbacks.tables import queue_sizes

        assert dict(connection.execute(sa.select(queue_sizes.c.queue, queue_sizes.c.live)).all())["desk"] == 1
    assert before.count("We will call you back by") == 1


@pytest.mark.parametrize(
    ("language", "withheld", "unusable", "say_it"),
    [
        ("en", "We can't see your number.", "We can't call back the number", "Please say the number"),
        ("lv", "Jūsu numurs nav redzams.", "mēs nevaram atzvanīt.", "nosauciet numuru"),
        ("ru", "Ваш номер скрыт.", "мы не можем перезвонить.", "Назовите, пожалуйста"),
        ("ko", "전화번호가 표시되지 않습니다.", "다시 전화드릴 수 없습니다.", "번호를 말씀해"),
    ],
)
def test_who_cannot_be_called_back_hears_once_why_in_their_language(
    write: Write, language: str, withheld: str, unusable: str, say_it: str
) -> None:
    company = COMPANY.replace("{en: Amber Workshop, lv: Dzintara darbnīca}", f"{{{language}: Amber}}")
    folder = write(desk=FLOW.format(languages=language, language=language))
    (folder / "company.yaml").write_text(company.replace("default_language: en", f"default_language: {language}"))
    for address, why in ((None, withheld), ("client:agent7", unusable)):
        caller: Caller = caller_at(address)
        call = Telephone(folder, "2030-03-05 10:15 Europe/Riga").ring("record 9s", caller=caller)
        assert words(call).count(why) == 1 and words(call).count(say_it) == 1
        assert call.session is not None and call.session.promise is None


def test_an_address_stands_masked_in_the_log() -> None:
    from runtime.logs.logging import mask_private

    fields = {"reason": 'no answer from sip:anna.berzina@host.example, client:anna7 and "+37120000071"'}
    assert (
        mask_private(None, "", fields)["reason"] == 'no answer from sip:•••@host.example, client:••• and "+371•••••071"'
    )
