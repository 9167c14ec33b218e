"""The api application, open on real SQL and a real queue server, with a clock that tests set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

import flows
from api.app import Door, create_app
from api.auth.users import Role
from api.parts import Parts
from flows.files.loader import Definitions, load_flow
from flows.files.reading import Audio
from flows.model import Flow
from ivr.publishing import publish, publish_folder
from ivr.publishing.prompt_audio import read_definitions
from runtime.config import Settings
from runtime.sql.database import open_database
from tests.switchboard import Switchboard
from tests.tokens import add_user

DEFINITIONS = Path(next(iter(flows.__path__))) / "definitions"
# A Tuesday, 10:15 in Riga: the office is open.
OPEN_TUESDAY = datetime(2030, 3, 5, 8, 15, tzinfo=UTC)
# Reading the flows takes ten times as long as all else that opens the application, and the same text is the same flow.
_read_once = cache(load_flow)


@cache
def _shipped() -> Definitions:
    return read_definitions(DEFINITIONS)


def _load_flow(text: str, path: str, audio: Audio | None = None) -> Flow:
    return _read_once(text, path) if not audio else load_flow(text, path, audio=audio)


@dataclass
class Clock:
    """The time of calls."""

    now: datetime = OPEN_TUESDAY
    step: timedelta = timedelta(0)  # by which it goes on whenever it is read

    def __call__(self) -> datetime:
        now = self.now
        self.now += self.step
        return now


@dataclass
class Front:
    """What a test holds: the provider, the parts, the clock and a plain client."""

    switchboard: Switchboard
    parts: Parts
    clock: Clock
    client: httpx2.AsyncClient
    settings: Settings = field(repr=False)
    app: Door = field(repr=False)

    def signed_in(self, name: str, role: Role = "agent") -> httpx2.AsyncClient:
        """A client of its own with the token of this user, whom it adds."""
        token = add_user(self.parts.console_database, name, role)
        transport = httpx2.ASGITransport(app=self.app)
        headers = {"authorization": f"Bearer {token}"}
        return httpx2.AsyncClient(transport=transport, base_url="http://internal:8000", headers=headers)


def settings_for(folder: Path, database_url: str, redis_url: str) -> Settings:
    return Settings(
        public_url="https://ivr.example.test",
        data_dir=folder,
        database_url=database_url,
        redis_url=redis_url,
        secret_key=SecretStr("a secret of the tests only"),
        twilio_account_sid="AC00000000000000000000000000000001",
        twilio_auth_token=SecretStr("test_auth_token"),
        twilio_api_url="http://127.0.0.1:9",
    )


@asynccontextmanager
async def open_front(
    folder: Path, database_url: str, redis_url: str, definitions: Path = DEFINITIONS, patience_seconds: float = 15
) -> AsyncIterator[Front]:
    """Open the application with the flows of a folder published.

    `patience_seconds` is how long an answer waits for SQL; a busy machine must not send the tests' turns to the spool.
    """
    settings = settings_for(folder, database_url, redis_url)
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivr.published_flows.load_flow", _load_flow)
        engine = open_database(database_url)
        if definitions == DEFINITIONS:
            publish(engine, _shipped(), "", "tests")
        else:
            publish_folder(engine, definitions, "", "tests")
        engine.dispose()
        app = create_app(settings, clock)
        async with app.interface.router.lifespan_context(app.interface):
            parts: Parts = app.interface.state.parts
            parts.journal.patience_seconds = parts.turns.look_up_seconds = patience_seconds
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://internal:8000") as client:
                yield Front(Switchboard(client, settings), parts, clock, client, settings, app)
