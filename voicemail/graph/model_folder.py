"""Temporary model folders for Vosk: links to the model's files, with the graph in another form.

Vosk has read everything when it returns the model, so the folders last only that long. The installed model is not changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from voicemail.graph import const_fst
from voicemail.graph.kept_graph import valid_graph
from voicemail.graph.ngram_fst import expanded

# Expanding takes six times the language model's size in memory; larger ones are left as they are.
MAX_BYTES = 256 * 1024 * 1024
_NGRAM = b"\x05\x00\x00\x00ngram"


@contextmanager
def with_composed_graph(model_folder: Path, kept_in: Path) -> Iterator[Path | None]:
    """The model with its composed graph; None if it has none. Raises UnsupportedFormat, OSError."""
    if (kept := valid_graph(model_folder, kept_in)) is None:
        yield None
        return
    with _linked(model_folder, without={"HCLr.fst", "Gr.fst", "words.txt"}) as folder:
        for name in ("HCLG.fst", "words.txt"):
            (folder / "graph" / name).symlink_to((kept / name).resolve())
        yield folder


@contextmanager
def with_expanded_language_model(model_folder: Path, _kept_in: Path) -> Iterator[Path | None]:
    """The model with its language model expanded; None if there is nothing to expand. Raises UnsupportedFormat, OSError."""
    source = model_folder / "graph" / "Gr.fst"
    if not _is_ngram(source) or (model_folder / "graph" / "words.txt").exists():
        yield None
        return
    with _linked(model_folder, without={"Gr.fst"}) as folder:
        grammar = expanded(source.read_bytes())
        (folder / "graph" / "Gr.fst").write_bytes(grammar.fst)
        (folder / "graph" / "words.txt").write_text(grammar.words, encoding="utf-8")
        yield folder


@contextmanager
def with_empty_language_model(model_folder: Path, kept_in: Path) -> Iterator[Path | None]:
    """The model without language model, to be given grammars: 150 MB less. None without the words of a composed graph."""
    if (kept := valid_graph(model_folder, kept_in)) is None:
        yield None
        return
    with _linked(model_folder, without={"Gr.fst", "words.txt"}) as folder:
        (folder / "graph" / "words.txt").symlink_to((kept / "words.txt").resolve())
        const_fst.write(folder / "graph" / "Gr.fst", 0, np.zeros(1, const_fst.STATE), np.zeros(0, const_fst.ARC))
        yield folder


@contextmanager
def _linked(model_folder: Path, without: set[str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rb-model-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        (folder / "graph").mkdir()
        for part in model_folder.iterdir():
            if part.name != "graph":
                (folder / part.name).symlink_to(part.resolve())
        for part in (model_folder / "graph").iterdir():
            if part.name not in without:
                (folder / "graph" / part.name).symlink_to(part.resolve())
        yield folder


def _is_ngram(language_model: Path) -> bool:
    try:
        with language_model.open("rb") as file:
            return file.read(13)[4:] == _NGRAM and language_model.stat().st_size <= MAX_BYTES
    except OSError:
        return False
