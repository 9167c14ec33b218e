"""Where each field of a flow and of company.yaml is heard: calls on the built-in line, through the HTTP door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from api.auth.users import add_user, make_token
from tests.field.definitions import write_folder
from tests.field.house import Heard, House, open_house
from tests.front import OPEN_TUESDAY

COMPANY = """\
organisation: {en: Amber Workshop, lv: Dzintara darbnīca}
default_language: en
numbers: {default: desk}
calendars:
  always: {zone: Europe/Riga, week: {daily: "0:00-24:00"}}
  office: {zone: Europe/Riga, week: {weekdays: "9:00-17:00"}}
queues:
  desk: {calendar: always, targets: [{within: 4h}]}
  other: {calendar: always, targets: [{within: 2h}]}
teams:
  desk: {numbers: ["+442079460123", "+442079460124"]}
"""
BYE = '  bye: {type: end, prompt: {en: "Goodbye."}}\n'


def flow(nodes: str, top: str = "", languages: str = "[en]") -> str:
    """A flow that greets with "Hello." and goes on to the first of the nodes written here; `bye` says "Goodbye."."""
    first = nodes.strip().split(":", 1)[0]
    hello = "{en: Hello., lv: Labdien.}" if "lv" in languages else "{en: Hello.}"
    return (
        f"spec: 1\nflow: desk\ntitle: Desk\nlanguages: {languages}\nstart: welcome\n{top}nodes:\n"
        f"  welcome: {{type: greeting, prompt: {hello}, next: {first}}}\n{nodes}{BYE}"
    )


MAILBOX = (
    '  mailbox: {type: voicemail, queue: desk, prompt: {en: "Speak.[ Call back {promise.until|by}.]"}, '
    "exits: {saved: bye, empty: bye}}\n"
)


def mailbox(**fields: str) -> str:
    """A flow that is a mailbox with some fields written otherwise."""
    written = {"queue": "desk", "prompt": '{en: "Speak.[ Call back {promise.until|by}.]"}'} | fields
    inner = ", ".join(f"{name}: {value}" for name, value in written.items())
    return flow(f"  mailbox: {{type: voicemail, {inner}, exits: {{saved: bye, empty: bye}}}}\n")


@dataclass
class Stage:
    """One house for all calls. Each call publishes its own definitions and comes from a number of its own."""

    house: House
    token: str
    folder: Path
    calls: int = 0
    caller: str = ""  # the number that rang last

    def publish(self, flow_text: str, company: str = COMPANY, audio: dict[str, bytes] | None = None) -> None:
        place = self.folder / f"definitions{self.calls}"
        self.calls += 1
        self.house.publish(write_folder(place, flow_text, company, audio))

    def play(
        self,
        flow_text: str,
        script: str = "",
        company: str = COMPANY,
        at: str = "",
        audio: dict[str, bytes] | None = None,
        step: timedelta = timedelta(0),
        from_number: str = "",
        to: str = "+37167000000",
        modes: str = "",
    ) -> Heard:
        """Publish, ring at a moment (`2030-03-05 10:15` in UTC; by default a Tuesday, 10:15 in Riga), follow the script."""
        self.publish(flow_text, company, audio)
        return self.ring(script, at, step, from_number, to, modes)

    def ring(
        self,
        script: str = "",
        at: str = "",
        step: timedelta = timedelta(0),
        from_number: str = "",
        to: str = "+37167000000",
        modes: str = "",
    ) -> Heard:
        """Ring what was published last, from a number that never rang; the clock goes on by `step` whenever it is read."""
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else OPEN_TUESDAY
        self.house.clock.now, self.house.clock.step = moment, step
        self.calls += 1
        self.caller = from_number or f"+3712{self.calls:07d}"
        heard = self.house.ring(script, **{"from": self.caller, "to": to, "modes": modes})
        assert heard.outcome.faults == (), heard.outcome.faults
        assert heard.warnings == []
        return heard

    def api(self, path: str, **query: str) -> Any:
        """Ask the JSON interface, as an agent's program does."""
        with httpx2.Client(base_url=self.house.settings.base_url, trust_env=False) as client:
            answer = client.get(path, params=query, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def history(self) -> list[dict[str, Any]]:
        """What the history of the last caller tells, the newest first."""
        [person] = self.api("/api/customers", number=self.caller)["items"]
        found: list[dict[str, Any]] = self.api(f"/api/customers/{person['id']}/history")["events"]
        return found

    def callback(self) -> dict[str, Any]:
        """The callback of the last caller."""
        found: dict[str, Any] = next(
            each
            for each in self.api("/api/callbacks", limit="500")["items"]
            if each["customer"]["number"] == self.caller
        )
        return found


Call = Callable[[Stage], None]
# Which call hears a field: filled by `hears`.
CALLS: dict[str, Call] = {}


def hears(*fields: str) -> Callable[[Call], Call]:
    """Say which fields a call hears or sees the effect of."""

    def note(call: Call) -> Call:
        for each in fields:
            assert each not in CALLS, each
            CALLS[each] = call
        return call

    return note


@contextmanager
def open_stage(folder: Path, database_url: str, redis_url: str) -> Iterator[Stage]:
    definitions = write_folder(folder / "first", flow(MAILBOX), COMPANY)
    with open_house(folder, database_url, redis_url, definitions) as house:
        add_user(house.parts.console_database, "tests", "admin")
        yield Stage(house, make_token(house.parts.console_database, "tests"), folder)
