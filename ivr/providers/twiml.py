"""Renders verbs as TwiML. The text is cleaned and escaped, and the document is parsed once before it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, assert_never
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from flows.prompts.recorded import words_instead
from flows.verbs import Dial, Gather, HangUp, Play, Record, Say, Verb

CONTENT_TYPE = "text/xml; charset=utf-8"
MAX_DOCUMENT_BYTES = 64 * 1024  # Twilio refuses larger documents with error 11750
MAX_SAY_CHARACTERS = 4_000
# A transfer costs money while it lasts; two hours are more than any front desk needs.
DIAL_LIMIT_SECONDS = 2 * 3600

# The number of rendered documents that are kept. Those of the shipped flows have less than 2 kB each.
KEPT_DOCUMENTS = 512
KEPT_PROMPTS = 4_096

# What XML 1.0 cannot hold (W3C XML 1.0, production 2); the SDK lets these pass and then the document does not parse.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_LANGUAGE_TAGS = {
    "en": "en-GB",
    "lv": "lv-LV",
    "ru": "ru-RU",
    "ko": "ko-KR",
    "de": "de-DE",
    "lt": "lt-LT",
    "et": "et-EE",
}
# From https://www.twilio.com/docs/voice/twiml/say; company.yaml sets others under `voices`.
_VOICES = {
    "en": "Polly.Amy",
    "lv": "Google.lv-LV-Standard-B",
    "ru": "Polly.Tatyana",
    "ko": "Polly.Seoyeon",
}
_STATE = re.compile(r"[A-Za-z0-9_-]*")
# The placeholder of the state in a kept document. `clean` removes it from all texts of flows.
_ANY_STATE = "\x01"
_MARKS = re.compile("[&<>\"'\n\r\t]")
_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
_ALLOWED = frozenset({"Response", "Say", "Play", "Gather", "Record", "Dial", "Number", "Hangup", "Redirect"})


class NotTwiml(Exception):
    """The rendered document is not valid TwiML; the message says why. A retry cannot help."""


class Links(Protocol):
    """The addresses in a document: `back` is the action of a verb, `recording` its recording callback.

    `audio` gives the public address of an audio file, or None when its text is spoken instead. `caller_id` is the number that
    the people of a transfer see, empty for the caller's own. `state` is the only part of
    `back` that differs between calls: letters, digits, - and _. Equal links give equal addresses.
    """

    @property
    def state(self) -> str: ...

    def back(self, on: str) -> str: ...

    def recording(self) -> str: ...

    def audio(self, recording: Play) -> str | None: ...

    @property
    def caller_id(self) -> str: ...

    def with_state(self, state: str) -> Links: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class TurnLinks:
    """The links of one turn. `base_url` is the public address; `state` is the token.

    `turn` is part of the recording callback, so that it finds its message in any order. `playable` are the
    hashes of the recorded prompts that this process has. `caller_id` is shown in the caller's place.
    """

    base_url: str
    state: str
    turn: int
    playable: frozenset[str] = frozenset()
    caller_id: str = ""

    def back(self, on: str) -> str:
        return f"{self.base_url}/twilio/turn?s={self.state}&on={on}"

    def recording(self) -> str:
        return f"{self.base_url}/twilio/recording?turn={self.turn}"

    def audio(self, recording: Play) -> str | None:
        return audio_address(self.base_url, recording) if recording.content in self.playable else None

    def with_state(self, state: str) -> TurnLinks:
        return TurnLinks(self.base_url, state, self.turn, self.playable, self.caller_id)


def audio_address(base_url: str, recording: Play) -> str:
    """The public address of a recording: nobody guesses the hash, and what lies under it never changes."""
    return f"{base_url}/twilio/audio/{recording.content}/{recording.audio.rsplit('.', 1)[0]}.wav"


def render(verbs: Sequence[Verb], links: Links, voices: Mapping[str, str] | None = None) -> bytes:
    """Render verbs as a TwiML document. A redirect follows each Gather (for silence) and each Record (for no message).

    Raises NotTwiml.
    """
    if not _STATE.fullmatch(links.state):
        raise NotTwiml("the state of the call has characters other than letters, digits, - and _")
    chosen = tuple(voices.items()) if voices else ()
    # Rendered and parsed once for all calls: only the state differs, and it cannot change the structure.
    document = _for_any_call(tuple(verbs), links.with_state(_ANY_STATE), chosen)
    packed = document.replace(_ANY_STATE, links.state).encode()
    _check_size(packed)
    return packed


@lru_cache(KEPT_DOCUMENTS)
def _for_any_call(verbs: tuple[Verb, ...], links: Links, voices: tuple[tuple[str, str], ...]) -> str:
    chosen = {**_VOICES, **dict(voices)}
    body = "".join([_rendered(verb, links, chosen) for verb in verbs])
    document = f"{_HEAD}<Response>{body}</Response>"
    _check(document.replace(_ANY_STATE, ""))
    return document


def checked(document: bytes) -> bytes:
    """Return the document if it parses, is small enough and has only our verbs. Raises NotTwiml."""
    _check_size(document)
    _check(document)
    return document


def _check_size(document: bytes) -> None:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise NotTwiml(f"the document has {len(document)} bytes, more than {MAX_DOCUMENT_BYTES}")


def _check(document: str | bytes) -> None:
    names: set[str] = set()
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _attributes: names.add(name)
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise NotTwiml(f"the document does not parse: {error}") from None
    if not names <= _ALLOWED:
        raise NotTwiml(f"the document has verbs that are never used: {', '.join(sorted(names - _ALLOWED))}")


def clean(text: str) -> str:
    """The text without characters that XML does not allow, cut to the length limit of Say."""
    return _NOT_XML.sub("", text)[:MAX_SAY_CHARACTERS]


def _rendered(verb: Verb, links: Links, voices: Mapping[str, str]) -> str:
    match verb:
        case Say():
            return _say(verb.text, verb.language, voices.get(verb.language))
        case Play():
            address = links.audio(verb)
            if address is not None:
                return f"<Play>{escape(address)}</Play>"
            words = verb.text or words_instead(verb.language)
            return _say(words, verb.language, voices.get(verb.language))
        case Gather():
            prompts = "".join([_rendered(prompt, links, voices) for prompt in verb.prompts])
            attributes = {
                "action": links.back("gather"),
                "method": "POST",
                "input": "dtmf",
                "timeout": str(verb.timeout_seconds),
                "finishOnKey": verb.finish_on_key,
            }
            if verb.num_digits:
                attributes["numDigits"] = str(verb.num_digits)
            return f"<Gather{_attributes(attributes)}>{prompts}</Gather>{_redirect(links.back('silence'))}"
        case Record():
            attributes = {
                "action": links.back("record"),
                "method": "POST",
                "timeout": str(verb.silence_seconds),
                "maxLength": str(verb.max_seconds),
                "finishOnKey": verb.finish_on_key,
                "playBeep": "true",
                "trim": "do-not-trim",
                "recordingStatusCallback": links.recording(),
                "recordingStatusCallbackMethod": "POST",
                "recordingStatusCallbackEvent": "completed absent",
            }
            return f"<Record{_attributes(attributes)}/>{_redirect(links.back('empty'))}"
        case Dial():
            attributes = {
                "action": links.back("dial"),
                "method": "POST",
                "timeout": str(verb.ring_seconds),
                "timeLimit": str(DIAL_LIMIT_SECONDS),
            }
            if links.caller_id:
                attributes["callerId"] = links.caller_id
            if verb.sequential:
                attributes["sequential"] = "true"
            numbers = "".join([f"<Number>{escape(number)}</Number>" for number in verb.numbers])
            return f"<Dial{_attributes(attributes)}>{numbers}</Dial>"
        case HangUp():
            return "<Hangup/>"
        case _:
            assert_never(verb)


@lru_cache(KEPT_PROMPTS)
def _say(text: str, language: str, voice: str | None) -> str:
    attributes = {"language": _LANGUAGE_TAGS.get(language, language)}
    if voice:
        attributes["voice"] = voice
    return f"<Say{_attributes(attributes)}>{escape(clean(text))}</Say>"


def _redirect(address: str) -> str:
    return f'<Redirect method="POST">{escape(address)}</Redirect>'


def _attributes(values: Mapping[str, str]) -> str:
    return "".join([f" {name}={_quoted(value)}" for name, value in values.items()])


def _quoted(value: str) -> str:
    return quoteattr(value) if _MARKS.search(value) else f'"{value}"'
