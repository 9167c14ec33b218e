"""Checks that the provider and this installation reach each other: address, signature, credentials, clocks."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx2
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from twilio.request_validator import RequestValidator

from api.doctor.checkup import Finding
from ivr.line.store.account import LineNotFound, find
from runtime.config import Settings
from runtime.sql.database import reading

PATIENCE_SECONDS = 5.0
# An id that no call has, because Twilio's ids are random.
NO_CALL = "CA" + "0" * 32
# Leases and deadlines are minutes; a larger difference makes them wrong.
TOLERABLE_SECONDS = 2.0

_WHY_REFUSED = {
    400: ("the api there has another account", "give every process the same RINGBACK_TWILIO_ACCOUNT_SID"),
    403: (
        "the signature was refused",
        "give the api and this command the same RINGBACK_PUBLIC_URL and RINGBACK_TWILIO_AUTH_TOKEN; the proxy must not "
        "change the path",
    ),
    404: ("Ringback does not answer there", "let the proxy pass /twilio/ to the api without changing the path"),
    413: ("the proxy refuses the body", "let the proxy accept POST bodies of 64 KiB"),
    502: ("the proxy does not reach the api", "start the api, or correct the proxy's target"),
    503: ("the api has no database", "see the finding `database`"),
    504: ("the proxy got no answer from the api", "start the api, or correct the proxy's target"),
}


def is_of_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or _is_private(host, only_loopback=True)


def check_public_url(settings: Settings) -> Finding:
    """Check whether a provider can reach the public address."""
    url = settings.base_url
    if not settings.has_provider or is_of_this_machine(settings.twilio_api_url):
        return Finding("good", "public address", f"{url}, for a provider on this machine")
    if not settings.public_url:
        return Finding(
            "wrong",
            "public address",
            "a telephone account is set, but no public address",
            "set RINGBACK_PUBLIC_URL, such as https://ivr.example.com",
        )
    if is_of_this_machine(url) or _is_private(urlsplit(url).hostname or ""):
        return Finding(
            "wrong",
            "public address",
            f"{url} cannot be reached from outside",
            "set RINGBACK_PUBLIC_URL to a public address",
        )
    if not url.startswith("https://"):
        return Finding(
            "wrong",
            "public address",
            f"{url} is not encrypted: others can read telephone numbers and keys",
            "put a proxy with a certificate in front of the api, and set RINGBACK_PUBLIC_URL to https://…",
        )
    return Finding("good", "public address", url)


def check_door(settings: Settings, client: httpx2.Client) -> Finding:
    """Send a signed status callback of a call that does not exist, which changes nothing. 204 is right.

    `settings` have the account and token of the provider, or those of the line.
    """
    url = f"{settings.base_url}/twilio/status"
    form = {"AccountSid": settings.twilio_account_sid, "CallSid": NO_CALL, "CallStatus": "ringing"}
    signer = RequestValidator(settings.twilio_auth_token.get_secret_value())
    try:
        answer = client.post(url, data=form, headers={"X-Twilio-Signature": signer.compute_signature(url, form)})
    except httpx2.HTTPError as error:
        return Finding(
            "wrong",
            "webhooks",
            f"{url} cannot be reached ({error})",
            "start Ringback, or run this command with its settings; behind a proxy check name, certificate and target",
        )
    if answer.status_code == 204:
        return Finding("good", "webhooks", f"a signed request to {url} is accepted")
    if answer.is_redirect:
        return Finding(
            "wrong",
            "webhooks",
            f"{url} redirects to {answer.headers.get('location', 'elsewhere')}; the provider loses the form on the way",
            "set RINGBACK_PUBLIC_URL to the address after the redirect",
        )
    says, remedy = _WHY_REFUSED.get(
        answer.status_code, ("Ringback does not answer so", "see the logs of Ringback and the proxy")
    )
    return Finding("wrong", "webhooks", f"{url} answered {answer.status_code}: {says}", remedy)


def check_line(settings: Settings, client: httpx2.Client) -> Finding:
    """Check that the built-in line of this data folder runs."""
    try:
        line = find(settings.data_dir)
        answer = client.get(f"{line.url}/health")
        sid = answer.json().get("account_sid") if answer.status_code == 200 else None
    except LineNotFound:
        return Finding(
            "doubtful", "line", "the built-in line was never started with this data folder", "script/server starts it"
        )
    except (httpx2.HTTPError, ValueError):
        return Finding("wrong", "line", f"the built-in line does not answer at {line.url}", "script/server starts it")
    if sid != line.account_sid:
        return Finding(
            "wrong", "line", f"another program listens at {line.url}", "stop it, or start script/server again"
        )
    return Finding("good", "line", f"the built-in line listens at {line.url}")


def check_provider(settings: Settings, client: httpx2.Client) -> Iterator[Finding]:
    """Check that the provider accepts the credentials, and that its clock agrees."""
    base, sid = settings.twilio_api_url, settings.twilio_account_sid
    try:
        answer = client.get(
            f"{base}/2010-04-01/Accounts/{sid}/Recordings.json",
            params={"PageSize": "1"},
            auth=(sid, settings.twilio_auth_token.get_secret_value()),
        )
    except httpx2.HTTPError as error:
        yield Finding(
            "wrong",
            "provider",
            f"{base} cannot be reached ({error}); recordings cannot be fetched",
            "check the network of this machine and RINGBACK_TWILIO_API_URL",
        )
        return
    if answer.status_code == 200:
        yield Finding("good", "provider", f"{base} accepts account and token")
    elif answer.status_code in (401, 403, 404):
        yield Finding(
            "wrong",
            "provider",
            f"{base} refuses account or token ({answer.status_code})",
            "correct RINGBACK_TWILIO_ACCOUNT_SID and RINGBACK_TWILIO_AUTH_TOKEN",
        )
    else:
        yield Finding("wrong", "provider", f"{base} answered {answer.status_code}", "try again later")
    if "date" in answer.headers:
        # The header has whole seconds and was written half a round trip ago.
        yield from _clock("the provider", parsedate_to_datetime(answer.headers["date"]).timestamp() + 0.5)


def check_clocks(engine: Engine | None, queue: redis.Redis) -> Iterator[Finding]:
    """Check that the clocks of PostgreSQL and Redis agree with that of this machine; Redis ends leases."""
    if engine is not None and engine.dialect.name == "postgresql":
        with reading(engine) as connection:
            told = connection.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())"))
        yield from _clock("the database", float(told or 0))
    try:
        seconds, microseconds = queue.time()
    except redis.RedisError:
        return  # check_queue reports this
    yield from _clock("Redis", seconds + microseconds / 1e6)


def _clock(whose: str, seconds: float) -> Iterator[Finding]:
    difference = abs(seconds - time.time())
    if difference <= TOLERABLE_SECONDS:
        yield Finding("good", "clocks", f"the clock of {whose} is right")
    else:
        yield Finding(
            "wrong", "clocks", f"the clock of {whose} differs by {difference:.0f} s", "synchronise all machines by NTP"
        )


def _is_private(host: str, *, only_loopback: bool = False) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or (address.is_private and not only_loopback)
