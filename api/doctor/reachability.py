"""Whether the provider and this installation reach each other: address, signature, credentials, clocks. Looks only."""

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
# A call that no provider gives: Twilio's ids are random.
NO_CALL = "CA" + "0" * 32
# Leases and deadlines are minutes; a clock that is further off than this spoils them.
TOLERABLE_SECONDS = 2.0

_WHY_REFUSED = {
    400: ("another account is configured there", "give every process the same RINGBACK_TWILIO_ACCOUNT_SID"),
    403: (
        "the signature was refused",
        "RINGBACK_PUBLIC_URL and RINGBACK_TWILIO_AUTH_TOKEN of the api must be those of this command, and the proxy "
        "must pass the path on unchanged",
    ),
    404: ("no Ringback answers there", "let the proxy pass /twilio/ on to the api, path unchanged"),
    413: ("the proxy takes no body", "let the proxy pass on POST bodies of 64 KiB"),
    502: ("the proxy does not reach the api", "start the api, or correct the proxy's target"),
    503: ("the api has no database", "see the line `database`"),
    504: ("the proxy waits for the api in vain", "start the api, or correct the proxy's target"),
}


def is_of_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or _is_private(host, only_loopback=True)


def check_public_url(settings: Settings) -> Finding:
    """Whether a provider out there could reach the address at all."""
    url = settings.base_url
    if not settings.has_provider or is_of_this_machine(settings.twilio_api_url):
        return Finding("good", "public address", f"{url}, for a provider on this machine")
    if not settings.public_url:
        return Finding(
            "wrong",
            "public address",
            "a telephone account is set, but no address under which the provider reaches us",
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
            f"{url} is not encrypted: numbers and keys pressed would be readable on the way",
            "put a proxy with a certificate before the api and set RINGBACK_PUBLIC_URL to https://…",
        )
    return Finding("good", "public address", url)


def check_door(settings: Settings, client: httpx2.Client) -> Finding:
    """Knock as the provider does: a signed status of a call that does not exist, which changes nothing. 204 is right.

    `settings` carry the provider's account and token, the line's when there is no other.
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
            "start Ringback, or give this command its settings; behind a proxy see name, certificate and target",
        )
    if answer.status_code == 204:
        return Finding("good", "webhooks", f"a signed request to {url} is accepted")
    if answer.is_redirect:
        return Finding(
            "wrong",
            "webhooks",
            f"{url} redirects to {answer.headers.get('location', 'elsewhere')}: the provider loses its form on the way",
            "set RINGBACK_PUBLIC_URL to where it leads",
        )
    says, remedy = _WHY_REFUSED.get(
        answer.status_code, ("that is no answer of Ringback", "see its log and the proxy's")
    )
    return Finding("wrong", "webhooks", f"{url} answered {answer.status_code}: {says}", remedy)


def check_line(settings: Settings, client: httpx2.Client) -> Finding:
    """Whether the built-in line of this data folder listens."""
    try:
        line = find(settings.data_dir)
        answer = client.get(f"{line.url}/health")
        sid = answer.json().get("account_sid") if answer.status_code == 200 else None
    except LineNotFound:
        return Finding("doubtful", "line", "the built-in line has never run here", "script/server starts it")
    except (httpx2.HTTPError, ValueError):
        return Finding("wrong", "line", f"the built-in line does not answer at {line.url}", "script/server starts it")
    if sid != line.account_sid:
        return Finding(
            "wrong", "line", f"something else listens at {line.url}", "stop it, or start script/server again"
        )
    return Finding("good", "line", f"the built-in line listens at {line.url}")


def check_provider(settings: Settings, client: httpx2.Client) -> Iterator[Finding]:
    """Whether the provider takes our credentials, and whether its clock is ours."""
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
            f"{base} cannot be reached ({error}); no recording can be fetched",
            "let this machine reach it, and see RINGBACK_TWILIO_API_URL",
        )
        return
    if answer.status_code == 200:
        yield Finding("good", "provider", f"{base} takes our account and token")
    elif answer.status_code in (401, 403, 404):
        yield Finding(
            "wrong",
            "provider",
            f"{base} refuses our account or token ({answer.status_code})",
            "correct RINGBACK_TWILIO_ACCOUNT_SID and RINGBACK_TWILIO_AUTH_TOKEN",
        )
    else:
        yield Finding("wrong", "provider", f"{base} answered {answer.status_code}", "try again; it may be in trouble")
    if "date" in answer.headers:
        # The header is in whole seconds and was written half a journey ago.
        yield from _clock("the provider's", parsedate_to_datetime(answer.headers["date"]).timestamp() + 0.5)


def check_clocks(engine: Engine | None, queue: redis.Redis) -> Iterator[Finding]:
    """Whether the clocks that count are this machine's: PostgreSQL's, and the queue server's, which ends leases."""
    if engine is not None and engine.dialect.name == "postgresql":
        with reading(engine) as connection:
            told = connection.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())"))
        yield from _clock("the database's", float(told or 0))
    try:
        seconds, microseconds = queue.time()
    except redis.RedisError:
        return  # check_queue has said so
    yield from _clock("the queue server's", seconds + microseconds / 1e6)


def _clock(whose: str, told: float) -> Iterator[Finding]:
    apart = abs(told - time.time())
    if apart <= TOLERABLE_SECONDS:
        yield Finding("good", "clocks", f"{whose} is ours")
    else:
        yield Finding(
            "wrong", "clocks", f"{whose} is {apart:.0f} s away from ours", "let every machine keep time by NTP"
        )


def _is_private(host: str, *, only_loopback: bool = False) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or (address.is_private and not only_loopback)
