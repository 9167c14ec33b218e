"""The published flows in memory: by content hash for calls under way, by name for new calls, and the company as it is now.

A published content is immutable; publishing adds a row and points the name at it. A call keeps the version that it began with.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.checks.references import recordings, spoken_lines
from flows.company.company import Company
from flows.files.faults import FlowFaults
from flows.files.loader import load_company, load_flow
from flows.model import Flow
from ivr.publishing import COMPANY, live
from ivr.publishing.recorded_prompts import Json, RecordedPrompts, from_json, to_json
from ivr.tables import flow_versions, publications
from runtime.sql.database import reading

log = structlog.get_logger()


class NothingPublished(Exception):
    """No flow or no company is published yet; publish a folder first."""


@dataclass(frozen=True, slots=True)
class _Published:
    """A name with its live content, as SQL or the kept file has it."""

    name: str
    version: str
    content: str
    audio: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Live:
    company: Company
    flows: dict[str, Flow] = field(default_factory=dict)  # by name
    newest: int = -1


class PublishedFlows:
    """Flows that this process answers with. `refresh` looks for new publications; reading never touches SQL.

    With `kept`, what is live is also written to that file, signed with `secret`, and read from there by `recall` when SQL is
    away at the start. With `recorded`, the recordings that the flows play are copied to this machine.
    """

    def __init__(
        self, engine: Engine, kept: Path | None = None, secret: str = "", recorded: RecordedPrompts | None = None
    ) -> None:
        self._engine = engine
        self._recorded = recorded
        self._kept = kept
        self._secret = secret
        self._versions: dict[str, Flow] = {}
        self._live: _Live | None = None
        self._lock = threading.Lock()

    @property
    def company(self) -> Company:
        """The company as published last. Raises NothingPublished."""
        if self._live is None:
            raise NothingPublished("no company is published: run `ringback flows publish`")
        return self._live.company

    @property
    def home_country(self) -> str:
        """The country of the company as published last, to read national numbers; empty while nothing is published."""
        return "" if self._live is None else self._live.company.home_country

    def flow_for(self, to_number: str | None) -> Flow | None:
        """The live flow that answers a called number, or None."""
        name = self.company.flow_for(to_number)
        return None if name is None or self._live is None else self._live.flows.get(name)

    def flow_named(self, name: str) -> Flow | None:
        return None if self._live is None else self._live.flows.get(name)

    def live_flows(self) -> list[Flow]:
        """All flows that answer new calls, by name."""
        return [] if self._live is None else [flow for _, flow in sorted(self._live.flows.items())]

    def version(self, version: str) -> Flow | None:
        """A flow by content hash, from memory."""
        return self._versions.get(version)

    def load_version(self, version: str) -> Flow | None:
        """The same, asking SQL when another process published it a moment ago. Not for the event loop's thread."""
        if version not in self._versions:
            with reading(self._engine) as connection:
                query = sa.select(flow_versions).where(flow_versions.c.version == version)
                row = connection.execute(query).one_or_none()
            if row is None:
                return None
            flow = _load(row.name, row.content, row.audio)
            self._fetch([flow])
            self._versions[version] = flow
        return self._versions[version]

    def refresh(self) -> bool:
        """Load what was published since the last time; return whether anything was. Raises SQLAlchemyError when SQL is away."""
        with self._lock:
            with reading(self._engine) as connection:
                newest = connection.execute(sa.select(sa.func.max(publications.c.id))).scalar() or 0
                if self._live is not None and newest == self._live.newest:
                    return False
                found = live(connection)
            published = [
                _Published(each.name, each.version, each.content, to_json(each.recordings)) for each in found.values()
            ]
            self._put(published, newest, fetches=True)
            self._keep(published)
            return True

    def fetch_recordings(self) -> None:
        """Copy to this machine what the flows play and is not here. Raises SQLAlchemyError when SQL is away."""
        self._fetch(self._versions.values())

    def words_of(self, content: str) -> str:
        """What a recording says, as far as a flow that is known here tells."""
        lines = (line for flow in list(self._versions.values()) for line in spoken_lines(flow))
        return next((line.text for line in lines if line.recorded and line.recorded.content == content), "")

    def recall(self) -> bool:
        """Load what was live when it was last written down; False when nothing was, or somebody else wrote it."""
        if self._kept is None or not self._kept.exists():
            return False
        signature, _, document = self._kept.read_text("utf-8").partition("\n")
        if not hmac.compare_digest(signature, self._sign(document)):
            log.error("flows.kept_file_refused", file=self._kept.name, reason="its signature is not ours")
            return False
        self._put([_Published(**entry) for entry in json.loads(document)], newest=-1)
        return True

    def _fetch(self, flows: Iterable[Flow]) -> None:
        if self._recorded is not None:
            self._recorded.fetch({each.content for flow in list(flows) for each in recordings(flow).values()})

    def _put(self, published: list[_Published], newest: int, fetches: bool = False) -> None:
        company: Company | None = None
        flows: dict[str, Flow] = {}
        for each in published:
            if each.name == COMPANY:
                company = load_company(each.content, "company.yaml")
            else:
                flow = self._versions.get(each.version) or _load(each.name, each.content, each.audio)
                self._versions[flow.version] = flow
                flows[each.name] = flow
        if company is None:
            raise NothingPublished("no company is published: run `ringback flows publish`")
        if fetches:
            self._fetch(flows.values())
        self._live = _Live(company, flows, newest)

    def _keep(self, published: list[_Published]) -> None:
        if self._kept is None:
            return
        document = json.dumps([asdict(each) for each in published], ensure_ascii=False)
        fresh = self._kept.with_suffix(".new")
        try:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(f"{self._sign(document)}\n{document}", "utf-8")
            fresh.replace(self._kept)
        except OSError as error:
            log.warning("flows.not_kept", reason=str(error))

    def _sign(self, document: str) -> str:
        return hmac.new(self._secret.encode(), document.encode(), "sha256").hexdigest()


def _load(name: str, content: str, audio: Json) -> Flow:
    return load_flow(content, f"{name}.yaml", audio=from_json(audio) or None)


def watch(
    published_flows: PublishedFlows, stop: threading.Event, on_news: Callable[[], None], seconds: float = 2.0
) -> None:
    """Refresh them until `stop` is set; a database that is away leaves the flows as they are."""
    while not stop.wait(seconds):
        try:
            if published_flows.refresh():
                log.info("flows.refreshed")
                on_news()
            published_flows.fetch_recordings()
        except (SQLAlchemyError, FlowFaults, NothingPublished) as error:
            log.warning("flows.not_refreshed", reason=str(error)[:200])
