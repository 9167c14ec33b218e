"""A model's folder as it is given to Vosk: the same model, its language model spread out so that it is read faster.

It is made anew at each loading (1.5 s of CPU for small Korean, 70 MB of disk until Vosk has read it), beside nothing and under
no name that could grow old; the installed model stays as it came.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from voicemail.ngram_fst import NotSpreadable, spread_out

log = structlog.get_logger()

# A model's memory while it is prepared is six times its language model's: larger ones are left as they are.
MAX_BYTES = 256 * 1024 * 1024
_NGRAM = b"\x05\x00\x00\x00ngram"


@contextmanager
def prepared(model_dir: Path) -> Iterator[Path]:
    """The folder to load a model from, while it is loaded: the model's own where nothing can be gained, or no disk is left."""
    language_model = model_dir / "graph" / "Gr.fst"
    if not _is_packed(language_model) or (model_dir / "graph" / "words.txt").exists():
        yield model_dir
        return
    with tempfile.TemporaryDirectory(prefix="rb-model-") as scratch:
        folder = Path(scratch)
        try:
            _lay_out(model_dir, folder)
        except (NotSpreadable, OSError) as reason:
            log.warning("model.not_prepared", model=model_dir.name, reason=str(reason)[:200])
            folder = model_dir
        yield folder


def _is_packed(language_model: Path) -> bool:
    try:
        with language_model.open("rb") as file:
            return file.read(13)[4:] == _NGRAM and language_model.stat().st_size <= MAX_BYTES
    except OSError:
        return False


def _lay_out(model_dir: Path, folder: Path) -> None:
    for part in model_dir.iterdir():
        if part.name != "graph":
            (folder / part.name).symlink_to(part.resolve())
    graph = folder / "graph"
    graph.mkdir()
    for part in (model_dir / "graph").iterdir():
        if part.name != "Gr.fst":
            (graph / part.name).symlink_to(part.resolve())
    spread = spread_out((model_dir / "graph" / "Gr.fst").read_bytes())
    (graph / "Gr.fst").write_bytes(spread.fst)
    (graph / "words.txt").write_text(spread.words, encoding="utf-8")
