"""Compares transcription with plain Vosk: the same clips, model and number of threads, in the same run.

    python -m bench.transcription [FOLDER] [--threads 2] [--rounds 5] [--language ko] [--model PATH] [--only speed,memory,news]

FOLDER has recordings of telephones as WAV. Plain Vosk is a program of ten lines: one recogniser a file, words with times, a
quarter of a second at a time, with the unchanged model. With `--prepared` it gets the model object of Ringback. Rounds are
interleaved; the ratio is the median of all rounds.
"""

from __future__ import annotations

import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import typer
import vosk

from bench.latency import news_seconds
from bench.plain_vosk import PlainVosk
from runtime.config import load_settings
from voicemail.audio.recording_audio import examine
from voicemail.models.installed import find_model
from voicemail.recognition.transcriber import Transcriber

_SHARED = Path(__file__).parents[2] / "shared" / "audio" / "ko"
_NOISE = 0.001  # -60 dBFS: a line is never completely silent
AIMS = {"speed": 0.95, "half silence": 1.3, "memory": 60.0, "news": 1.0}


def main(
    folder: Annotated[Path, typer.Argument(help="Recordings, as WAV.")] = _SHARED,
    threads: Annotated[int, typer.Option(min=1)] = 2,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    language: Annotated[str, typer.Option(help="The language spoken.")] = "ko",
    model: Annotated[Path | None, typer.Option(help="The folder of a model, instead of the installed one.")] = None,
    only: Annotated[str, typer.Option(help="Some of speed, memory, news, separated by commas.")] = "speed,memory,news",
    prepared: Annotated[bool, typer.Option(help="Give plain Vosk the model that Ringback prepared.")] = False,
    alone: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Print the ratios, and whether each figure reaches its target."""
    clips = sorted(folder.glob("*.wav"), key=lambda path: -path.stat().st_size)
    if not clips:
        raise SystemExit(f"There are no WAV files in {folder}.")
    with tempfile.TemporaryDirectory(prefix="rb-bench-") as scratch:
        models_dir = load_settings().models_dir
        if model is not None:
            models_dir = Path(scratch) / "models"
            models_dir.mkdir()
            (models_dir / language).symlink_to(model.resolve())
        if (found := find_model(models_dir, language)) is None:
            raise SystemExit(f"There is no {language} model in {models_dir}; name one with --model.")
        if alone:
            _print_memory(Listeners(models_dir, language, prepared), clips, threads, alone)
            return
        print(f"{len(clips)} clips, {found.name}, {threads} threads, {rounds} rounds")
        if "speed" in only:
            _speed(Listeners(models_dir, language, prepared), clips, threads, rounds, Path(scratch))
        if "memory" in only:
            _memory(sys.argv[1:], threads)
        if "news" in only:
            late = news_seconds(clips, models_dir, language, Path(scratch))
            print(
                f"\nfrom the end of recognition until the words are in SQL: median {statistics.median(late) * 1000:.0f} ms, "
                f"longest {max(late) * 1000:.0f} ms of {len(late)} messages"
            )
            _judge("words visible, seconds", max(late), AIMS["news"], is_least=False)


class Listeners:
    """Ringback and plain Vosk with one model; each loads it at its first use."""

    def __init__(self, models_dir: Path, language: str, prepared: bool = False) -> None:
        self._transcriber = Transcriber(models_dir)
        self._models_dir = models_dir
        self._language = language
        self._prepared = prepared

    def load(self, who: str) -> None:
        """Load what one of them needs."""
        if who == "ours":
            self._transcriber.load(self._language)
        else:
            assert self._plain

    @cached_property
    def _plain(self) -> PlainVosk:
        vosk.SetLogLevel(-1)
        installed = find_model(self._models_dir, self._language)
        assert installed is not None
        if self._prepared:  # private, because nobody else needs this object
            return PlainVosk(self._transcriber._model(self._language)[1])
        return PlainVosk(vosk.Model(model_path=str(installed.path)))

    def ours(self, path: Path) -> int:
        """The number of words that Ringback recognises."""
        return len(self._transcriber.transcribe(examine(path), self._language).transcript.words)

    def plain(self, path: Path) -> int:
        """The number of words that Vosk recognises."""
        return len(self._plain.hear(path))


def _speed(listeners: Listeners, clips: Sequence[Path], threads: int, rounds: int, scratch: Path) -> None:
    halved = _half_silent(clips, scratch)
    _timed(listeners.plain, clips, threads)  # what a process does only once does not count
    _timed(listeners.ours, clips, threads)
    for what, name, paths in (
        ("speed", "the clips", clips),
        ("half silence", "the clips with as much silence", halved),
    ):
        seconds = sum(float(soundfile.info(path).duration) for path in paths)
        rounds_of = [
            (_timed(listeners.plain, paths, threads), _timed(listeners.ours, paths, threads)) for _ in range(rounds)
        ]
        plain, ours = (statistics.median(one.wall_seconds for one in side) for side in zip(*rounds_of, strict=True))
        by_wall = [plain.wall_seconds / ours.wall_seconds for plain, ours in rounds_of]
        by_cpu = [plain.cpu_seconds / ours.cpu_seconds for plain, ours in rounds_of]
        print(
            f"\n{name}, {seconds:.0f} s: plain Vosk {seconds / plain:.1f} times as fast as they last, ours {seconds / ours:.1f}\n"
            f"ratios by the clock {_listed(by_wall)}, by CPU time {_listed(by_cpu)}",
            flush=True,
        )
        _judge(f"{name}, by the clock", statistics.median(by_wall), AIMS[what], is_least=True)
        _judge(f"{name}, by CPU time", statistics.median(by_cpu), AIMS[what], is_least=True)


@dataclass(frozen=True, slots=True)
class Effort:
    """The time for all clips. CPU time, with all threads and the decoder process, is steadier on a busy machine."""

    wall_seconds: float
    cpu_seconds: float


def _timed(listen: Callable[[Path], int], paths: Sequence[Path], threads: int) -> Effort:
    waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for path in paths:
        waiting.put(path)

    def work() -> None:
        while True:
            try:
                path = waiting.get_nowait()
            except queue.Empty:
                return
            listen(path)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    begun, cpu_begun = time.perf_counter(), _cpu_seconds()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return Effort(time.perf_counter() - begun, _cpu_seconds() - cpu_begun)


def _cpu_seconds() -> float:
    spent = time.process_time()
    for pid in _children():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def _listed(ratios: Sequence[float]) -> str:
    return " ".join(f"{ratio:.2f}" for ratio in ratios)


def _half_silent(clips: Sequence[Path], scratch: Path) -> list[Path]:
    # Each clip with faint noise of its own length, half before it and half after it.
    random = np.random.default_rng(5)
    made = []
    for number, clip in enumerate(clips):
        samples, rate = soundfile.read(clip, dtype="float32")
        noise = random.normal(0, _NOISE, len(samples)).astype(np.float32)
        half = len(noise) // 2
        made.append(scratch / f"half-silent-{number}.wav")
        soundfile.write(made[-1], np.concatenate([noise[:half], samples, noise[half:]]), rate, subtype="PCM_16")
    return made


def _memory(arguments: Sequence[str], threads: int) -> None:
    # In processes of their own, because freed memory may stay with a process.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    used: dict[str, float] = {}
    print()
    for who in ("plain", "ours"):
        command = [sys.executable, "-m", "bench.transcription", *arguments, "--alone", who]
        shown = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
        used[who] = float(shown.split()[-1])
        print(
            f"{who} {shown.splitlines()[0]}: {used[who]:.0f} MB above the model at the peak, {used[who] / threads:.0f} a thread"
        )
    _judge("MB a thread above the model", used["ours"] / threads, AIMS["memory"], is_least=False)
    print(f"(plain Vosk takes {used['plain'] / threads:.0f} itself)")


def _print_memory(listeners: Listeners, clips: Sequence[Path], threads: int, who: str) -> None:
    listeners.load(who)
    before = _memory_mb("VmRSS")
    listen = {"plain": listeners.plain, "ours": listeners.ours}[who]
    _timed(listen, [*clips, *clips], threads)
    print(f"(the model: {before:.0f} MB with the process)")
    print(_memory_mb("VmHWM") - before + _children_mb())


def _memory_mb(what: str, pid: str = "self") -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    return 0.0


def _children_mb() -> float:
    # The decode child is part of what transcription takes: what it has for itself. Pages of libraries that we have too are in
    # memory once.
    return sum(_own_mb(pid) for pid in _children())


def _own_mb(pid: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def _children() -> set[str]:
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # the thread has just ended
            found.update((task / "children").read_text().split())
    return found


def _judge(what: str, figure: float, aim: float, *, is_least: bool) -> None:
    is_reached = figure >= aim if is_least else figure <= aim
    print(
        f"{'reached' if is_reached else 'MISSED '}  {what}: {figure:.2f}, {'at least' if is_least else 'at most'} {aim:g}",
        flush=True,
    )


if __name__ == "__main__":
    typer.run(main)
