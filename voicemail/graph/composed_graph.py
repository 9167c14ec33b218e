"""The composed graph of a model, kept in the models folder: made once, by whoever has the time and the room.

It is used as long as the files that it was made of are the same. It stands under its name only when it is whole.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import structlog

from voicemail.graph.alike_states import write_merged
from voicemail.graph.composition import TooLarge, composed
from voicemail.graph.const_fst import NotConst
from voicemail.graph.followers import NotFollowable, followers
from voicemail.graph.lexicon_graph import NotALexicon, read_lexicon
from voicemail.graph.ngram_fst import NotSpreadable, spread_out
from voicemail.models.archive import only_one_at_a_time
from voicemail.models.installed import COMPOSED
from voicemail.models.room import free_disk, free_memory

log = structlog.get_logger()

_FORMAT = "1"
_SOURCES = ("HCLr.fst", "Gr.fst", "disambig_tid.int")
# Small Korean takes 2 GB of memory and of disk, of 230 MB.
_MEMORY_BYTES, _DISK_BYTES = 9, 9
# Of the characters of messages; in the trial of 15 clips there were none (docs/performance.md).
MOST_DIFFERENT = 0.02


class NotComposed(Exception):
    """A graph was not composed; the message says why. The model works without it."""


def is_composable(model_dir: Path) -> bool:
    """Whether a model composes its graph while it listens, so that it may be composed once."""
    graph = model_dir / "graph"
    return all((graph / name).is_file() for name in _SOURCES) and not (graph / "HCLG.fst").exists()


def compose(
    model_dir: Path,
    models_dir: Path,
    name: str,
    tick: Callable[[], None] = lambda: None,
    differs: Callable[[Path], float | None] = lambda folder: None,
) -> Path:
    """Compose a model's graph and keep it, unless it is there; returns its folder. Raises NotComposed.

    `tick` is called several times a second. `differs` is given a models folder that has the model with its new graph, and tells
    which part of the characters of messages it hears otherwise; with too large a one the graph is not kept, nor composed again
    without being asked for. Two processes that compose at once do it once.
    """
    if not is_composable(model_dir):
        raise NotComposed(f"{name} has no graph that could be composed (HCLr.fst and Gr.fst).")
    if lack := short_of(model_dir, models_dir):
        raise NotComposed(lack)
    place = models_dir / COMPOSED / name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with only_one_at_a_time(place.parent / ".lock"):
            if composed_graph(model_dir, models_dir, name) is not None:
                return place
            for left_over in place.parent.glob(".rb-*"):
                shutil.rmtree(left_over)
            with tempfile.TemporaryDirectory(prefix=".rb-", dir=place.parent) as scratch:
                made = Path(scratch) / "models" / COMPOSED / name
                made.mkdir(parents=True)
                _compose(model_dir / "graph", made, Path(scratch), tick)
                (made / "made-of").write_text(_made_of(model_dir, made))
                (Path(scratch) / "models" / name).symlink_to(model_dir)
                _check(differs(Path(scratch) / "models"), model_dir, place)
                shutil.rmtree(place, ignore_errors=True)
                made.replace(place)
            _refusal(place).unlink(missing_ok=True)
    except (NotALexicon, NotConst, NotFollowable, NotSpreadable, TooLarge, ValueError, IndexError) as reason:
        raise NotComposed(f"{name} is of another form than the models we know: {reason}.") from reason
    except MemoryError as error:
        raise NotComposed(f"There is not enough memory to compose the graph of {name}.") from error
    except OSError as error:
        raise NotComposed(f"The graph of {name} cannot be written: {error}.") from error
    return place


def is_refused(model_dir: Path, models_dir: Path, name: str) -> bool:
    """Whether this very model's graph was composed once and heard messages otherwise."""
    try:
        return _refusal(models_dir / COMPOSED / name).read_text() == _sources(model_dir)
    except OSError:
        return False


def short_of(model_dir: Path, models_dir: Path, times: float = 1.0) -> str | None:
    """What there is too little of for composing, `times` as much as it takes; None if there is enough."""
    size = times * sum((model_dir / "graph" / name).stat().st_size for name in _SOURCES)
    for what, free, needed in (
        ("of memory", free_memory(), _MEMORY_BYTES * size),
        (f"on the disk of {models_dir}", free_disk(models_dir), _DISK_BYTES * size),
    ):
        if free is not None and free < needed:
            return f"{needed / 1e9:.1f} GB {what} are needed for a while, {free / 1e9:.1f} are free."
    return None


def composed_graph(model_dir: Path, models_dir: Path, name: str) -> Path | None:
    """The folder with HCLG.fst and words.txt that was composed of this very model; None if there is none."""
    place = models_dir / COMPOSED / name
    try:
        if (place / "made-of").read_text() == _made_of(model_dir, place):
            return place
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("model.graph_not_used", model=name, reason=str(error)[:200])
        return None
    log.warning("model.graph_not_used", model=name, reason="it is of another model or not whole; compose it anew")
    return None


def _compose(graph: Path, made: Path, scratch: Path, tick: Callable[[], None]) -> None:
    spread = spread_out((graph / "Gr.fst").read_bytes())
    (made / "words.txt").write_text(spread.words, encoding="utf-8")
    silent = frozenset(int(line) for line in (graph / "disambig_tid.int").read_text().split())
    parts = composed(read_lexicon(graph / "HCLr.fst"), followers(spread.fst), silent, scratch, tick)
    write_merged(made / "HCLG.fst", *parts, tick)


def _check(difference: float | None, model_dir: Path, place: Path) -> None:
    if difference is not None and difference > MOST_DIFFERENT:
        _refusal(place).write_text(_sources(model_dir))
        raise NotComposed(
            f"With its composed graph {place.name} heard {difference:.1%} of the last messages' characters otherwise; "
            "it is not used."
        )


def _refusal(place: Path) -> Path:
    return place.with_name(f"{place.name}.refused")


def _made_of(model_dir: Path, made: Path) -> str:
    # What was made is only measured: to sum it up at each loading would take as long as to load it.
    sizes = [f"{name} {(made / name).stat().st_size} bytes" for name in ("HCLG.fst", "words.txt")]
    return "\n".join([f"format {_FORMAT}", *sizes, _sources(model_dir)])


def _sources(model_dir: Path) -> str:
    lines = []
    for name in _SOURCES:
        with (model_dir / "graph" / name).open("rb") as file:
            lines.append(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n")
    return "".join(lines)
