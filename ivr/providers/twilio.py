"""Twilio's door: whether a request is really Twilio's, and what its form says."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import structlog
from twilio.request_validator import HMAC_SHA1, add_port, get_signature_algorithm, remove_port

from customers.phone import called_address, caller_address
from flows.inputs import Dialed, DialStatus, Digits, HungUp, Input, Recorded, Silence, Trouble
from ivr.calls.call import FINAL, STATUSES, CallStatus

log = structlog.get_logger()

MAX_FIELDS = 200
MAX_BODY_BYTES = 64 * 1024
_MAX_DIGITS = 200
_MAX_ERROR_CHARACTERS = 40

# Twilio's own ids, and the UUIDs of compatible providers (Somleng, SignalWire).
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_CALL_SID = re.compile(rf"CA[0-9a-fA-F]{{32}}|{_UUID}")
_RECORDING_SID = re.compile(rf"RE[0-9a-fA-F]{{32}}|{_UUID}")
_DIGITS = re.compile(r"[0-9*#A-D]*")
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,9})?", re.ASCII)
_RECORD_VERB = "recordverb"
_DIRECTION = re.compile(r"[a-z-]{1,16}")

_DIAL_STATUS: dict[str, DialStatus] = {
    "completed": "completed",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}


class BadRequest(Exception):
    """A signed request that does not have the form of the provider's; the message says what is wrong with it."""


class Form:
    """The fields of a form in the provider's own bytes: blank ones kept, repeated ones kept, nothing stripped."""

    def __init__(self, body: bytes) -> None:
        self._values: dict[str, list[str]] = {}
        try:
            pieces = body.decode("ascii").split("&")
            if len(pieces) > MAX_FIELDS:
                raise BadRequest(f"the form has more than {MAX_FIELDS} fields")
            for piece in pieces:
                if piece:
                    name, value = _field(piece)
                    self._values.setdefault(name, []).append(value)
        except UnicodeError as error:
            raise BadRequest(f"the form cannot be read: {error}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        return self._values[name]

    def signed_text(self) -> str:
        """The fields as a signature covers them: sorted by name, each name with each of its different values after it."""
        return "".join(
            [
                name + value
                for name, values in sorted(self._values.items())
                for value in (values if len(values) == 1 else sorted(set(values)))
            ]
        )

    def get(self, name: str, default: str = "") -> str:
        """The one value of a field. Raises BadRequest when it stands there twice with different values."""
        values = self._values.get(name)
        if not values:
            return default
        if len(values) > 1 and len(set(values)) > 1:
            raise BadRequest(f"the form has {name} twice")
        return values[0]


@lru_cache(maxsize=4_096)
def _field(piece: str) -> tuple[str, str]:
    """A field as it is written. Most of a form is the same in every request of a call, or of all calls. Raises UnicodeError."""
    name, _, value = piece.partition("=")
    return _decoded(name), _decoded(value)


def _decoded(text: str) -> str:
    """What a part of a form says. Written out because the standard library's way costs a turn 15 µs (docs/performance.md)."""
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, errors="strict") if "%" in text else text


class SignatureCheck:
    """Checks X-Twilio-Signature on the configured public address; what a request says about its own host counts nothing.

    Only HMAC-SHA1 with the auth token is accepted: the algorithm is the operator's choice, not the request's.
    """

    def __init__(self, auth_token: str, base_url: str) -> None:
        # A copy of it takes the text without giving the interpreter's lock away, which hmac.digest does (docs/performance.md).
        self._mac = hmac.new(auth_token.encode(), digestmod="sha1")
        self._bases = _with_and_without_port(base_url)

    def is_true(
        self, raw_path: str, raw_query: str, form: Form | None, signature: str | None, settings: str | None
    ) -> bool:
        """Whether the signature is right for this path, query and form under the public address."""
        rest = f"{raw_path}?{raw_query}" if raw_query else raw_path
        return self._is_true([base + rest for base in self._bases], form, signature, settings)

    def is_true_for(self, url: str, form: Form | None, signature: str | None, settings: str | None = None) -> bool:
        """The same for a whole URL. Like the SDK it takes the URL with and without its port."""
        return self._is_true(_with_and_without_port(url), form, signature, settings)

    def _is_true(self, urls: Iterable[str], form: Form | None, signature: str | None, settings: str | None) -> bool:
        if not signature or (settings and get_signature_algorithm(settings) != HMAC_SHA1):
            return False
        given = signature.encode("utf-8", "replace")
        fields = form.signed_text() if form else ""
        return any(hmac.compare_digest(self._signature(url + fields), given) for url in urls)

    def _signature(self, text: str) -> bytes:
        mac = self._mac.copy()
        mac.update(text.encode())
        return b64encode(mac.digest())


def _with_and_without_port(url: str) -> list[str]:
    parts = urlsplit(url)
    return list(dict.fromkeys((remove_port(parts), add_port(parts))))


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """What every request says about its call. `from_number` is E.164 where it can be rung, else as sent; None when withheld."""

    provider_call_id: str
    from_number: str | None
    to_number: str | None
    status: CallStatus
    direction: str


def call_of(form: Form, account_sid: str, home_country: str = "") -> ProviderCall:
    """Read a call's facts strictly. Raises BadRequest: another account, no call id, an unknown status."""
    if form.get("AccountSid") != account_sid:
        raise BadRequest("the request is of another account")
    call_sid = form.get("CallSid")
    if not _CALL_SID.fullmatch(call_sid):
        raise BadRequest("CallSid is missing or has no form of a call id")
    status = status_of(form.get("CallStatus", "in-progress"))
    if status is None:
        raise BadRequest("CallStatus has an unknown value")
    direction = form.get("Direction", "inbound")
    if not _DIRECTION.fullmatch(direction):
        raise BadRequest("Direction has an unknown value")
    return ProviderCall(
        provider_call_id=call_sid,
        from_number=caller_address(form.get("From"), home_country),
        to_number=called_address(form.get("To")),
        status=status,
        direction=direction,
    )


def input_of(form: Form, on: str) -> Input:
    """Turn a request of an action URL into what the caller did. `on` is the part of our document that sent it.

    Raises BadRequest when the form does not fit. A recording without audio has no `recording_id`.
    """
    match on:
        case "silence":
            return Silence()
        case "gather":
            digits = form.get("Digits")
            if len(digits) > _MAX_DIGITS or not _DIGITS.fullmatch(digits):
                raise BadRequest("Digits are not keys")
            return Digits(digits) if digits else Silence()
        case "record":
            recording_id = recording_sid_of(form)
            seconds = seconds_of(form.get("RecordingDuration")) if recording_id is not None else 0
            end_key = form.get("Digits")
            if end_key == "hangup" or has_ended(form):
                return HungUp(recording_id, seconds)
            return Recorded(recording_id, seconds, end_key if _DIGITS.fullmatch(end_key) else "")
        case "empty":
            return Recorded(None, 0)
        case "dial":
            if has_ended(form):
                return HungUp()
            status = _DIAL_STATUS.get(form.get("DialCallStatus"))
            error = error_of(form)
            if status is None:
                code = f" and error {error}" if error else ""
                return Trouble(f"the provider reports DialCallStatus {form.get('DialCallStatus')[:20]!r}{code}")
            return Dialed(status, seconds_of(form.get("DialCallDuration")), error)
        case _:
            raise BadRequest("the address is not one of ours")


def error_of(form: Form) -> str:
    """What the provider says went wrong: its error code, else the answer of the other side's SIP server. Empty when nothing."""
    code = next((form.get(name) for name in ("ErrorCode", "DialCallErrorCode") if form.get(name)), "")
    if code in ("", "0"):
        sip = next((form.get(name) for name in ("DialSipResponseCode", "SipResponseCode") if form.get(name)), "")
        code = f"SIP {sip}" if sip and not sip.startswith("2") else ""
    return "".join(character for character in code if character.isprintable())[:_MAX_ERROR_CHARACTERS]


def recording_sid_of(form: Form) -> str | None:
    """The recording's id, from RecordingSid or else from the end of RecordingUrl; the URL itself is never used."""
    given = form.get("RecordingSid")
    if not given:
        given = urlsplit(form.get("RecordingUrl")).path.rstrip("/").rsplit("/", 1)[-1]
        given = given.removesuffix(".wav").removesuffix(".mp3")
    return given if _RECORDING_SID.fullmatch(given) else None


def recording_seconds_of(form: Form) -> int | None:
    """How long the provider says the recording is; None when it does not know."""
    return seconds_of(form.get("RecordingDuration"))


def began_by_record_verb(source: str | None) -> bool | None:
    """Whether a recording was begun by <Record> in a document; None when the provider does not say.

    The others are of conferences, transfers, trunks and of the REST interface: another application's, and never messages.
    Source: https://www.twilio.com/docs/voice/api/recording ("source").
    """
    return source.lower() == _RECORD_VERB if source else None


def has_ended(form: Form) -> bool:
    """Whether the call is over already: the answer will be ignored."""
    return status_of(form.get("CallStatus")) in FINAL


def status_of(text: str) -> CallStatus | None:
    """A call's status as the provider writes it: `no-answer`; None for one that is not known."""
    named = text.replace("-", "_").replace("initiated", "queued")
    return next((status for status in STATUSES if status == named), None)


def seconds_of(text: str) -> int | None:
    """A length as the provider writes it, in whole seconds; None when it is not known: absent, negative, or unreadable.

    What is longer than nothing is at least 1, so that 0 always means that the provider measured nothing.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
        return max(1, round(seconds)) if seconds > 0 else 0
    if text not in ("", "-1"):
        log.warning("provider.unreadable_length", length=text[:20])
    return None
