"""Whatever a recording does to its decoder, the worker keeps its memory and its life, and the next recording is decoded."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import voicemail.audio.decoders as decoders_module
from voicemail.audio import recording_audio as audio
from voicemail.audio.decoders import Decoders, DecoderUnusable, Limits
from voicemail.audio.recording_audio import AudioUnreadable, blocks, examine

MISBEHAVING = Path(__file__).with_name("misbehaving_decoder.py")
LIMITS = Limits(memory_bytes=64_000_000, cpu_seconds=1, wall_seconds=60.0, file_bytes=1_000_000)

SLOW = "The recording takes too long to read and was set aside."
CRASHES = "The recording is damaged: reading it makes the decoder crash."
TOO_MUCH = "The recording is damaged: reading it takes more room than it may."
MISDEEDS = {
    "ALLOCATE": TOO_MUCH,
    "WRITE": TOO_MUCH,
    "LOOP": SLOW,
    "SLEEP": SLOW,
    "CRASH": CRASHES,
    "LEAVE": CRASHES,
    "LIE": CRASHES,
    "BREAK OUT": "The recording has no sound in it: it is only the beginning of a file.",
}


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Decoders], None]]:
    """Have recordings examined by these decoders, and end the children of all others."""
    used = [audio.decoders]

    def use(decoders: Decoders) -> None:
        used[-1].close()
        used.append(decoders)
        monkeypatch.setattr(audio, "decoders", decoders)

    yield use
    used[-1].close()
    assert not children_of(os.getpid())


@pytest.fixture
def misbehaving(use: Callable[[Decoders], None], monkeypatch: pytest.MonkeyPatch) -> None:
    use(Decoders(LIMITS, [str(MISBEHAVING)]))
    monkeypatch.setenv("RINGBACK_SECRET_KEY", "a secret")


@pytest.fixture
def recording(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def recording(content: str | bytes) -> Path:
        path = tmp_path / "recording.wav"
        path.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())
        return path

    return recording


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_decoder_led_astray_ends_in_a_sentence_and_the_next_recording_is_decoded(
    use: Any, misbehaving: None, recording: Any, tone: bytes, misdeed: str
) -> None:
    if misdeed == "SLEEP":  # that takes no CPU time
        use(Decoders(replace(LIMITS, wall_seconds=2.0), [str(MISBEHAVING)]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    with pytest.raises(AudioUnreadable) as unreadable:
        examine(recording(misdeed))
    assert str(unreadable.value) == MISDEEDS[misdeed]
    assert time.monotonic() - begun < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB
    assert examine(recording(tone)).seconds == 2.0


def test_a_recording_is_not_blamed_for_what_the_one_before_did_to_the_decoder(
    misbehaving: None, recording: Any, tone: bytes
) -> None:
    examine(recording(tone))
    assert examine(recording("CRASH IF USED")).seconds == 0.1


def test_one_child_serves_many_recordings_and_is_replaced_now_and_then(
    use: Any, recording: Any, tone: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoders_module, "RECORDINGS_A_CHILD", 4)
    use(Decoders())
    path, seen = recording(tone), []
    for _ in range(8):
        examine(path)
        seen.append(children_of(os.getpid()))
    assert [len(pids) for pids in seen] == [1, 1, 1, 0] * 2
    assert len(set.union(*map(set, seen))) == 2


def test_the_samples_are_those_of_the_file(recording: Any, wav: Any) -> None:
    samples = np.random.default_rng(3).integers(-30_000, 30_000, 50_001) / 32_768
    heard = np.concatenate(list(blocks(examine(recording(wav(samples))))))
    np.testing.assert_array_equal(heard, samples.astype(np.float32))


def test_many_threads_decode_at_once(use: Any, recording: Any, tone: bytes) -> None:
    use(Decoders())
    path, lengths = recording(tone), []
    threads = [threading.Thread(target=lambda: lengths.append(examine(path).seconds)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert lengths == [2.0] * 6
    assert len(children_of(os.getpid())) == 1


def test_a_worker_that_stops_waits_for_no_decoder(misbehaving: None, recording: Any) -> None:
    class Stopped(Exception):
        pass

    def tick() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        examine(recording("LOOP"), tick)
    assert not children_of(os.getpid())


@pytest.mark.parametrize("order", ["LOOP", ""], ids=["in a loop", "idle"])
def test_the_decoder_ends_with_a_worker_that_is_killed(recording: Any, tone: bytes, order: str) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from voicemail.audio import recording_audio as audio; from voicemail.audio.decoders import Decoders;"
        f"audio.decoders = Decoders(program=[{str(MISBEHAVING)!r}]);"
        f"audio.examine(Path({str(recording(order or tone))!r})); time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    try:
        wait_until(lambda: bool(children_of(worker.pid)))
        (child,) = children_of(worker.pid)
        time.sleep(1.0)
        assert is_alive(child)
    finally:
        worker.kill()
        worker.wait(10)
    wait_until(lambda: not is_alive(child))


def test_a_full_disk_is_no_fault_of_the_recording(recording: Any, tone: bytes) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    decoders = Decoders()
    with recording(tone).open("rb") as source, full.open("wb") as target, pytest.raises(OSError) as error:
        decoders.decode(source.fileno(), target.fileno())
    decoders.close()
    assert error.value.errno == errno.ENOSPC


def test_a_decoder_that_does_not_start_is_no_fault_of_the_recording(use: Any, recording: Any, tone: bytes) -> None:
    use(Decoders(program=["-c", "raise SystemExit(3)"]))
    with pytest.raises(DecoderUnusable, match="exit code 3"):
        examine(recording(tone))


def test_without_limits_for_processes_the_worker_decodes_and_says_so_once(
    use: Any, recording: Any, tone: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(decoders_module, "_has_limits", lambda: False)
    use(Decoders())
    for _ in range(2):
        assert examine(recording(tone)).seconds == 2.0
    with pytest.raises(AudioUnreadable, match="is not audio"):
        examine(recording("nothing"))
    assert not children_of(os.getpid())
    assert capsys.readouterr().out.count("decoder.without_limits") == 1


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == pid and b"decode" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    return found


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
