"""Reads TwiML documents as strictly as a carrier does, so that mistakes are found before real calls.

Source of names, ranges, defaults and codes: Twilio's TwiML pages, listed in docs/twiml-rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError, fromstring

from ivr.line.twiml import attribute_names
from ivr.line.twiml.attributes import Attributes, Notice
from ivr.line.twiml.verbs import Dial, Gather, Hangup, Pause, Play, Record, Redirect, Reject, Say, Verb

MAX_BODY_BYTES = 64 * 1024
_METHODS = ("GET", "POST")


class DocumentFailed(Exception):
    """A document could not be fetched or played; `code` is Twilio's. The fallback is asked next."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Document:
    """The document at `url`. Its addresses are resolved against `url`."""

    url: str
    verbs: tuple[Verb, ...]
    warnings: tuple[Notice, ...] = ()


def read(body: bytes, content_type: str, url: str) -> Document:
    """Read the answer of a webhook by its content type. Raises DocumentFailed with Twilio's code."""
    if len(body) > MAX_BODY_BYTES:
        raise DocumentFailed(11750, f"the answer of {url} is larger than 64 kB")
    kind = content_type.partition(";")[0].strip().lower()
    match kind:
        case "text/xml" | "application/xml" | "text/html":
            return _parse(body, url)
        case "text/plain":
            try:
                return _parse(body, url)
            except DocumentFailed:
                return Document(url, (Say(body.decode(errors="replace").strip()), Hangup()))
        case _ if kind.startswith("audio/"):
            return Document(url, (Play(url), Hangup()))
        case _:
            raise DocumentFailed(
                12300, f"the answer of {url} has content type {content_type or '(none)'!r}: send text/xml"
            )


def _parse(body: bytes, url: str) -> Document:
    if not body.strip():
        raise DocumentFailed(11770, f"the answer of {url} is empty: send at least <Response/>")
    if b"<!DOCTYPE" in body:
        raise DocumentFailed(12100, "a document type is not allowed in TwiML")
    try:
        root = fromstring(body)  # noqa: S314  # no document type, so no entities; at most 64 kB
    except ParseError as error:
        raise DocumentFailed(12100, f"the answer of {url} is not XML: {error}") from None
    if root.tag != "Response":
        raise DocumentFailed(12102, f"the root of {url} is <{root.tag}>: it must be <Response>")
    notices: list[Notice] = []
    Attributes(root, (), notices)
    _no_loose_text(root, notices)
    return Document(url, tuple(_verb(element, url, notices) for element in root), tuple(notices))


def _verb(element: Element, url: str, notices: list[Notice]) -> Verb:
    match element.tag:
        case "Say":
            return _say(element, notices)
        case "Play":
            return _play(element, url, notices)
        case "Pause":
            _childless(element)
            return Pause(Attributes(element, ("length",), notices).whole("length", 1, 1, 14400, 13910))
        case "Gather":
            return _gather(element, url, notices)
        case "Record":
            return _record(element, url, notices)
        case "Dial":
            return _dial(element, url, notices)
        case "Redirect":
            _childless(element)
            attributes = Attributes(element, ("method",), notices)
            return Redirect(urljoin(url, _text(element)), attributes.choice("method", "POST", _METHODS, 13710))
        case "Hangup":
            _childless(element)
            Attributes(element, (), notices)
            return Hangup()
        case "Reject":
            _childless(element)
            reason = Attributes(element, ("reason",), notices).choice("reason", "rejected", ("rejected", "busy"), 12200)
            return Reject("busy" if reason == "busy" else "rejected")
        case "Enqueue" | "Leave" | "Connect" | "Start" | "Stop" | "Refer" | "Sms" | "Pay" | "Prompt" | "Echo":
            raise DocumentFailed(12200, f"<{element.tag}> is TwiML, but the line does not play it")
        case _:
            raise DocumentFailed(
                12200, f"<{element.tag}> is not a verb; verbs begin with a capital letter: Say, Gather …"
            )


def _say(element: Element, notices: list[Notice]) -> Say:
    for child in element.iter():
        if child is not element and child.tag.rpartition(":")[2] not in attribute_names.SSML:
            raise DocumentFailed(12200, f"<{child.tag}> cannot stand in <Say>")
    attributes = Attributes(element, ("voice", "language", "loop"), notices)
    text = " ".join("".join(element.itertext()).split())
    if not text:
        attributes.warn(13520, "has no text; it is silent")
    return Say(
        text,
        attributes.text("language", "en-US"),
        attributes.text("voice", "man"),
        attributes.whole("loop", 1, 0, 1000, 13510),
    )


def _play(element: Element, url: str, notices: list[Notice]) -> Play:
    _childless(element)
    attributes = Attributes(element, ("loop", "digits"), notices)
    text, digits = _text(element), attributes.text("digits", "")
    if not text and not digits:
        raise DocumentFailed(11100, "<Play> has neither an address nor digits")
    return Play(urljoin(url, text) if text else "", digits, attributes.whole("loop", 1, 0, 1000, 13410))


def _gather(element: Element, url: str, notices: list[Notice]) -> Gather:
    attributes = Attributes(element, attribute_names.GATHER, notices)
    prompts: list[Say | Play | Pause] = []
    for child in element:
        match _verb(child, url, notices) if child.tag in ("Say", "Play", "Pause") else None:
            case Say() | Pause() as prompt:
                prompts.append(prompt)
            case Play(digits=digits) as prompt:
                if digits:
                    attributes.warn(13322, "cannot play digits; they are left out")
                else:
                    prompts.append(prompt)
            case _:
                raise DocumentFailed(13320, f"<{child.tag}> cannot stand in <Gather>: only Say, Play and Pause can")
    _no_loose_text(element, notices)
    timeout = attributes.text("timeout", "5")
    return Gather(
        prompts=tuple(prompts),
        action=urljoin(url, attributes.text("action", "")),
        method=attributes.choice("method", "POST", _METHODS, 13312),
        takes_keys="dtmf"
        in attributes.choice("input", "dtmf", ("dtmf", "speech", "dtmf speech", "speech dtmf"), 12200),
        timeout_seconds=5 if timeout == "auto" else attributes.whole("timeout", 5, 1, 3600, 13313),
        finish_on_key=attributes.keys("finishOnKey", "#", 1, 13310),
        num_digits=attributes.whole("numDigits", 0, 1, 1000, 13314),
        action_on_empty_result=attributes.flag("actionOnEmptyResult", False),
    )


def _record(element: Element, url: str, notices: list[Notice]) -> Record:
    if len(element):
        raise DocumentFailed(12200, f"<{element[0].tag}> cannot stand in <Record>")
    attributes = Attributes(element, attribute_names.RECORD, notices)
    transcribes = attributes.flag("transcribe", False, 13614)
    callback = attributes.text("recordingStatusCallback", "")
    events = frozenset(attributes.text("recordingStatusCallbackEvent", "completed").split())
    if events - {"in-progress", "completed", "absent"}:
        attributes.warn(12200, "recordingStatusCallbackEvent: in-progress, completed, absent; completed is used")
        events = frozenset({"completed"})
    return Record(
        action=urljoin(url, attributes.text("action", "")),
        method=attributes.choice("method", "POST", _METHODS, 13610),
        timeout_seconds=attributes.whole("timeout", 5, 0, 14400, 13611),
        finish_on_key=attributes.keys("finishOnKey", "1234567890*#", 12, 13613),
        max_seconds=attributes.whole("maxLength", 120 if transcribes else 3600, 2, 14400, 13612),
        play_beep=attributes.flag("playBeep", True, 13616),
        trims_silence=attributes.choice("trim", "trim-silence", ("trim-silence", "do-not-trim"), 12200)
        == "trim-silence",
        callback_url=urljoin(url, callback) if callback else "",
        callback_method=attributes.choice("recordingStatusCallbackMethod", "POST", _METHODS, 12200),
        callback_events=events,
    )


def _dial(element: Element, url: str, notices: list[Notice]) -> Dial:
    attributes = Attributes(element, attribute_names.DIAL, notices)
    numbers: list[str] = []
    for child in element:
        if child.tag in ("Client", "Sip", "Conference", "Queue", "Application", "WhatsApp", "Sim"):
            raise DocumentFailed(13215, f"<{child.tag}> is TwiML, but the line dials numbers only")
        if child.tag != "Number":
            raise DocumentFailed(13215, f"<{child.tag}> cannot stand in <Dial>")
        noun = Attributes(child, attribute_names.NUMBER, notices)
        for name in ("url", "statusCallback"):
            if noun.text(name, ""):
                noun.warn(12200, f"{name}: the line leaves the other side of a transfer alone")
        numbers.append(_text(child))
    numbers = [number for number in ((element.text or "").strip(), *numbers) if number]
    if not numbers:
        raise DocumentFailed(13223, "<Dial> names no number")
    if len(numbers) > 10:
        attributes.warn(12200, "rings ten numbers at most; the others are left out")
    action = attributes.text("action", "")
    return Dial(
        numbers=tuple(numbers[:10]),
        action=urljoin(url, action) if action else "",
        method=attributes.choice("method", "POST", _METHODS, 13210),
        timeout_seconds=attributes.whole("timeout", 30, 5, 600, 13212),
        time_limit_seconds=attributes.whole("timeLimit", 14400, 1, 14400, 13216),
        hangup_on_star=attributes.flag("hangupOnStar", False, 13213),
        answer_on_bridge=attributes.flag("answerOnBridge", False),
        sequential=attributes.flag("sequential", False),
    )


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _childless(element: Element) -> None:
    if len(element):
        raise DocumentFailed(12200, f"<{element[0].tag}> cannot stand in <{element.tag}>")


def _no_loose_text(element: Element, notices: list[Notice]) -> None:
    loose = [element.text, *(child.tail for child in element)]
    if any(text and text.strip() for text in loose):
        notices.append(Notice(12200, f"<{element.tag}> holds text outside its verbs; it is not spoken"))
