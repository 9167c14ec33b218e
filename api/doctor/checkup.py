"""What this machine has for its work: settings, data folder, SQL, queue server, flows, models. Looks only, changes nothing."""

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

from api.tables import users
from callbacks.schedule.company_check import check_company
from flows.checks.findings import check
from flows.files.faults import FlowFaults
from ivr.published_flows import NothingPublished, PublishedFlows
from runtime.config import Settings
from runtime.sql.database import reading
from runtime.sql.migrate import NEWEST, present
from voicemail.models.catalogue import language_name, official_model
from voicemail.models.installed import find_model
from voicemail.recordings import MIN_FREE_BYTES

PREFIX = "RINGBACK_"
# The scripts read this one; the product does not.
_SETTINGS_OF_SCRIPTS = frozenset({"RINGBACK_PYTHON"})
# A day of a busy desk: 500 messages of one minute at 8 kHz and 16 bits.
COMFORTABLE_BYTES = 500 * 60 * 16_000
# The oldest with which queue and jobs are tried; nothing newer is asked of it.
OLDEST_REDIS = (6, 2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: `wrong` keeps something from working, `doubtful` may be meant so. `remedy` says what to do."""

    verdict: Literal["good", "doubtful", "wrong"]
    subject: str
    says: str
    remedy: str = ""


def check_settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What can be seen in the settings alone: misspelt names, half an account, a secret that is not shared."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _SETTINGS_OF_SCRIPTS
    strange = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    for name in strange:
        near = difflib.get_close_matches(name, known, 1)
        yield Finding(
            "doubtful", "settings", f"{name} is no setting and does nothing", f"did you mean {near[0]}?" if near else ""
        )
    if bool(settings.twilio_account_sid) != bool(settings.twilio_auth_token.get_secret_value()):
        yield Finding(
            "wrong",
            "settings",
            "half of a telephone account is set, so the built-in line answers instead",
            "set both RINGBACK_TWILIO_ACCOUNT_SID and RINGBACK_TWILIO_AUTH_TOKEN, or neither",
        )
    if settings.database_url and not settings.secret_key.get_secret_value():
        yield Finding(
            "doubtful",
            "settings",
            "RINGBACK_SECRET_KEY is not set; each data folder makes its own",
            "set the same one for every process if they do not share one data folder",
        )
    if not strange:
        yield Finding("good", "settings", "read; none is unknown")


def check_data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    if not folder.exists():
        return Finding("doubtful", "data folder", f"{folder} is not there yet", "the first start makes it")
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            pass
    except OSError as error:
        return Finding(
            "wrong", "data folder", f"nothing can be written to {folder} ({error.strerror})", _owner_remedy(folder)
        )
    free = shutil.disk_usage(folder).free
    says = f"{folder}, {free / 1e9:.1f} GB free"
    if free < MIN_FREE_BYTES:
        return Finding("wrong", "data folder", says, "make room: below 0.2 GB no recording is fetched")
    if free < COMFORTABLE_BYTES:
        return Finding("doubtful", "data folder", says, "make room before a busy day: a minute of message is 1 MB")
    return Finding("good", "data folder", says)


def check_database(settings: Settings) -> Finding:
    """Whether SQL answers and has the tables of this version."""
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
            "doubtful", "database", f"{shown} has no tables yet", "script/server makes them, or `ringback migrate`"
        )
    if found > NEWEST:
        return Finding(
            "wrong",
            "database",
            f"{shown} has tables of a newer version ({found}; this one knows {NEWEST})",
            "run that newer version, or restore the backup made before the upgrade",
        )
    return Finding("wrong", "database", f"{shown} has tables at {found}, not {NEWEST}", "run `ringback migrate`")


def check_queue(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """Whether the Redis-compatible server answers, is new enough, throws nothing away and keeps jobs over a restart."""
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
                "wrong", "queue server", f"{shown} does not answer ({error})", "check RINGBACK_REDIS_URL and the server"
            )
        else:
            yield Finding("doubtful", "queue server", f"{shown} is not running", "script/server starts it")
        return
    told = str(facts.get("redis_version", "0"))
    version = tuple(int(part) for part in told.split(".")[:2] if part.isdecimal())
    if version < OLDEST_REDIS:
        yield Finding("wrong", "queue server", f"{shown} is Redis {told}", "use Redis 6.2 or newer, or Valkey")
        return
    server = f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else f"Redis {told}"
    yield Finding("good", "queue server", f"{shown}, {server}")
    if (policy := str(facts.get("maxmemory_policy", "noeviction"))) != "noeviction":
        yield Finding(
            "wrong",
            "queue server",
            f"its maxmemory-policy is {policy}: it may throw jobs away",
            "set maxmemory-policy noeviction",
        )
    if not int(facts.get("aof_enabled", 0)):
        yield Finding(
            "doubtful",
            "queue server",
            "it has no append-only file: after a crash the queue is rebuilt, jobs under way begin again after 5 minutes",
            "set appendonly yes",
        )
    if facts.get("aof_last_write_status", "ok") != "ok" or facts.get("rdb_last_bgsave_status", "ok") != "ok":
        yield Finding("wrong", "queue server", "it cannot write to its disk", "make room on its disk, see its log")


def check_flows(published_flows: PublishedFlows) -> Iterator[Finding]:
    """Whether something answers, and whether the checks of today still find it sound."""
    try:
        published_flows.refresh()
    except NothingPublished:
        yield Finding(
            "wrong", "flows", "nothing is published, so no call can be answered", "run `ringback flows publish`"
        )
        return
    except FlowFaults as faults:
        yield Finding("wrong", "flows", f"what is published cannot be read: {faults}", "correct it and publish again")
        return
    if not published_flows.live_flows():
        yield Finding("wrong", "flows", "a company is published, but no flow", "run `ringback flows publish`")
    flows = {flow.flow: flow for flow in published_flows.live_flows()}
    for found in check_company(published_flows.company, flows, datetime.now(UTC)):
        verdict: Literal["doubtful", "wrong"] = "wrong" if found.severity == "error" else "doubtful"
        yield Finding(verdict, "company", f"{found.path}:{found.line}:{found.column}  {found.message}", found.remedy)
    for flow in published_flows.live_flows():
        findings = check(flow, published_flows.company)
        errors = sum(finding.severity == "error" for finding in findings)
        says = f"{flow.flow} {flow.version[:8]}, in {', '.join(flow.languages)}"
        if errors:
            yield Finding(
                "wrong", "flows", f"{says}: {errors} errors", "`ringback flows check` names them; publish again"
            )
        elif findings:
            yield Finding("doubtful", "flows", f"{says}: {len(findings)} warnings", "`ringback flows check` names them")
        else:
            yield Finding("good", "flows", says)


def check_models(models_dir: Path, published_flows: PublishedFlows) -> Iterator[Finding]:
    """Whether messages in the languages of the flows can be written down."""
    for language in sorted({language for flow in published_flows.live_flows() for language in flow.languages}):
        name = language_name(language)
        found = find_model(models_dir, language)
        if found is not None:
            yield Finding("good", "speech models", f"{name}: {found.name}")
        elif official_model(language) is not None:
            yield Finding(
                "doubtful",
                "speech models",
                f"{name} is not here; messages in it wait for their words",
                f"run `ringback models install {language}`",
            )
        else:
            yield Finding("doubtful", "speech models", f"there is none for {name}; messages in it can be listened to")


def check_users(engine: Engine) -> Finding:
    with reading(engine) as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(users)) or 0
    if count == 0:
        return Finding(
            "doubtful", "users", "nobody may use the JSON interface yet", "run `ringback users add NAME --role agent`"
        )
    return Finding("good", "users", f"{count} may use the JSON interface")


def _owner_remedy(folder: Path) -> str:
    return f"give the folder to the user that runs Ringback: chown -R USER {folder}"
