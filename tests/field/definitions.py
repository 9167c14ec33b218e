"""Small folders of definitions, written by tests as an author would write them."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

COMPANY = """\
spec: 1
organisation: {en: Amber Workshop, lv: Dzintara darbnīca}
default_language: en
home_country: LV
numbers: {default: desk}
calendars:
  always: {zone: Europe/Riga, week: {daily: "0:00-24:00"}}
queues:
  desk: {title: {en: Front desk}, calendar: always, targets: [{within: 4h}]}
teams:
  desk: {title: {en: Front desk}, numbers: ["+442079460123"]}
"""

RECORDED = """\
spec: 1
flow: desk
title: Desk
languages: [en]
start: welcome
nodes:
  welcome: {type: greeting, prompt: {en: {text: Welcome to the workshop., audio: welcome.wav}}, next: mailbox}
  mailbox:
    type: voicemail
    queue: desk
    prompt: {en: {text: Please leave a message after the tone., audio: leave.mp3}}
    exits: {saved: goodbye, empty: goodbye}
  goodbye: {type: end, prompt: {en: {audio: bye.wav}}}
"""


def write_folder(
    folder: Path, flow: str = RECORDED, company: str = COMPANY, audio: Mapping[str, bytes] | None = None
) -> Path:
    """Write company.yaml, desk.yaml and audio files by their names."""
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    (folder / "company.yaml").write_text(company, "utf-8")
    (folder / "desk.yaml").write_text(flow, "utf-8")
    for name, content in (audio or {}).items():
        (folder / "audio" / name).write_bytes(content)
    return folder


def tone(seconds: float, rate_hz: int = 44_100, channels: int = 2, form: str = "WAV", loudness: float = 0.3) -> bytes:
    """A sound file with a tone of 440 Hz."""
    wave = loudness * np.sin(2 * math.pi * 440 * np.arange(int(seconds * rate_hz)) / rate_hz)
    file = io.BytesIO()
    soundfile.write(file, np.column_stack([wave] * channels).astype("float32"), rate_hz, format=form)
    return file.getvalue()
