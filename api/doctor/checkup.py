"""Checks this machine: settings, data folder, SQL, Redis, flows, models. It changes nothing."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.auth.tables import users
from callbacks.schedule.company_check import check_company
from flows.checks.findings import check
from flows.files.faults import FlowFaults
from ivr.published_flows import NothingPublished, PublishedFlows
from runtime.config import Settings
from runtime.data_folder import others_may_read
from runtime.sql.database import reading
from runtime.sql.migrate import NEWEST, present
from voicemail.models.catalogue import language_name, official_model
from voicemail.models.condition import known_fault
from voicemail.models.installed import find_model
from voicemail.recordings import MIN_FREE_BYTES

PREFIX = "RINGBACK_"
_EXPORT_AND_CHECK = "`ringback flows export FOLDER`, `ringback flows check FOLDER` names them, then publish FOLDER"
# Only the scripts read this one.
_SETTINGS_OF_SCRIPTS = frozenset({"RINGBACK_PYTHON", "RINGBACK_CALLED_AS"})
# A busy day: 500 messages of one minute at 8 kHz and 16 bits.
COMFORTABLE_BYTES = 500 * 60 * 16_000
# The oldest version with which queue and jobs are tested.
OLDEST_REDIS = (6, 2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor. `wrong` prevents something from working; `doubtful` may be intended."""

    verdict: Literal["good", "doubtful", "wrong"]
    subject: str
    says: str
    remedy: str = ""


def check_settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Check the settings: misspelt names, half an account, a secret key that processes may not share."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _SETTINGS_OF_SCRIPTS
    strange = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    for name in strange:
        near = difflib.get_close_matches(name, known, 1)
        yield Finding(
            "doubtful",
            "settings",
            f"{name} is not a setting and has no effect",
            f"did you mean {near[0]}?" if near else "",
        )
    is_half = bool(settings.twilio_account_sid) != bool(settings.twilio_auth_token.get_secret_value())
    if is_half:
        yield Finding(
            "wrong",
            "settings",
            "only half of a telephone account is set, so the built-in line is used",
            "set both RINGBACK_TWILIO_ACCOUNT_SID and RINGBACK_TWILIO_AUTH_TOKEN, or neither",
        )
    has_own_keys = bool(settings.database_url) and not settings.secret_key.get_secret_value()
    if has_own_keys:
        yield Finding(
            "doubtful",
            "settings",
            "RINGBACK_SECRET_KEY is not set, so each data folder has its own",
            "set the same key for all processes, unless they share one data folder",
        )
    if not strange and not is_half and not has_own_keys:
        yield Finding("good", "settings", "no unknown setting")


def check_data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    if not folder.exists():
        return Finding("doubtful", "data folder", f"{folder} does not exist yet", "the first start creates it")
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            pass
    except OSError as error:
        return Finding("wrong", "data folder", f"cannot write to {folder} ({error.strerror})", _owner_remedy(folder))
    if others_may_read(folder):
        says, remedy = (
            f"other users of this machine may read {folder}",
            f"restart the server, or run `chmod -R go= {folder}`",
        )
        return Finding("wrong", "data folder", says, remedy)
    free = shutil.disk_usage(folder).free
    says = f"{folder}, {free / 1e9:.1f} GB free"
    if free < MIN_FREE_BYTES:
        return Finding("wrong", "data folder", says, "free disk space: below 0.2 GB no recording is fetched")
    if free < COMFORTABLE_BYTES:
        return Finding("doubtful", "data folder", says, "free disk space: a message of one minute takes 1 MB")
    return Finding("good", "data folder", says)


def check_database(settings: Settings) -> Finding:
    """Check that SQL answers and has the tables of this version."""
    shown = sa.make_url(settings.sql_url).render_as_string(hide_password=True)
    try:
        found = present(settings.sql_url)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        return Finding(
            "wrong", "database", f"{shown} does not answer ({reason})", "check RINGBACK_DATABASE_URL and the server"
        )
    if found == NEWEST:
        return Finding("good", "database", f"{shown}, tables at {found}")
    if found is None:
        return Finding(
            "doubtful", "database", f"{shown} has no tables yet", "start script/server, or run `ringback migrate`"
        )
    if found > NEWEST:
        return Finding(
            "wrong",
            "database",
            f"{shown} has tables of a newer version ({found}; this version knows {NEWEST})",
            "run the newer version, or restore the backup from before the upgrade",
        )
    return Finding("wrong", "database", f"{shown} has tables at {found}, not {NEWEST}", "run `ringback migrate`")


def check_queue(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """Check that Redis answers, is new enough, evicts nothing and keeps jobs over a restart."""
    if settings.redis_url:
        parts = urlsplit(settings.redis_url)
        shown = parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"
    else:
        shown = "the embedded server"
    try:
        facts = client.info()
    except redis.RedisError as error:
        if settings.redis_url:
            yield Finding(
                "wrong", "Redis", f"{shown} does not answer ({error})", "check RINGBACK_REDIS_URL and the server"
            )
        else:
            yield Finding("doubtful", "Redis", f"{shown} is not running", "start script/server")
        return
    told = str(facts.get("redis_version", "0"))
    version = tuple(int(part) for part in told.split(".")[:2] if part.isdecimal())
    if version < OLDEST_REDIS:
        yield Finding("wrong", "Redis", f"{shown} is Redis {told}", "use Redis 6.2 or newer, or Valkey")
        return
    server = f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else f"Redis {told}"
    yield Finding("good", "Redis", f"{shown}, {server}")
    if (policy := str(facts.get("maxmemory_policy", "noeviction"))) != "noeviction":
        yield Finding(
            "wrong",
            "Redis",
            f"its maxmemory-policy is {policy}; it may evict jobs",
            "set maxmemory-policy noeviction",
        )
    if not int(facts.get("aof_enabled", 0)):
        yield Finding(
            "doubtful",
            "Redis",
            "it has no append-only file: after a crash the index is rebuilt, and jobs start again after 5 minutes",
            "set appendonly yes",
        )
    if facts.get("aof_last_write_status", "ok") != "ok" or facts.get("rdb_last_bgsave_status", "ok") != "ok":
        yield Finding("wrong", "Redis", "it cannot write to its disk", "free space on its disk; see its log")


def check_flows(published_flows: PublishedFlows) -> Iterator[Finding]:
    """Check that flows are published, and that they pass the checks of this version."""
    try:
        published_flows.refresh()
    except NothingPublished:
        yield Finding(
            "wrong", "flows", "no flow is published, so no call can be answered", "run `ringback flows publish`"
        )
        return
    except FlowFaults as faults:
        yield Finding(
            "wrong",
            "flows",
            f"the published flows cannot be read: {faults}",
            "`ringback flows versions` lists what was live before, `rollback` goes back",
        )
        return
    if not published_flows.live_flows():
        yield Finding("wrong", "flows", "a company is published, but no flow", "run `ringback flows publish`")
    flows = {flow.flow: flow for flow in published_flows.live_flows()}
    for found in check_company(published_flows.company, flows, datetime.now(UTC)):
        verdict: Literal["doubtful", "wrong"] = "wrong" if found.severity == "error" else "doubtful"
        yield Finding(verdict, "company", f"{found.path}:{found.line}:{found.column}  {found.message}", found.remedy)
    for flow in published_flows.live_flows():
        findings = check(flow, published_flows.company)
        wrong = [finding for finding in findings if finding.severity == "error"]
        says = f"{flow.flow} {flow.version[:8]}, in {', '.join(flow.languages)}"
        if wrong:
            yield Finding(
                "wrong",
                "flows",
                f"{says}: {_count(len(wrong), 'error')}, the first: {wrong[0].message}",
                _export_remedy(flow.flow, published_flows),
            )
        elif findings:
            yield Finding("doubtful", "flows", f"{says}: {_count(len(findings), 'warning')}", _EXPORT_AND_CHECK)
        else:
            yield Finding("good", "flows", says)


def _export_remedy(flow: str, published_flows: PublishedFlows) -> str:
    """What to do about a flow that is live and wrong: its folder may be gone, so the way begins with what is live."""
    is_needed = flow in (number.flow for number in published_flows.company.numbers.values())
    return _EXPORT_AND_CHECK + ("" if is_needed else f"; or `ringback flows retire {flow}`, no number leads to it")


def check_models(models_dir: Path, published_flows: PublishedFlows) -> Iterator[Finding]:
    """Check that the languages of the flows have speech models."""
    for language in sorted({language for flow in published_flows.live_flows() for language in flow.languages}):
        name = language_name(language)
        found = find_model(models_dir, language)
        if found is not None and (fault := known_fault(found, models_dir)):
            yield Finding(
                "wrong",
                "speech models",
                f"{name}: {found.name} cannot be used, so messages in it wait ({fault})",
                f"run `ringback models remove {language}`, then `ringback models install {language}`",
            )
        elif found is not None:
            yield Finding("good", "speech models", f"{name}: {found.name}")
        elif official_model(language) is not None:
            yield Finding(
                "doubtful",
                "speech models",
                f"{name} is not installed; messages in this language wait for transcription",
                f"run `ringback models install {language}`",
            )
        else:
            yield Finding("doubtful", "speech models", f"no model exists for {name}; listen to its messages")


def check_retention(settings: Settings) -> Finding:
    """Say for how long data of persons is kept."""
    kept = {
        "recordings": settings.keep_recordings_days,
        "transcripts": settings.keep_transcripts_days,
        "calls": settings.keep_calls_days,
        "customers": settings.keep_customers_days,
    }
    says = ", ".join(f"{what} for {f'{days} days' if days else 'ever'}" for what, days in kept.items())
    how = "" if all(kept.values()) else " (RINGBACK_KEEP_RECORDINGS_DAYS and its like set a time)"
    return Finding("good", "retention", f"keeps {says}{how}")


def check_users(engine: Engine) -> Finding:
    with reading(engine) as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(users)) or 0
    if count == 0:
        return Finding(
            "doubtful", "users", "the JSON interface has no users yet", "run `ringback users add NAME --role agent`"
        )
    return Finding("good", "users", f"{_count(count, 'user')} of the JSON interface")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _owner_remedy(folder: Path) -> str:
    return f"make the user of Ringback the owner: chown -R USER {folder}"
