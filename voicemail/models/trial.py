"""Tries a model: `python -m voicemail.models.trial FOLDER` loads it and lets it hear two seconds of noise.

Exit status 0: it works. 1: Vosk refuses it, and says why. Anything else: it ended the process.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

_CPU_SECONDS = 300
_RATE_HZ = 16_000


def main(folder: Path) -> int:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    except (ImportError, ValueError, OSError):  # not on every system
        pass
    import vosk

    vosk.SetLogLevel(-1)
    try:
        recogniser = vosk.KaldiRecognizer(vosk.Model(model_path=str(folder)), float(_RATE_HZ))
        recogniser.SetWords(True)
        recogniser.AcceptWaveform(_noise())
        recogniser.FinalResult()
    except Exception as error:  # noqa: BLE001  # Vosk raises no class of its own
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


def _noise() -> bytes:
    dice = random.Random(1)  # noqa: S311
    return b"".join(dice.randint(-3_000, 3_000).to_bytes(2, "little", signed=True) for _ in range(2 * _RATE_HZ))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
