"""The secret key of the installation: set by the operator, or made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from runtime.config import ConfigurationError

MIN_CHARACTERS = 16


def secret_key(configured: str, data_dir: Path) -> str:
    """The configured key, or the one in `data_dir/secret.key`, which is made if there is none (only its owner can read it).

    Raises ConfigurationError for a key that is too short.
    """
    if configured:
        if len(configured) < MIN_CHARACTERS:
            raise ConfigurationError(
                f"RINGBACK_SECRET_KEY has fewer than {MIN_CHARACTERS} characters; use a longer one"
            )
        return configured
    path = data_dir / "secret.key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = path.read_text("ascii").strip()
        if len(kept) < MIN_CHARACTERS:
            raise ConfigurationError(
                f"{path} has no secret key; restore it from a backup, or delete it to make a new one"
            ) from None
        return kept
    fresh = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(fresh)
        file.flush()
        os.fsync(file.fileno())
    return fresh
