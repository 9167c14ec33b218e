"""Prompts as they are written in a flow's file."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from flows.files.faults import suggestion
from flows.files.tree import Listing, Mapping, Text, Tree
from flows.limits import MAX_PROMPT_CHARS
from flows.prompts.prompt import Line, Prompt, clean, parse
from flows.prompts.recorded import Recorded
from flows.values.language import language_key

if TYPE_CHECKING:
    from flows.files.fields import Fields

AUDIO_FOLDER = "audio"
AUDIO_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.(wav|mp3)")


def read_prompt(fields: Fields, value: Tree, what: str) -> Prompt | None:
    """Read a prompt: a name from `prompts`, or a mapping of languages written in place."""
    if isinstance(value, Text):
        prompt = fields.reading.prompts.get(value.value)
        if prompt is None:
            names = fields.reading.prompts
            near = suggestion(value.value, names)
            fields.fault(
                value.mark,
                "UNKNOWN_PROMPT",
                f'{what} "{value.value}" is not under prompts.{near} Name one, or write texts by language: {{en: "…"}}.',
            )
        return prompt
    if isinstance(value, Listing):
        fields.fault(value.mark, "SHAPE", f"{what} must be a prompt's name or texts by language")
        return None
    lines: dict[str, Line] = {}
    for written_key, written in value.entries:
        key = replace(written_key, value=language_key(written_key.value))
        if key.value not in fields.reading.languages:
            known = ", ".join(fields.reading.languages)
            fields.fault(
                key.mark, "LANGUAGE", f'{what} has a text in "{key.value}", which is no language of this flow: {known}'
            )
            continue
        line = _read_line(fields, key, written, what)
        if line is not None:
            lines[key.value] = line
    return Prompt(lines) if lines else None


def _read_line(fields: Fields, key: Text, written: Tree, what: str) -> Line | None:
    def refuse(text: Tree, message: str) -> None:
        fields.fault(text.mark, "TEXT", f"{what} ({key.value}): {message}")

    text: Tree | None = written
    audio: Tree | None = None
    if isinstance(written, Mapping):
        inner = fields.inside(written, f"{what} ({key.value})", what, key.value)
        text, audio = inner.take("text"), inner.take("audio")
        inner.finish()
        if text is None and audio is None:
            refuse(written, "neither text nor audio")
            return None
    if isinstance(audio, Mapping | Listing) or isinstance(text, Mapping | Listing):
        refuse(written, "must be a text, or text and audio")
        return None
    if audio is not None and not AUDIO_NAME.fullmatch(audio.value):
        rule = "small letters, digits, - and _, ending in .wav or .mp3, such as welcome-lv.wav"
        refuse(audio, f'"{audio.value}" is not the name of an audio file: {rule}')
        return None
    words = text.value.strip() if text is not None else ""
    if text is not None and not words:
        refuse(text, "the text is empty")
        return None
    if text is not None and len(words) > MAX_PROMPT_CHARS:
        refuse(text, f"{len(words):,} characters; a caller listens to {MAX_PROMPT_CHARS:,} at most")
        return None
    if text is not None and clean(words, MAX_PROMPT_CHARS) != " ".join(words.split()):
        refuse(text, "holds characters that cannot be spoken (control or direction characters)")
        return None
    try:
        parts = parse(words)
    except ValueError as error:
        assert text is not None
        refuse(text, str(error))
        return None
    line = Line(words) if audio is None else Line(words, audio.value, recorded=_recorded(fields, audio))
    line = replace(line, parts=parts)
    if line.audio and line.values():
        refuse(written, f"an audio file cannot say {{{line.values()[0].name}}}; put the value into a prompt of its own")
        return None
    return line


def _recorded(fields: Fields, audio: Text) -> Recorded | None:
    """The audio file as it is played; a fault when it is missing or cannot be."""
    files = fields.reading.audio
    if files is None:
        return None
    match files.get(audio.value):
        case None:
            near = suggestion(audio.value, files)
            message = f'audio file "{audio.value}" is missing; put it into the folder {AUDIO_FOLDER}.{near}'
            fields.fault(audio.mark, "MISSING_AUDIO", message)
            return None
        case str(reason):
            fields.fault(audio.mark, "BROKEN_AUDIO", f'audio file "{audio.value}" cannot be played: {reason}')
            return None
        case found:
            return found
