"""The models of this process: each is loaded once and shared by its threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from voicemail import graph
from voicemail.models.condition import fault
from voicemail.models.installed import InstalledModel, graph_folder

log = structlog.get_logger()


class ModelUnusable(Exception):
    """A model is installed and Vosk cannot use it. A retry helps after it was installed anew."""


@dataclass(slots=True)
class _Loaded:
    for_messages: graph.LoadedModel
    graph_was: int | None  # see _stamp
    for_grammars: Any = None


_loaded: dict[Path, _Loaded] = {}
_loading = threading.Lock()


def loaded_model(model: InstalledModel, models_dir: Path) -> Any:
    """Vosk's object for a model, in the fastest form that works (voicemail/graph). Raises ModelUnusable."""
    with _loading:
        return _load(model, models_dir).for_messages.model


def loaded_for_grammars(model: InstalledModel, models_dir: Path) -> Any:
    """Vosk's object for a model, in a form that accepts a grammar. Raises ModelUnusable."""
    with _loading:
        loaded = _load(model, models_dir)
        if loaded.for_messages.form != "composed":
            return loaded.for_messages.model
        if loaded.for_grammars is None:
            loaded.for_grammars = _load_form(model, models_dir, for_grammars=True).model
        return loaded.for_grammars


def loaded_form(model: InstalledModel) -> graph.Form | None:
    """In which form this process has a model, None if it has not loaded it."""
    with _loading:
        loaded = _loaded.get(model.path.resolve())
        return loaded.for_messages.form if loaded else None


def has_new_graph(model: InstalledModel, models_dir: Path) -> bool:
    """Whether this process has a model, and its composed graph was made or replaced since."""
    with _loading:
        loaded = _loaded.get(model.path.resolve())
        now = _stamp(model, models_dir)
        return loaded is not None and now is not None and now != loaded.graph_was


def forget(model: InstalledModel | None = None) -> None:
    """Load a model, or all of them, anew when it is needed next. A message under way keeps the one that it began with."""
    with _loading:
        for folder in [model.path.resolve()] if model else list(_loaded):
            _loaded.pop(folder, None)


def _load(model: InstalledModel, models_dir: Path) -> _Loaded:
    folder = model.path.resolve()
    if folder not in _loaded:
        stamp = _stamp(model, models_dir)
        if (reason := fault(model, models_dir)) is not None:
            raise ModelUnusable(f"The speech model {model.name} cannot be used: {reason}. Remove and install it anew.")
        _loaded[folder] = _Loaded(_load_form(model, models_dir), stamp)
    return _loaded[folder]


def _load_form(model: InstalledModel, models_dir: Path, *, for_grammars: bool = False) -> graph.LoadedModel:
    try:
        loaded = graph.load(model.path.resolve(), graph_folder(model, models_dir), for_grammars=for_grammars)
    except graph.CannotLoad as error:
        raise ModelUnusable(
            f"The speech model {model.name} cannot be used: {error}. Remove and install it anew."
        ) from error
    if loaded.faults:
        log.warning(
            "model.graph_not_used",
            model=model.name,
            form=loaded.form,
            reason="; ".join(loaded.faults)[:300],
            meaning="messages are transcribed all the same, more slowly",
        )
    return loaded


def _stamp(model: InstalledModel, models_dir: Path) -> int | None:
    """What changes whenever a graph is put in place."""
    try:
        return graph_folder(model, models_dir).stat().st_mtime_ns
    except OSError:
        return None
