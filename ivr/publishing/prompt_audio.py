"""Audio files of a flow's folder become what the telephone plays: mono, 8 kHz, 16 bits, whatever their form was.

They are decoded in the same way, and in the same process apart, as the messages of callers.
"""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import wave
from collections.abc import Iterable, Mapping
from pathlib import Path

from flows.checks.pace import prompt_seconds
from flows.files.loader import Definitions, load_folder
from flows.prompts.recorded import LONGEST_RECORDING_SECONDS, AudioFile, AudioRefused, Recorded
from flows.verbs import Play, Say

RATE_HZ = 8_000
MAX_BYTES = 40 * 1024 * 1024
_FORM = re.compile(r"in a form \(([^)]*)\)")
# About -46 dB under full scale: quieter files are silence to a caller.
_QUIETEST = 0.005


def read_definitions(folder: Path) -> Definitions:
    """Read a folder of definitions and listen to the audio files that its flows name. Raises OSError."""
    return load_folder(folder, listen)


def listen(content: bytes) -> AudioFile:
    """Decode an audio file as calls play it. Raises AudioRefused with the reason."""
    # The libraries behind it are large, and most folders hold no audio.
    from voicemail.audio.decoders import DecoderUnusable
    from voicemail.audio.recording_audio import AudioUnreadable, examine, mixed

    if len(content) > MAX_BYTES:
        raise AudioRefused(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            sound = examine(Path(file.name))
        except AudioUnreadable as error:
            raise AudioRefused(_of_a_prompt(str(error))) from None
        except DecoderUnusable as error:
            raise AudioRefused(f"no audio can be decoded on this machine ({error})") from None
    if sound.fault:
        raise AudioRefused(_of_a_prompt(sound.fault))
    if sound.seconds > LONGEST_RECORDING_SECONDS:
        raise AudioRefused(f"it lasts {sound.seconds:.0f} s; a prompt lasts {LONGEST_RECORDING_SECONDS} s at most")
    if max(sound.levels) < _QUIETEST:
        raise AudioRefused("nothing can be heard in it")
    samples = mixed(sound)
    if sound.working_rate_hz != RATE_HZ:
        import numpy as np
        import soxr

        narrow = soxr.resample(samples.astype(np.float32), sound.working_rate_hz, RATE_HZ)
        samples = np.clip(np.round(narrow), -32_768, 32_767).astype("<i2")
    wav = _wav(samples.astype("<i2").tobytes())
    return AudioFile(Recorded(hashlib.sha256(wav).hexdigest(), round(len(samples) / RATE_HZ, 2)), wav)


def recording_of(heard: Iterable[Say | Play], audio: Mapping[str, AudioFile]) -> bytes:
    """One WAV of what a caller heard: recordings as they are played, silence as long as words take to say."""
    pcm = b""
    for words in heard:
        if isinstance(words, Play) and words.audio in audio:
            with wave.open(io.BytesIO(audio[words.audio].wav)) as sound:
                pcm += sound.readframes(sound.getnframes())
        else:
            pcm += bytes(int(prompt_seconds((words,)) * RATE_HZ) * 2)
    return _wav(pcm)


def _of_a_prompt(sentence: str) -> str:
    """The decoder's sentence about a message, as it is said of a prompt."""
    if form := _FORM.search(sentence):
        return f"its form ({form[1]}) is none that is played here; save it as WAV or MP3"
    words = sentence.replace("The recording", "it").replace("the recording", "it").removesuffix(".")
    return words[0].lower() + words[1:]


def _wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(pcm)
    return file.getvalue()
