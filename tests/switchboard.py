"""A provider for tests: signs as Twilio does, follows our documents, and keeps what it was answered."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import httpx2
from twilio.request_validator import RequestValidator

from runtime.config import Settings

CALLER = "+37120000001"
COMPANY_NUMBER = "+37167000000"


@dataclass(frozen=True)
class Document:
    """A TwiML answer."""

    bytes: bytes

    @property
    def root(self) -> ET.Element:
        return ET.fromstring(self.bytes)

    @property
    def verbs(self) -> list[str]:
        return [child.tag for child in self.root]

    @property
    def said(self) -> str:
        return " ".join(say.text or "" for say in self.root.iter("Say"))

    def action(self, verb: str) -> str:
        """Where a verb posts to."""
        element = self.root.find(verb)
        assert element is not None, f"no {verb} in {self.verbs}"
        return element.attrib["action"]

    def redirect(self) -> str:
        element = self.root.find("Redirect")
        assert element is not None and element.text
        return element.text


@dataclass
class Switchboard:
    """Posts to an application as the provider would. `account` has the credentials."""

    client: httpx2.AsyncClient
    account: Settings

    async def post(
        self, url: str, form: dict[str, Any], *, signature: str | None = None, **headers: str
    ) -> httpx2.Response:
        """Post a form to one of our addresses, signed on the public URL."""
        if url.startswith("/"):
            url = self.account.base_url + url
        body = urlencode(form)
        sign = RequestValidator(self.account.twilio_auth_token.get_secret_value()).compute_signature
        given = sign(url, form) if signature is None else signature
        parts = urlsplit(url)
        return await self.client.post(
            parts.path + (f"?{parts.query}" if parts.query else ""),
            content=body,
            headers={
                "content-type": "application/x-www-form-urlencoded",
                **({"x-twilio-signature": given} if given else {}),
                **headers,
            },
        )

    async def ring(self, from_number: str = CALLER, to: str = COMPANY_NUMBER) -> TestCall:
        """Ring, and take the first document."""
        call = TestCall(self, "CA" + secrets.token_hex(16), from_number, to)
        call.document = await call.send("/twilio/voice", CallStatus="ringing")
        return call


@dataclass
class TestCall:
    """One call under way."""

    __test__ = False

    switchboard: Switchboard
    sid: str
    from_number: str
    to: str
    document: Document = field(default_factory=lambda: Document(b""))
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def form(self, **more: Any) -> dict[str, Any]:
        return {
            "AccountSid": self.switchboard.account.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "CallStatus": "in-progress",
            "Called": self.to,
            "Caller": self.from_number,
            "CallerName": "",
            "Direction": "inbound",
            "From": self.from_number,
            "FromCity": "",
            "To": self.to,
            **more,
        }

    async def send(self, url: str, **more: Any) -> Document:
        form = self.form(**more)
        self.requests.append((url, form))
        response = await self.switchboard.post(url, form)
        assert response.status_code == 200, response.text
        return Document(response.content)

    async def tell(self, url: str, **more: Any) -> int:
        """Send a callback; return the status of the answer."""
        form = self.form(**more)
        self.requests.append((url, form))
        response = await self.switchboard.post(url, form)
        return response.status_code

    async def press(self, digits: str) -> Document:
        self.document = await self.send(self.document.action("Gather"), Digits=digits)
        return self.document

    async def stay_silent(self) -> Document:
        self.document = await self.send(self.document.redirect())
        return self.document

    async def record(self, recording: str, seconds: int = 12, **more: Any) -> Document:
        self.document = await self.send(
            self.document.action("Record"),
            RecordingSid=recording,
            RecordingUrl=f"https://evil.example/Recordings/{recording}",
            RecordingDuration=str(seconds),
            Digits="",
            **more,
        )
        return self.document

    async def recording_callback(self, recording: str, seconds: int = 12, status: str = "completed") -> int:
        record = self.document.root.find("Record")
        assert record is not None
        return await self.tell(
            record.attrib["recordingStatusCallback"],
            RecordingSid=recording,
            RecordingUrl=f"https://evil.example/Recordings/{recording}",
            RecordingStatus=status,
            RecordingDuration=str(seconds),
        )

    async def dialled(self, status: str, seconds: int = 0) -> Document:
        self.document = await self.send(
            self.document.action("Dial"), DialCallStatus=status, DialCallDuration=str(seconds)
        )
        return self.document

    async def complete(self, status: str = "completed", seconds: int = 30) -> int:
        return await self.tell(
            "/twilio/status", CallStatus=status, CallDuration=str(seconds), SequenceNumber="0", Timestamp="now"
        )


def new_recording() -> str:
    return "RE" + secrets.token_hex(16)
