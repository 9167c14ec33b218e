"""The recordings of the line: for each a WAV file and a JSON file in the data folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ivr.line.sound import Sound
from ivr.line.store.calls import API_VERSION, http_date, new_sid


@dataclass(frozen=True, slots=True)
class LineRecording:
    """One recording. Before `available_at` it cannot be fetched, as at Twilio (rule 21 of docs/twiml-rules.md)."""

    sid: str
    account_sid: str
    call_sid: str
    seconds: int
    created_at: datetime
    available_at: datetime

    def as_resource(self, base_url: str) -> dict[str, object]:
        """The recording in the form of Twilio's REST interface."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "call_sid": self.call_sid,
            "conference_sid": None,
            "channels": 1,
            "date_created": http_date(self.created_at),
            "date_updated": http_date(self.available_at),
            "start_time": http_date(self.created_at),
            "duration": str(self.seconds),
            "status": "completed",
            "source": "RecordVerb",
            "error_code": None,
            "price": None,
            "price_unit": "USD",
            "encryption_details": None,
            "media_url": base_url + uri,
            "uri": uri + ".json",
            "subresource_uris": {},
        }


def whole_seconds(sound: Sound) -> int:
    """The length in whole seconds, as Twilio reports it; at least one if there is any sound."""
    return max(1, round(sound.seconds)) if sound.pcm else 0


class RecordingStore:
    """Stores recordings in `folder`; it has no other state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, account_sid: str, call_sid: str, sound: Sound, available_in_seconds: float) -> LineRecording:
        now = datetime.now(UTC)
        recording = LineRecording(
            sid=new_sid("RE"),
            account_sid=account_sid,
            call_sid=call_sid,
            seconds=whole_seconds(sound),
            created_at=now,
            available_at=now + timedelta(seconds=available_in_seconds),
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        self.media(recording.sid).write_bytes(sound.wav())
        entry = asdict(recording) | {
            "created_at": recording.created_at.isoformat(),
            "available_at": recording.available_at.isoformat(),
        }
        self._entry(recording.sid).write_text(json.dumps(entry))
        return recording

    def find(self, sid: str) -> LineRecording | None:
        """The recording, once it is available and until it is deleted."""
        if re.fullmatch(r"RE[0-9a-f]{32}", sid) is None:
            return None
        recording = _read(self._entry(sid))
        return recording if recording and recording.available_at <= datetime.now(UTC) else None

    def media(self, sid: str) -> Path:
        """The path of the WAV file of a recording."""
        return self._folder / f"{sid}.wav"

    def delete(self, sid: str) -> None:
        self._entry(sid).unlink(missing_ok=True)
        self.media(sid).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[LineRecording]:
        """All available recordings, newest first."""
        found = (self.find(entry.stem) for entry in self._folder.glob("RE*.json"))
        return iter(sorted((each for each in found if each), key=lambda each: each.created_at, reverse=True))

    def _entry(self, sid: str) -> Path:
        return self._folder / f"{sid}.json"


def _read(entry: Path) -> LineRecording | None:
    try:
        values = json.loads(entry.read_text())
    except (FileNotFoundError, ValueError):
        return None
    for name in ("created_at", "available_at"):
        values[name] = datetime.fromisoformat(values[name])
    return LineRecording(**values)
