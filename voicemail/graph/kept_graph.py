"""A composed graph on disk: made once, checked, and used as long as it belongs to its model and is whole."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from voicemail.graph.composition import composed
from voicemail.graph.const_fst import UnsupportedFormat
from voicemail.graph.language_model import read_language_model
from voicemail.graph.lexicon import read_lexicon
from voicemail.graph.minimization import write_merged
from voicemail.graph.ngram_fst import expanded
from voicemail.graph.resources import free_disk, free_memory

_FORMAT = "2"
_SOURCES = ("HCLr.fst", "Gr.fst", "disambig_tid.int")
_RESULTS = ("HCLG.fst", "words.txt")
# Composing small Korean (230 MB) takes 2 GB of memory and of disk.
_MEMORY_BYTES, _DISK_BYTES = 9, 9
# What composing by itself asks for, as a multiple of what composing takes.
_TO_SPARE = 2.0
# Share of the characters of messages that may differ; in a trial with 15 clips none did.
MOST_DIFFERENT = 0.02
_BLOCK = 1 << 20


class NotComposed(Exception):
    """A graph was not composed; the message says why. The model works without it."""


def obstacle(model_folder: Path, kept_in: Path) -> str | None:
    """Why a graph should not be composed unasked: another form, too little room to spare, or refused before. None if it may."""
    if reason := _unsuitable(model_folder) or _lack(model_folder, kept_in, _TO_SPARE):
        return reason
    try:
        is_refused = _refusal(kept_in).read_text() == _checksums(model_folder / "graph", _SOURCES)
    except OSError:
        is_refused = False
    return "Messages were transcribed differently with it." if is_refused else None


def compose(
    model_folder: Path,
    kept_in: Path,
    tick: Callable[[], None] = lambda: None,
    difference: Callable[[Path], float | None] = lambda new_graph: None,
) -> None:
    """Compose a model's graph into the folder `kept_in`, unless a valid one is there. Raises NotComposed.

    `tick` is called several times a second. `difference` gets the folder of the new graph and returns the share of characters
    that messages have differently with it; if that is too large, the graph is not kept, and `obstacle` says so from then on.
    Two processes that compose at once do it once.
    """
    if reason := _unsuitable(model_folder) or _lack(model_folder, kept_in, 1.0):
        raise NotComposed(reason)
    try:
        kept_in.parent.mkdir(parents=True, exist_ok=True)
        with (kept_in.parent / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _compose(model_folder, kept_in, tick, difference)
    except (UnsupportedFormat, ValueError, IndexError, OverflowError) as error:
        raise NotComposed(f"Its files have a form that we do not know: {error}.") from error
    except MemoryError as error:
        raise NotComposed("There is not enough memory.") from error
    except OSError as error:
        raise NotComposed(f"It cannot be written: {error}.") from error


def valid_graph(model_folder: Path, kept_in: Path) -> Path | None:
    """`kept_in` if it holds the whole graph of just this model, None if it is not there. Raises UnsupportedFormat, OSError."""
    if not kept_in.is_dir():
        return None
    try:
        is_valid = (kept_in / "made-of").read_text() == _made_of(model_folder, kept_in)
    except (FileNotFoundError, UnicodeDecodeError):
        is_valid = False
    if not is_valid:
        raise UnsupportedFormat("it belongs to another model, or is damaged")
    return kept_in


def _compose(
    model_folder: Path, kept_in: Path, tick: Callable[[], None], difference: Callable[[Path], float | None]
) -> None:
    try:
        if valid_graph(model_folder, kept_in):
            return
    except UnsupportedFormat:
        pass  # it is replaced
    for left_over in kept_in.parent.glob(".rb-*"):
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(prefix=".rb-", dir=kept_in.parent) as scratch:
        new = Path(scratch) / "graph"
        new.mkdir()
        _write(model_folder / "graph", new, Path(scratch), tick)
        (new / "made-of").write_text(_made_of(model_folder, new))
        differs = difference(new)
        if differs is not None and differs > MOST_DIFFERENT:
            _refusal(kept_in).write_text(_checksums(model_folder / "graph", _SOURCES))
            raise NotComposed(f"{differs:.1%} of the last messages' characters were different with it; it is not used.")
        shutil.rmtree(kept_in, ignore_errors=True)
        new.replace(kept_in)
    _refusal(kept_in).unlink(missing_ok=True)


def _write(graph: Path, new: Path, scratch: Path, tick: Callable[[], None]) -> None:
    grammar = expanded((graph / "Gr.fst").read_bytes())
    (new / "words.txt").write_text(grammar.words, encoding="utf-8")
    silent = frozenset(int(line) for line in (graph / "disambig_tid.int").read_text().split())
    parts = composed(read_lexicon(graph / "HCLr.fst"), read_language_model(grammar.fst), silent, scratch, tick)
    write_merged(new / "HCLG.fst", *parts, tick)


def _unsuitable(model_folder: Path) -> str | None:
    graph = model_folder / "graph"
    if all((graph / name).is_file() for name in _SOURCES) and not (graph / "HCLG.fst").exists():
        return None
    return "It has no graph that can be composed (HCLr.fst and Gr.fst)."


def _lack(model_folder: Path, kept_in: Path, times: float) -> str | None:
    """What there is too little of: `times` as much as composing takes must be free."""
    size = times * sum((model_folder / "graph" / name).stat().st_size for name in _SOURCES)
    for what, free, needed in (
        ("memory", free_memory(), _MEMORY_BYTES * size),
        (f"disk for {kept_in.parent}", free_disk(kept_in.parent), _DISK_BYTES * size),
    ):
        if free is not None and free < needed:
            return f"{needed / 1e9:.1f} GB of {what} are needed for some minutes, {free / 1e9:.1f} are free."
    return None


def _refusal(kept_in: Path) -> Path:
    return kept_in.with_name(f"{kept_in.name}.refused")


def _made_of(model_folder: Path, new: Path) -> str:
    return f"format {_FORMAT}\n" + _checksums(model_folder / "graph", _SOURCES) + _checksums(new, _RESULTS)


def _checksums(folder: Path, names: tuple[str, ...]) -> str:
    # CRC-32 finds damage at 2 GB a second; the files are our own, so nothing stronger is needed.
    lines = []
    for name in names:
        checksum = 0
        with (folder / name).open("rb") as file:
            while block := file.read(_BLOCK):
                checksum = zlib.crc32(block, checksum)
        lines.append(f"{name} {checksum:08x}\n")
    return "".join(lines)
