"""Structured logs: an event and its fields, telephone numbers masked, nothing that a caller said or pressed."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import orjson
import structlog

from runtime.logs.log_lines import LogLines
from runtime.logs.repeated_lines import RepeatedLines

_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{5,}[0-9]")
# A person's address that is no number: what comes after the scheme.
_ADDRESS = re.compile(r"\b(sips?|client|whatsapp|tel):[^\s@;,'\"]+", re.IGNORECASE)
_SECRET_FIELDS = frozenset({"digits", "keys", "text", "words", "name", "token", "secret", "nonce", "authorization"})
# Fields whose digits are not a telephone number.
_PLAIN_FIELDS = frozenset(
    {
        "timestamp",
        "call_id",
        "provider_call_id",
        "callback_id",
        "voicemail_id",
        "recording_id",
        "version",
        "url",
        "path",
        "port",
    }
)
MAX_FIELD_CHARACTERS = 1_000


def set_up_logging(process: str, log_format: str = "auto", *, at_once: bool = True) -> None:
    """Send the logs of structlog and the standard library to standard error, as `console` lines or `json`.

    `auto` is console on a terminal, else JSON. Every line has the name of the process. Unless `at_once`, a thread writes
    the lines soon after (log_lines.py).
    """
    as_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=28)
        if as_console
        else structlog.processors.JSONRenderer(_as_json)
    )

    def name_process(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"process": process, **fields}

    shared: list[structlog.typing.Processor] = [
        name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if as_console else "iso", utc=not as_console),
        structlog.processors.format_exc_info,
        mask_private,
    ]
    structlog.configure(
        processors=[RepeatedLines(), *shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, sys.stderr if at_once else LogLines(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def mask_private(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask telephone numbers, drop keys and words of callers, shorten long values."""
    for name, value in fields.items():
        if name in _SECRET_FIELDS:
            fields[name] = "•••"
        elif isinstance(value, str) and name not in _PLAIN_FIELDS:
            if _NUMBER.search(value):
                value = _NUMBER.sub(lambda match: mask_number(match[0]), value)
            if ":" in value:
                value = _ADDRESS.sub(r"\1:•••", value)
            # What was raised stands at the end of a traceback.
            fields[name] = value[-MAX_FIELD_CHARACTERS:] if name == "exception" else value[:MAX_FIELD_CHARACTERS]
    return fields


def _as_json(fields: MutableMapping[str, Any], **_options: Any) -> str:
    try:
        return orjson.dumps(fields, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a lone surrogate, or a number beyond 64 bits
        return json.dumps(fields, default=repr)


def mask_number(number: str) -> str:
    """Mask a number but keep it recognisable: +371•••••001."""
    digits = [place for place, letter in enumerate(number) if letter.isdigit()]
    if len(digits) < 7:
        return number
    hidden = set(digits[3:-3])
    return "".join("•" if place in hidden else letter for place, letter in enumerate(number))
