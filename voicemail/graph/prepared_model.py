"""A model's folder as it is given to Vosk: the same model, its graph in a form that is read faster.

A graph that was composed of it (composed_graph.py) stands in place of its two halves. Without one its language model
is spread out, anew at each loading (1.5 s of CPU for small Korean, 70 MB of disk until Vosk has read it), beside nothing and
under no name that could grow old. The installed model stays as it came.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import structlog

from voicemail.graph import const_fst
from voicemail.graph.ngram_fst import NotSpreadable, spread_out

log = structlog.get_logger()

# A model's memory while it is prepared is six times its language model's: larger ones are left as they are.
MAX_BYTES = 256 * 1024 * 1024
_NGRAM = b"\x05\x00\x00\x00ngram"
_HALVES = frozenset({"HCLr.fst", "Gr.fst"})


@contextmanager
def prepared(model_dir: Path, composed: Path | None = None) -> Iterator[Path]:
    """The folder to load a model from, while it is loaded: the model's own where nothing can be gained, or no disk is left.

    `composed` is the folder of its composed graph.
    """
    language_model = model_dir / "graph" / "Gr.fst"
    if composed is None and (not _is_packed(language_model) or (model_dir / "graph" / "words.txt").exists()):
        yield model_dir
        return
    with tempfile.TemporaryDirectory(prefix="rb-model-") as scratch:
        folder = Path(scratch)
        try:
            if composed is None:
                _lay_out(model_dir, folder, frozenset({"Gr.fst"}))
                _spread_out(language_model, folder / "graph")
            else:
                _lay_out(model_dir, folder, _HALVES)
                for name in ("HCLG.fst", "words.txt"):
                    (folder / "graph" / name).symlink_to((composed / name).resolve())
        except (NotSpreadable, OSError) as reason:
            log.warning("model.not_prepared", model=model_dir.name, reason=str(reason)[:200])
            folder = model_dir
        yield folder


@contextmanager
def prepared_for_grammars(model_dir: Path, composed: Path) -> Iterator[Path]:
    """The folder to load the model from that hears given phrases only: with its sounds and words, without its language model."""
    with tempfile.TemporaryDirectory(prefix="rb-model-") as scratch:
        folder = Path(scratch)
        _lay_out(model_dir, folder, frozenset({"Gr.fst"}))
        (folder / "graph" / "words.txt").symlink_to((composed / "words.txt").resolve())
        # Vosk wants to read one; a grammar takes its place.
        nothing = np.zeros(1, const_fst.STATE)
        const_fst.write(folder / "graph" / "Gr.fst", 0, nothing, np.zeros(0, const_fst.ARC))
        yield folder


def _is_packed(language_model: Path) -> bool:
    try:
        with language_model.open("rb") as file:
            return file.read(13)[4:] == _NGRAM and language_model.stat().st_size <= MAX_BYTES
    except OSError:
        return False


def _lay_out(model_dir: Path, folder: Path, left_out: frozenset[str]) -> None:
    for part in model_dir.iterdir():
        if part.name != "graph":
            (folder / part.name).symlink_to(part.resolve())
    graph = folder / "graph"
    graph.mkdir()
    for part in (model_dir / "graph").iterdir():
        if part.name not in left_out | {"words.txt"}:
            (graph / part.name).symlink_to(part.resolve())


def _spread_out(language_model: Path, graph: Path) -> None:
    spread = spread_out(language_model.read_bytes())
    (graph / "Gr.fst").write_bytes(spread.fst)
    (graph / "words.txt").write_text(spread.words, encoding="utf-8")
