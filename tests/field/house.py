"""A house with its line: the api behind a real HTTP port, the built-in line that rings it, and a telephone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from pydantic import SecretStr

from api.app import create_app
from api.parts import Parts
from ivr.line.caller.script import parse
from ivr.line.caller.scripted_call import Outcome, follow_script
from ivr.line.caller.telephone import dial
from ivr.line.playing.active_call import Webhooks
from ivr.line.protocol import Dial, Event
from ivr.line.service.server import line_app, line_server
from ivr.line.store.account import LineAccount
from ivr.publishing import publish_folder
from runtime.config import Settings
from runtime.sql.database import open_database
from tests.front import Clock
from tests.ivr.line.conftest import running

ACCOUNT_SID = "AC" + "0" * 31 + "1"
TOKEN = "test_auth_token"
# The carrier's code for a callback that was not answered well; a busy machine answers some with 503 (api/routes/twilio.py).
CALLBACK_FAILED = 15003


@dataclass
class Heard:
    """A finished call: what the caller heard, and how it went."""

    events: list[Event]
    outcome: Outcome

    def of(self, name: str) -> list[Any]:
        """The events of a kind: say, play, gather, listening, recording, dialling, …"""
        return [event for event in self.events if event.event == name]

    @property
    def warnings(self) -> list[Any]:
        """What the carrier's debugger would warn of in our documents; a slow answer to a callback is not among them."""
        return [event for event in self.of("warning") if event.code != CALLBACK_FAILED]

    @property
    def words(self) -> list[str]:
        return [event.text for event in self.of("say")]

    @property
    def said(self) -> str:
        return " ".join(self.words)

    @property
    def played(self) -> list[str]:
        """The names of the files played."""
        return [event.url.rsplit("/", 1)[-1] for event in self.of("play")]


@dataclass
class House:
    """What a test holds: definitions that it changes and publishes, and a telephone."""

    definitions: Path
    folder: Path
    settings: Settings
    parts: Parts
    clock: Clock
    line: LineAccount = field(repr=False)

    def publish(self, definitions: Path | None = None, note: str = "", by: str = "tests") -> None:
        """Publish a folder, and let the api know at once."""
        publish_folder(self.parts.console_database, definitions or self.definitions, note, by)
        self.parts.published_flows.refresh()
        self.parts.prepare_emergency()

    def ring(self, script: str = "", **wish: str) -> Heard:
        """Ring the house and follow a script, on the fast pace. Options go into the dial message (`to`, `modes` …)."""
        return asyncio.run(self._ring(script, wish))

    async def _ring(self, script: str, wish: dict[str, str]) -> Heard:
        plan = parse(script, self.folder)
        heard: list[Event] = []
        wanted = {"from": "+37120000001", "to": "+37167000000", "pace": "fast", "dial_results": plan.dial_results}
        async with asyncio.timeout(30), dial(self.line, Dial.model_validate(wanted | wish)) as telephone:
            outcome = await follow_script(telephone, plan, heard.append, lambda words: None, is_fast=True)
        return Heard(heard, outcome)

    def get(self, path: str, method: str = "GET") -> httpx2.Response:
        """Ask the api for something, as anybody on the internet could."""
        with httpx2.Client(trust_env=False) as client:
            return client.request(method, path if path.startswith("http") else self.settings.base_url + path)


OpenHouse = Callable[[Path], House]


@contextmanager
def open_house(folder: Path, database_url: str, redis_url: str, definitions: Path) -> Iterator[House]:
    """Publish the definitions and open the house; calls come to it over HTTP, signed, as a carrier's would."""
    port = _free_port()
    line = LineAccount(ACCOUNT_SID, TOKEN, f"http://127.0.0.1:{_free_port()}")
    settings = Settings(
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        data_dir=folder / "data",
        database_url=database_url,
        redis_url=redis_url,
        secret_key=SecretStr("a secret of the tests only"),
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(TOKEN),
        twilio_api_url=line.url,
    )
    engine = open_database(database_url)
    publish_folder(engine, definitions, "", "tests")
    engine.dispose()
    clock = Clock()
    app = create_app(settings, clock)
    webhooks = Webhooks(*(f"{settings.base_url}/twilio/{name}" for name in ("voice", "fallback", "status")))
    phones = line_server(line_app(line, webhooks, folder / "line"))
    phones.config.port = line.port
    with running(app, uvicorn.Server(uvicorn.Config(app, log_level="warning", port=port))), running(app, phones):  # type: ignore[arg-type]  # only the servers are run
        parts: Parts = app.interface.state.parts
        parts.journal.patience_seconds = parts.turns.look_up_seconds = 15
        yield House(definitions, folder, settings, parts, clock, line)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
