"""One telephone, several people: a remembered language is left, and a shared number tells nobody of another."""

from __future__ import annotations

import httpx2

from api.auth.users import Role
from flows.session import Caller
from tests.callbacks.conftest import company
from tests.field.house import House, OpenHouse
from tests.field.telephone import Telephone, words
from tests.front import DEFINITIONS
from tests.tokens import add_user

__all__ = ["company"]
CALLER = "+37120000001"


def test_star_at_the_first_question_leaves_a_remembered_language() -> None:
    house = Telephone(DEFINITIONS, "2030-03-05 10:15 Europe/Riga")
    call = house.ring("dtmf *", "dtmf 3", caller=Caller(CALLER, language="lv"))
    assert call.path() == ("welcome", "language", "opening", "main", "language", "opening", "main")
    assert call.session is not None and call.session.language == "en"
    assert "How can we help?" in words(call)


def test_star_still_goes_back_to_the_question_before() -> None:
    house = Telephone(DEFINITIONS, "2030-03-05 10:15 Europe/Riga")
    call = house.ring("dtmf 4", "dtmf *", caller=Caller(CALLER, language="lv"))
    assert call.path()[-2:] == ("ring_back", "main")


def test_a_language_left_by_star_is_remembered_in_its_place(house_of: OpenHouse) -> None:
    house = house_of(DEFINITIONS)
    house.ring("key 1, hangup", **{"from": CALLER})
    second = house.ring("key *, key 3, hangup", **{"from": CALLER})
    assert "Kā varam palīdzēt?" in second.said and "How can we help?" in second.said
    assert "Kā varam" not in house.ring("silence, hangup", **{"from": CALLER}).said


def api(house: House, role: Role = "supervisor") -> httpx2.Client:
    token = add_user(house.parts.console_database, f"maija_{role}", role)
    headers = {"authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=house.settings.base_url, headers=headers, trust_env=False)


def test_people_who_share_a_number_hear_nothing_of_each_other(house_of: OpenHouse) -> None:
    house = house_of(DEFINITIONS)
    with api(house) as supervisor, api(house, "agent") as agent:
        first = house.ring("key 3, key 0, record 8s, hangup", **{"from": CALLER})
        [person] = agent.get("/api/customers", params={"number": CALLER}).json()["items"]
        agent.patch(f"/api/customers/{person['id']}", json={"name": "Anna"})
        known = house.ring("silence, hangup", **{"from": CALLER})
        assert "Anna" in known.said and "Latviski" not in known.said

        path = f"/api/customers/{person['id']}/numbers/{CALLER}"
        assert agent.patch(path, json={"shared": True}).status_code == 403
        assert supervisor.patch(path, json={"shared": True}).json()["shared"] == [CALLER]
        other = house.ring("key 3, key 0, record 8s, hangup", **{"from": CALLER})
        assert "Anna" not in other.said and "Latviski" in other.said
        assert len(agent.get("/api/callbacks").json()["items"]) == 2

        supervisor.patch(path, json={"shared": False})
        assert "Anna" in house.ring("silence, hangup", **{"from": CALLER}).said
        events = agent.get(f"/api/customers/{person['id']}/history").json()["events"]
        assert [event["kind"] for event in events].count("customer.shared") == 2
        assert first.outcome is not None
