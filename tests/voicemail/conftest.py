"""What tests of messages share: a customer's message, a provider of recordings over real HTTP, and Korean speech."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pydantic import SecretStr
from sqlalchemy.engine import Connection, Engine

from customers.request import Request
from customers.tables import customers
from runtime.sql.database import insert_once, writing
from voicemail import mailbox
from voicemail.evaluation.clips import Clip, read_clips
from voicemail.recordings import ProviderAccount

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RECORDING = "RE" + "a" * 32


@dataclass
class Web:
    """A tiny server: answers by path with functions of the request, and remembers what was asked."""

    url: str = ""
    answers: dict[str, list[Callable[[BaseHTTPRequestHandler], None]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def on(self, path: str, *answers: Callable[[BaseHTTPRequestHandler], None]) -> None:
        """Answer so, one after the other; the last one again and again."""
        self.answers[path] = list(answers)


def reply(
    status: int = 200,
    body: bytes = b"",
    content_type: str = "audio/x-wav",
    length: int | None = None,
    **headers: str,
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.fixture
def replying() -> Callable[..., Callable[[BaseHTTPRequestHandler], None]]:
    return reply


def _serve() -> tuple[Web, ThreadingHTTPServer]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            answers = web.answers.get(self.path) or [reply(404, b"not found", "text/plain")]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return web, server


@pytest.fixture
def web() -> Iterator[Web]:
    web, server = _serve()
    yield web
    server.shutdown()
    server.server_close()


@pytest.fixture
def other_web() -> Iterator[Web]:
    web, server = _serve()
    yield web
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(web: Web) -> ProviderAccount:
    return ProviderAccount(web.url, "AC" + "1" * 32, SecretStr("top-secret"))


@pytest.fixture
def recording_path() -> str:
    return f"/2010-04-01/Accounts/AC{'1' * 32}/Recordings/{RECORDING}.wav"


@pytest.fixture
def tone() -> bytes:
    """Two seconds of a tone: a whole WAV at 8 kHz."""
    return wav(0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 8_000))


@pytest.fixture(name="wav")
def _wav() -> Callable[..., bytes]:
    return wav


@pytest.fixture(name="character_error_rate", scope="session")
def _character_error_rate() -> Callable[[str, str], float]:
    return character_error_rate


def wav(samples: np.ndarray, rate: int = 8_000, subtype: str = "PCM_16", form: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=subtype, format=form)
    return file.getvalue()


Expect = Callable[..., str]


@pytest.fixture
def expect() -> Expect:
    """Expect a message of a customer within a transaction."""

    def expect(connection: Connection, call_id: str = "ca_1", turn: int = 2, language: str = "ko") -> str:
        insert_once(connection, customers, id="cu_1", name="", created_at=NOW)
        return mailbox.expect(connection, Request(call_id, turn, "cu_1", "support", "general", language, NOW))

    return expect


@pytest.fixture
def left(expect: Expect) -> Callable[..., str]:
    """A message that was left: available at the provider, with a callback. Returns its id."""

    def left(engine: Engine, language: str = "ko", call_id: str = "ca_1", recording_id: str = RECORDING) -> str:
        with writing(engine) as connection:
            voicemail_id = expect(connection, call_id=call_id, language=language)
            mailbox.arrived(
                connection, call_id=call_id, turn=2, recording_id=recording_id, seconds=3, at=datetime.now(UTC)
            )
            mailbox.attach(connection, voicemail_id, f"cb_{call_id}")
        return voicemail_id

    return left


@pytest.fixture(scope="session")
def clips(korean_clips: Path) -> list[Clip]:
    return read_clips(korean_clips)


def character_error_rate(said: str, heard: str) -> float:
    """Edit distance by characters over the length of what was said; spaces and punctuation do not count."""
    said, heard = ("".join(filter(str.isalnum, text)) for text in (said, heard))
    distances = list(range(len(heard) + 1))
    for row, letter in enumerate(said, 1):
        diagonal, distances[0] = distances[0], row
        for column, other in enumerate(heard, 1):
            diagonal, distances[column] = (
                distances[column],
                min(distances[column] + 1, distances[column - 1] + 1, diagonal + (letter != other)),
            )
    return distances[-1] / len(said)
