"""Recordings: fetched from the provider by their ids, kept on our disk under the hash of their content."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
import structlog
from pydantic import SecretStr

from runtime.config import Settings
from voicemail.audio.forms import HEAD_BYTES, UNKNOWN_TYPE, sniff

log = structlog.get_logger()

# Two hours at 8 kHz and 16 bits are 115.2 MB: the longest recording that is taken.
MAX_BYTES = 2 * 3600 * 8000 * 2 + 100_000
MAX_REDIRECTS = 3
# A provider that dribbles must not hold a worker for ever; two hours of audio at 64 kB/s take half of this.
MAX_DOWNLOAD_SECONDS = 3600.0
MIN_FREE_BYTES = 200_000_000

_RECORDING_ID = re.compile(
    r"RE[0-9a-f]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What storage and proxies say of a page about an error, and of a file whose ending they do not know: the content decides.
_NOT_AUDIO = ("text/", "application/json", "application/xml", "image/")


class RecordingTrouble(Exception):
    """A recording could not be had; the message is a sentence for an agent. Its subclasses say whether a retry can help."""


class RecordingNotReady(RecordingTrouble):
    """The provider does not have the file yet, or no longer (404). Worth a retry for some minutes."""


class ProviderTrouble(RecordingTrouble):
    """The provider is away, refuses us or answers nonsense. Worth a retry for days: the recording stays there."""


class AccountRefused(ProviderTrouble):
    """The provider does not know our account, or none is set. Worth a retry until the operator has mended it."""


class RecordingRefused(RecordingTrouble):
    """The recording can never be taken: its id is none, or it is too long. Not worth a retry."""


class DiskFull(RecordingTrouble):
    """There is no room for it here. Worth a retry when the operator has made some."""


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """Where recordings are fetched and as whom."""

    api_url: str
    account_sid: str
    auth_token: SecretStr

    @classmethod
    def of(cls, settings: Settings) -> ProviderAccount:
        return cls(settings.twilio_api_url, settings.twilio_account_sid, settings.twilio_auth_token)


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording on our disk. `media_type` is what its first bytes say, never what a header said."""

    sha256: str
    media_type: str
    bytes: int


def fetch(account: ProviderAccount, recording_id: str, recordings_dir: Path) -> StoredRecording:
    """Fetch a recording and store it; raises a RecordingTrouble. The address is built from ids only, never from a request.

    Redirects are followed (at most three), without our credentials when they lead to another host.
    Source: https://www.twilio.com/docs/voice/api/recording (media is behind Basic auth; 404 until completed).
    """
    url = recording_url(account, recording_id)
    recordings_dir.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(recordings_dir).free < MIN_FREE_BYTES:
        raise DiskFull("The disk of the server is full; the recording waits at the provider.")
    timeout = httpx2.Timeout(30.0, connect=10.0)
    headers = {"Accept-Encoding": "identity"}
    # A proxy of the environment is for the world outside, not for the line on this machine.
    is_outside = urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost")
    with httpx2.Client(timeout=timeout, headers=headers, follow_redirects=False, trust_env=is_outside) as client:
        try:
            return _follow(client, account, url, recordings_dir)
        except httpx2.HTTPError as error:
            raise ProviderTrouble(f"The provider could not be reached ({type(error).__name__}).") from error


def remove_at_provider(account: ProviderAccount, recording_id: str) -> None:
    """Delete the provider's copy; one that is gone is fine. Raises ProviderTrouble, worth a retry.

    Where the provider does not let us, it is said once: a retention rule in its console has to do it.
    """
    try:
        url = recording_url(account, recording_id).removesuffix(".wav") + ".json"
    except RecordingTrouble:
        return  # no account, or an id of another provider
    credentials = (account.account_sid, account.auth_token.get_secret_value())
    is_outside = urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost")
    try:
        with httpx2.Client(auth=credentials, timeout=15.0, trust_env=is_outside) as client:
            status = client.delete(url).status_code
    except httpx2.HTTPError as error:
        raise ProviderTrouble(f"The provider could not be reached ({type(error).__name__}).") from error
    if status in (401, 403, 405):
        log.error("recording.not_removed_at_provider", recording_id=recording_id, status=status)
    elif status not in (200, 202, 204, 404):
        raise ProviderTrouble(f"The provider answered with an error ({status}).")


def recording_url(account: ProviderAccount, recording_id: str) -> str:
    """The address of a recording's WAV. Raises RecordingRefused if an id is not of an id's form."""
    if not _RECORDING_ID.fullmatch(recording_id):
        raise RecordingRefused("The provider named a recording by something that is not a recording's id.")
    if not _ACCOUNT_ID.fullmatch(account.account_sid):
        raise AccountRefused("The account id is not set; set RINGBACK_TWILIO_ACCOUNT_SID.")
    return f"{account.api_url}/2010-04-01/Accounts/{account.account_sid}/Recordings/{recording_id}.wav"


def path_of(recordings_dir: Path, sha256: str) -> Path:
    """Where the recording of this content is kept: `ab/cdef….wav`."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256 in hex")
    return recordings_dir / sha256[:2] / f"{sha256[2:]}.wav"


def _follow(client: httpx2.Client, account: ProviderAccount, url: str, recordings_dir: Path) -> StoredRecording:
    home = _origin(url)
    for _ in range(MAX_REDIRECTS + 1):
        auth = None
        if _origin(url) == home:
            auth = httpx2.BasicAuth(account.account_sid, account.auth_token.get_secret_value())
        with client.stream("GET", url, auth=auth) as response:
            if response.status_code in (301, 302, 303, 307, 308) and "location" in response.headers:
                url = urljoin(url, response.headers["location"])
                if urlsplit(url).scheme not in ("http", "https"):
                    raise ProviderTrouble("The provider sent us to an address that is not on the web.")
                continue
            _check(response)
            return _store(response, recordings_dir)
    raise ProviderTrouble("The provider sent us from address to address without end.")


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _check(response: httpx2.Response) -> None:
    status = response.status_code
    if status == 404:
        raise RecordingNotReady("The provider does not have the recording yet.")
    if status in (401, 403):
        raise AccountRefused(
            f"The provider refuses our credentials ({status}): check RINGBACK_TWILIO_ACCOUNT_SID and "
            "RINGBACK_TWILIO_AUTH_TOKEN."
        )
    if status != 200:
        raise ProviderTrouble(f"The provider answered with an error ({status}).")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BYTES:
        raise RecordingRefused(_TOO_LONG)


_TOO_LONG = "The recording is longer than two hours and was left at the provider."


def _store(response: httpx2.Response, recordings_dir: Path) -> StoredRecording:
    digest = hashlib.sha256()
    head = b""
    size = 0
    is_called_a_page = response.headers.get("content-type", "").lower().startswith(_NOT_AUDIO)
    with tempfile.NamedTemporaryFile(dir=recordings_dir, prefix=".part-", delete=False) as file:
        part = Path(file.name)
        try:
            for block in _patiently(response):
                size += len(block)
                if size > MAX_BYTES:
                    raise RecordingRefused(_TOO_LONG)
                head += block[: HEAD_BYTES - len(head)]
                digest.update(block)
                file.write(block)
            length = response.headers.get("content-length", "")
            if length.isdecimal() and "content-encoding" not in response.headers and int(length) != size:
                raise ProviderTrouble(f"Only {size} of {length} bytes of the recording came.")
            media_type = sniff(head)
            if is_called_a_page and media_type == UNKNOWN_TYPE:
                raise ProviderTrouble("The provider answered with a page instead of the recording.")
            file.flush()
            os.fsync(file.fileno())
            path = path_of(recordings_dir, digest.hexdigest())
            path.parent.mkdir(exist_ok=True)
            part.rename(path)
            _sync_folder(path.parent)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskFull(f"The recording could not be written here ({error.strerror}).") from error
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return StoredRecording(digest.hexdigest(), media_type, size)


def _patiently(response: httpx2.Response) -> Iterator[bytes]:
    begun = time.monotonic()
    for block in response.iter_bytes():
        yield block
        if time.monotonic() - begun > MAX_DOWNLOAD_SECONDS:
            raise ProviderTrouble("The recording came too slowly.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
