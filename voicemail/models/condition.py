"""Whether an installed model can be used: what can be seen from its files, and what a trial showed.

Vosk loads a model that lacks files, and ends the whole process on some damaged ones. So each model is tried once by a process
of its own, and the result is kept with a fingerprint of the model's files.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import structlog

from voicemail.models.installed import InstalledModel

log = structlog.get_logger()

_KEPT_IN = "tried"  # in the models folder
# The trial ends itself after five minutes of CPU; a big model needs some tens of seconds.
_TRIAL_SECONDS = 600
_AGAIN_SECONDS = 600
_IVECTOR_FILES = ("final.ie", "final.dubm", "final.mat", "global_cmvn.stats", "online_cmvn.conf", "splice.conf")


@dataclass(frozen=True, slots=True)
class _Trial:
    """A trial of a model with just these files: the fault that it found, and when."""

    files: str
    fault: str | None
    at: float


class _Undecided(Exception):
    """The trial says nothing about the model: it could not be run, or was killed."""


def missing_files(folder: Path) -> list[str]:
    """The files without which Vosk cannot use a model, as paths inside of it."""
    if not (folder / "am").is_dir():  # the older layout, without folders
        needed = ["final.mdl", "mfcc.conf"]
        has_graph = (folder / "HCLG.fst").is_file() or (folder / "HCLr.fst").is_file()
        return [name for name in needed if not (folder / name).is_file()] + ([] if has_graph else ["HCLG.fst"])
    features = "conf/fbank.conf" if (folder / "conf" / "fbank.conf").is_file() else "conf/mfcc.conf"
    needed = ["am/final.mdl", "conf/model.conf", features]
    if not (folder / "graph" / "HCLG.fst").is_file():
        needed += ["graph/HCLr.fst", "graph/Gr.fst", "graph/disambig_tid.int"]
    if (folder / "ivector" / "final.ie").is_file() or _wants_ivectors(folder / "am" / "final.mdl"):
        needed += [f"ivector/{name}" for name in _IVECTOR_FILES]
    return [name for name in needed if not (folder / name).is_file()]


def known_fault(model: InstalledModel, models_dir: Path) -> str | None:
    """What is wrong with a model, as far as it is known without a trial; None if nothing is."""
    if missing := missing_files(model.path):
        return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing in {model.path}"
    trial = _last_trial(model, models_dir)
    return trial.fault if trial else None


def fault(model: InstalledModel, models_dir: Path) -> str | None:
    """What is wrong with a model; None if it can be used. The first time a process tries it, for some seconds.

    A fault that a trial found is looked for again after ten minutes: it may have been a lack of memory.
    """
    if missing_files(model.path):
        return known_fault(model, models_dir)
    trial = _last_trial(model, models_dir)
    if trial is None or (trial.fault is not None and time.time() > trial.at + _AGAIN_SECONDS):
        try:
            trial = _tried(model.path.resolve(), _fingerprint(model.path), int(time.time() // _AGAIN_SECONDS))
        except _Undecided as reason:
            log.warning("model.not_tried", model=model.name, reason=str(reason))
            return None
        with suppress(OSError):
            _file(model, models_dir).parent.mkdir(parents=True, exist_ok=True)
            _file(model, models_dir).write_text(json.dumps(asdict(trial)))
    return trial.fault


@lru_cache(maxsize=64)
def _tried(folder: Path, fingerprint: str, _time_slot: int) -> _Trial:
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "voicemail.models.trial", str(folder)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _Undecided(str(error)[:200]) from error
    match done.returncode:
        case 0:
            found = None
        case 1 if said := done.stdout.decode(errors="replace").strip():
            found = f"Vosk cannot use it: {said.splitlines()[-1][:200]}"
        case -9:
            raise _Undecided("the trial was killed; perhaps memory ran out")
        case _:
            found = "Vosk crashes or hangs with it"
    return _Trial(fingerprint, found, time.time())


def _last_trial(model: InstalledModel, models_dir: Path) -> _Trial | None:
    """The trial of just these files that is on record."""
    try:
        trial = _Trial(**json.loads(_file(model, models_dir).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return trial if trial.files == _fingerprint(model.path) else None


def _file(model: InstalledModel, models_dir: Path) -> Path:
    return models_dir / _KEPT_IN / f"{model.name}.json"


def _fingerprint(folder: Path) -> str:
    found = hashlib.sha256()
    for root, folders, files in os.walk(folder.resolve(), followlinks=True):
        folders.sort()
        for name in sorted(files):
            about = Path(root, name).stat()
            found.update(f"{root}/{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _wants_ivectors(acoustic_model: Path) -> bool:
    try:
        with acoustic_model.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"input-node name=ivector") >= 0
    except (OSError, ValueError):  # it is missing, or empty
        return False
