"""The models of this process: each is loaded once and shared by its threads.

A model with a composed graph cannot be told what to listen for. For a second hearing it is loaded once more, without its
language model, when the first place is to be heard again (400 MB for small Korean).
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import structlog
import vosk

from voicemail.graph.composed_graph import composed_graph
from voicemail.graph.prepared_model import prepared, prepared_for_grammars
from voicemail.models.installed import InstalledModel

log = structlog.get_logger()

# By folder, of a model that was loaded with a composed graph also that graph's.
_loaded: dict[Path, tuple[Any, Path | None]] = {}
_for_grammars: dict[Path, Any] = {}
_loading = threading.Lock()


class ModelUnusable(Exception):
    """A model's folder is there and Vosk cannot load it. A retry helps after it was installed anew."""


def loaded_model(installed: InstalledModel, models_dir: Path) -> Any:
    """Vosk's object for a model, with its composed graph if there is one. Raises ModelUnusable."""
    folder = installed.path.resolve()
    with _loading:
        if folder not in _loaded:
            composed = composed_graph(folder, models_dir, installed.name)
            if composed is None or (model := _with_graph(installed, composed)) is None:
                model, composed = _load(installed, prepared(folder)), None
            _loaded[folder] = model, composed
        return _loaded[folder][0]


def loaded_for_grammars(installed: InstalledModel) -> Any:
    """Vosk's object that may be told what to listen for, of a model that is loaded. Raises ModelUnusable."""
    folder = installed.path.resolve()
    with _loading:
        model, composed = _loaded[folder]
        if composed is None:
            return model
        if folder not in _for_grammars:
            _for_grammars[folder] = _load(installed, prepared_for_grammars(folder, composed))
        return _for_grammars[folder]


def is_loaded_without_graph(installed: InstalledModel) -> bool:
    """Whether this process has the model, and composes its graph while it listens."""
    with _loading:
        return _loaded.get(installed.path.resolve(), (None, Path()))[1] is None


def forget(installed: InstalledModel | None = None) -> None:
    """Load it anew when it is needed next, or all of them: its graph may have been composed. Who has it keeps it so long."""
    with _loading:
        for folder in [installed.path.resolve()] if installed else list(_loaded):
            _loaded.pop(folder, None)
            _for_grammars.pop(folder, None)


def _load(installed: InstalledModel, laid_out: AbstractContextManager[Path]) -> Any:
    try:
        with laid_out as given:
            return vosk.Model(model_path=str(given))
    except Exception as error:  # Vosk raises no class of its own
        raise ModelUnusable(f"Vosk cannot load the model in {installed.path}; remove and install it anew") from error


def _with_graph(installed: InstalledModel, composed: Path) -> Any:
    try:
        return _load(installed, prepared(installed.path.resolve(), composed))
    except ModelUnusable:  # it works without
        log.warning(
            "model.graph_not_used", model=installed.name, reason=f"Vosk cannot load {composed}; compose it anew"
        )
        return None
