"""Agents name customers, find them as people type, and put two entries of one person together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from api.commands.customers import customers
from customers.customer import load, of_calls, rename
from customers.directory import find_customers
from runtime.sql.database import open_database, reading, writing
from tests.callbacks.conftest import company
from tests.callbacks.test_queue_command import stores
from tests.field.house import House, OpenHouse
from tests.front import DEFINITIONS
from tests.tokens import add_user

__all__ = ["company", "stores"]

AT = datetime(2030, 3, 5, 8, tzinfo=UTC)
ANNA, JANIS, LONDON = "+37120000101", "+37129123456", "+442079460123"
RUN = CliRunner()


@pytest.fixture
def people(sqlite_url: str) -> dict[str, str]:
    """Three customers who rang, two of them named, and one who withheld the number."""
    engine = open_database(sqlite_url)
    with writing(engine) as connection:
        owners = of_calls(connection, {"c1": ANNA, "c2": JANIS, "c3": LONDON, "c4": None, "c5": "client:agent7"}, AT)
        rename(connection, owners["c1"], "Anna Bērziņa")
        rename(connection, owners["c2"], "Jānis Kļaviņš, Žagars & Co")
    engine.dispose()
    return {"anna": owners["c1"], "janis": owners["c2"], "london": owners["c3"], "client": owners["c5"]}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *(("berzina", ["anna"]), ("BĒRZ", ["anna"]), ("zagars", ["janis"]), ("klavins, Ž", ["janis"])),
        *(("20 000 101", ["anna"]), ("+371 20000101", ["anna"]), ("0037120000101", ["anna"]), ("0101", ["anna"])),
        *(("3456", ["janis"]), ("29-123-456", ["janis"]), ("(+44) 20 7946 0123", ["london"]), ("agent7", ["client"])),
        *(("020 7946 0123", ["london"]), ("Nobody", []), ("99999", []), ("%", []), ("_", [])),
        ("", ["anna", "client", "janis", "london"]),
    ],
)
def test_a_customer_is_found_as_people_type(
    sqlite_url: str, people: dict[str, str], typed: str, found: list[str]
) -> None:
    with reading(open_database(sqlite_url)) as connection:
        items = find_customers(connection, typed, "LV").items
    assert sorted(name for name, customer_id in people.items() if customer_id in {each.id for each in items}) == found
    assert len(items) == len(found)


def test_the_list_goes_on_after_a_page(sqlite_url: str, people: dict[str, str]) -> None:
    seen: list[str] = []
    after = None
    with reading(open_database(sqlite_url)) as connection:
        for _ in range(4):
            page = find_customers(connection, "", "LV", 1, after)
            seen += [each.id for each in page.items]
            after = page.next
    assert sorted(seen) == sorted(people.values()) and after is None


@pytest.fixture
def house(house_of: OpenHouse) -> House:
    return house_of(DEFINITIONS)


@pytest.fixture
def maija(house: House) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {add_user(house.parts.console_database, 'maija', 'supervisor')}"}
    with httpx2.Client(base_url=house.settings.base_url, headers=headers, trust_env=False) as client:
        yield client


def test_a_name_given_by_an_agent_is_heard_in_the_greeting(house: House, maija: httpx2.Client) -> None:
    house.ring("key 3, hangup", **{"from": ANNA})
    [person] = maija.get("/api/customers", params={"search": "0101"}).json()["items"]
    assert maija.patch(f"/api/customers/{person['id']}", json={"name": "Anna"}).json()["name"] == "Anna"
    assert "good morning, Anna." in house.ring("silence, hangup", **{"from": ANNA}).said
    told = maija.get(f"/api/customers/{person['id']}/history").json()["events"]
    assert 'maija named this customer "Anna"' in [event["summary"] for event in told]
    assert maija.patch(f"/api/customers/{person['id']}", json={"language": "xx"}).status_code == 422
    assert maija.patch("/api/customers/cu_none", json={"name": "Anna"}).status_code == 404
    assert maija.patch(f"/api/customers/{person['id']}", json={"language": None}).json()["language"] is None
    assert "Latviski" in house.ring("silence, hangup", **{"from": ANNA}).said


def test_two_entries_of_one_person_become_one_with_both_histories(house: House, maija: httpx2.Client) -> None:
    for number in (ANNA, JANIS):
        house.ring("key 3, key 0, record 8s, hangup", **{"from": number})
    people = {
        number: maija.get("/api/customers", params={"number": number}).json()["items"][0] for number in (ANNA, JANIS)
    }
    kept, other = people[ANNA]["id"], people[JANIS]["id"]
    maija.patch(f"/api/customers/{other}", json={"name": "Anna Bērziņa"})
    merged = maija.post(f"/api/customers/{kept}/merge", json={"other": other}).json()
    assert (merged["name"], merged["numbers"]) == ("Anna Bērziņa", [ANNA, JANIS])
    assert {each["customer"]["id"] for each in maija.get("/api/callbacks").json()["items"]} == {kept}
    told = [event["kind"] for event in maija.get(f"/api/customers/{kept}/history").json()["events"]]
    assert told.count("call.started") == told.count("voicemail.left") == 2 and "customer.merged" in told
    assert maija.get(f"/api/customers/{other}").json()["merged_into"] == kept
    assert [each["id"] for each in maija.get("/api/customers").json()["items"]] == [kept]
    for one, two in ((kept, kept), (kept, other), (kept, "cu_none")):
        refused = maija.post(f"/api/customers/{one}/merge", json={"other": two})
        assert refused.status_code == 409 and refused.json()["detail"], (one, two)
    assert "Anna" in house.ring("silence, hangup", **{"from": JANIS}).said


def test_an_agent_at_the_terminal_finds_names_and_merges(stores: Engine) -> None:
    with writing(stores) as connection:
        of_calls(connection, {"c1": ANNA, "c2": JANIS, "c3": "client:agent7"}, AT)

    def run(*words: str, code: int = 0) -> str:
        done = RUN.invoke(customers, list(words))
        assert done.exit_code == code, done.output
        return done.output

    assert "There are no" not in run("list") and "client:agent7" in run("list")
    assert "(no name)  +371 20 000 101" in run("find", "0101")
    assert "Nobody is found" in run("find", "Ozols")
    assert "Anna Bērziņa" in run("name", ANNA, "Anna Bērziņa")
    assert "+371 20 000 101" in run("find", "berzina")
    assert "named this customer" in run("show", ANNA)
    assert "(shared)" in run("shared", ANNA) and "(shared)" not in run("shared", ANNA, "--off")
    assert "+371 29 123 456" in run("merge", ANNA, JANIS, "--yes")
    run("merge", ANNA, JANIS, "--yes", code=1)
    run("shared", "+37120009999", code=2)
    run("show", "nobody", code=2)
    with reading(stores) as connection:
        [person] = find_customers(connection, "berz").items
        assert load(connection, [person.id])[person.id].numbers == (ANNA, JANIS)
