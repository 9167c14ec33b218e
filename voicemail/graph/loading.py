"""Loads a model into Vosk in the fastest form that works, and falls back to the model as it came."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import vosk

from voicemail.graph.const_fst import UnsupportedFormat
from voicemail.graph.model_folder import (
    with_composed_graph,
    with_empty_language_model,
    with_expanded_language_model,
)

Form = Literal["composed", "expanded", "grammar", "plain"]
_LayOut = Callable[[Path, Path], AbstractContextManager[Path | None]]

_FOR_MESSAGES: tuple[tuple[Form, _LayOut], ...] = (
    ("composed", with_composed_graph),
    ("expanded", with_expanded_language_model),
)
_FOR_GRAMMARS: tuple[tuple[Form, _LayOut], ...] = (
    ("grammar", with_empty_language_model),
    ("expanded", with_expanded_language_model),
)


class CannotLoad(Exception):
    """Vosk cannot load a model, or makes no recogniser of it. A retry helps after the model was installed anew."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """Vosk's object and the form in which it was loaded. `faults` say why a faster form was not used."""

    model: Any
    form: Form
    faults: tuple[str, ...]


def load(model_folder: Path, kept_in: Path, *, for_grammars: bool = False) -> LoadedModel:
    """Load a model: with its composed graph if `kept_in` holds one, else with its language model expanded, else as it came.

    With a composed graph Vosk accepts no grammars; `for_grammars` loads the model in a form that does. Raises CannotLoad.
    """
    faults: list[str] = []
    for form, lay_out in _FOR_GRAMMARS if for_grammars else _FOR_MESSAGES:
        try:
            with lay_out(model_folder, kept_in) as folder:
                if folder is not None:
                    return LoadedModel(_load(folder), form, tuple(faults))
        except (UnsupportedFormat, CannotLoad, OSError, MemoryError) as fault:
            faults.append(f"{form}: {fault or type(fault).__name__}")
    return LoadedModel(_load(model_folder), "plain", tuple(faults))


def _load(folder: Path) -> Any:
    try:
        model = vosk.Model(model_path=str(folder))
        # Vosk loads an incomplete model, and says so only here.
        vosk.KaldiRecognizer(model, 16_000.0)
    except Exception as error:  # Vosk raises no class of its own
        raise CannotLoad(f"Vosk cannot use it ({error})") from error
    return model
