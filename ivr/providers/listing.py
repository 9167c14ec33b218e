"""What the provider has: its calls and recordings of a while, asked over its REST interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from customers.phone import called_address, caller_address
from ivr.calls.call import CallStatus
from ivr.providers.twilio import began_by_record_verb, seconds_of, status_of
from voicemail.recordings import ProviderAccount

PAGE_SIZE = 500
# A list that goes on for more pages than this is no list of ours.
MAX_PAGES = 400
TIMEOUT_SECONDS = 15.0


class ProviderAway(Exception):
    """The provider could not be asked; a later try may help."""


@dataclass(frozen=True, slots=True)
class ListedCall:
    provider_call_id: str
    from_number: str | None
    to_number: str | None
    direction: str
    status: CallStatus
    started_at: datetime
    seconds: int | None


@dataclass(frozen=True, slots=True)
class ListedRecording:
    """A recording of the account. `is_message` says whether <Record> began it, None when the provider does not say."""

    recording_id: str
    provider_call_id: str
    seconds: int | None
    created_at: datetime
    is_message: bool | None


def list_calls(account: ProviderAccount, since: datetime, home_country: str = "") -> Iterator[ListedCall]:
    """Inbound calls that began after `since`. Raises ProviderAway."""
    # The provider filters by whole days in UTC; what is too old is left out here.
    day = (since - timedelta(days=1)).astimezone(UTC).date().isoformat()
    for entry in _pages(account, "Calls", {"StartTime>": day}):
        status = status_of(str(entry.get("status", "")))
        started_at = _moment(entry.get("start_time") or entry.get("date_created"))
        if status is None or started_at is None or started_at < since or entry.get("direction") != "inbound":
            continue
        yield ListedCall(
            provider_call_id=str(entry["sid"]),
            from_number=caller_address(entry.get("from"), home_country),
            to_number=called_address(entry.get("to")),
            direction="inbound",
            status=status,
            started_at=started_at,
            seconds=_length(entry),
        )


def list_recordings(account: ProviderAccount, since: datetime) -> Iterator[ListedRecording]:
    """Finished recordings made after `since`. Raises ProviderAway."""
    day = (since - timedelta(days=1)).astimezone(UTC).date().isoformat()
    for entry in _pages(account, "Recordings", {"DateCreated>": day}):
        created_at = _moment(entry.get("date_created"))
        if entry.get("status") != "completed" or created_at is None or created_at < since:
            continue
        if not entry.get("call_sid"):
            continue  # a conference's or a trunk's
        is_message = began_by_record_verb(entry.get("source"))
        yield ListedRecording(
            recording_id=str(entry["sid"]),
            provider_call_id=str(entry["call_sid"]),
            seconds=_length(entry),
            created_at=created_at,
            is_message=False if entry.get("conference_sid") else is_message,
        )


def _length(entry: dict[str, Any]) -> int | None:
    duration = entry.get("duration")
    return None if duration is None else seconds_of(str(duration))


def _pages(account: ProviderAccount, what: str, filters: dict[str, str]) -> Iterator[dict[str, Any]]:
    address = f"{account.api_url}/2010-04-01/Accounts/{account.account_sid}/{what}.json"
    query: str = str(httpx2.QueryParams({**filters, "PageSize": str(PAGE_SIZE)}))
    credentials = (account.account_sid, account.auth_token.get_secret_value())
    try:
        with httpx2.Client(auth=credentials, timeout=TIMEOUT_SECONDS) as client:
            for _ in range(MAX_PAGES):
                answer = client.get(f"{address}?{query}")
                answer.raise_for_status()
                page = answer.json()
                yield from page[what.lower()]
                following = page.get("next_page_uri")
                if not following:
                    return
                query = urlsplit(following).query  # the address is ours; only what to ask for comes from the answer
    except (httpx2.HTTPError, ValueError, KeyError) as error:
        raise ProviderAway(f"the provider's list of {what.lower()} cannot be read: {error!r}"[:300]) from error


def _moment(text: str | None) -> datetime | None:
    """RFC 2822, as the provider writes times."""
    if not text:
        return None
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
