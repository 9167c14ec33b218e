"""The emergency documents for the provider's fallback address: an apology and a mailbox, rendered in advance.

They are rendered when flows are published, and kept in memory and in a file. Answering with them needs neither SQL nor
Redis nor the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from flows.company.company import Company
from flows.emergency import emergency
from flows.last_resort import goodbye
from flows.model import Flow
from flows.verbs import HangUp, Play, Verb
from ivr.providers.twiml import NotTwiml, audio_address, checked, render

# The turn number of a recording that was made by an emergency document.
EMERGENCY_TURN = 0

# The answer when the prepared documents cannot be read either.
LAST_WORDS = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<Response><Say language="en-GB">We are sorry, we cannot take your call now. Please ring again later.</Say></Response>'
)


@dataclass(frozen=True, slots=True)
class EmergencyLinks:
    """Links from an emergency document to the fallback address."""

    base_url: str
    state: str = ""
    playable: frozenset[str] = frozenset()
    caller_id: str = ""  # it transfers nobody

    def back(self, on: str) -> str:
        return f"{self.base_url}/twilio/fallback?{urlencode({'on': on})}"

    def recording(self) -> str:
        return f"{self.base_url}/twilio/recording?turn={EMERGENCY_TURN}"

    def audio(self, recording: Play) -> str | None:
        return audio_address(self.base_url, recording) if recording.content in self.playable else None

    def with_state(self, state: str) -> EmergencyLinks:
        return EmergencyLinks(self.base_url, state, self.playable)


@dataclass(frozen=True, slots=True)
class EmergencyDocuments:
    """What a caller hears when nothing else works: `mailbox`, then `farewell` after the recording."""

    mailbox: bytes
    farewell: bytes

    @staticmethod
    def prepare(
        flow: Flow, company: Company, base_url: str, playable: Callable[[Iterable[Verb]], frozenset[str]]
    ) -> EmergencyDocuments:
        """`playable` says which recordings of some verbs are at hand."""
        verbs = emergency(flow, company)
        links = EmergencyLinks(base_url, playable=playable(verbs))
        return EmergencyDocuments(
            mailbox=render(verbs, links, company.voices),
            farewell=render((goodbye(flow.languages[0]), HangUp()), links, company.voices),
        )

    def keep(self, folder: Path) -> None:
        """Write the documents to a file for the next start, which may have no SQL."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in (("mailbox.xml", self.mailbox), ("farewell.xml", self.farewell)):
            fresh = folder / f".{name}"
            fresh.write_bytes(document)
            fresh.replace(folder / name)

    @staticmethod
    def kept(folder: Path) -> EmergencyDocuments | None:
        """The documents of an earlier start, or None."""
        try:
            return EmergencyDocuments(
                mailbox=checked((folder / "mailbox.xml").read_bytes()),
                farewell=checked((folder / "farewell.xml").read_bytes()),
            )
        except (OSError, NotTwiml):
            return None
