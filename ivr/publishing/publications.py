"""Publishing: what a folder of definitions holds becomes what answers calls, and what it does not hold is retired.

A publication is a row that is never changed. The last row of a name says what is live under it; going back to an older
content is a new row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from flows.checks.references import recordings
from flows.files.faults import FlowFaults
from flows.files.loader import COMPANY_FILE, Definitions
from ivr.publishing.prompt_audio import read_definitions
from ivr.publishing.recorded_prompts import Recordings, from_json, store, to_json
from ivr.tables import flow_versions, publications
from runtime.sql.database import insert_once, reading, writing

COMPANY = "company"
# Any number that nothing else in the database locks: who publishes waits for who publishes.
_LOCK = 7_426_284

# Author and note of what the very first start publishes.
FIRST_START = ("ringback", "first start")

Kind = Literal["new", "changed", "unchanged", "retired"]


class PublishedSince(Exception):
    """Something was published since the folder knew what is live; the message says what. Publish it over that, or not."""

    def __init__(self, since: list[Live]) -> None:
        super().__init__(", ".join(f"{each.name} by {each.by}" for each in since) or "something was retired")
        self.since = since


@dataclass(frozen=True, slots=True)
class Live:
    """What answers calls under a name now."""

    name: str
    version: str
    content: str
    recordings: Recordings
    published_at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did to one name; `version` is the content that is, or was, live."""

    name: str
    version: str
    kind: Kind

    @property
    def is_new(self) -> bool:
        return self.kind != "unchanged"


def live(connection: Connection) -> dict[str, Live]:
    """What is live, by name."""
    last = sa.select(sa.func.max(publications.c.id)).group_by(publications.c.name)
    rows = connection.execute(
        sa.select(publications, flow_versions.c.content, flow_versions.c.audio)
        .join(flow_versions, flow_versions.c.version == publications.c.version)
        .where(publications.c.id.in_(last), sa.not_(publications.c.retired))
        .order_by(publications.c.name)
    )
    return {
        row.name: Live(
            row.name, row.version, row.content, from_json(row.audio), row.published_at, row.published_by, row.note
        )
        for row in rows
    }


def live_now(engine: Engine) -> dict[str, Live]:
    with reading(engine) as connection:
        return live(connection)


def is_as_begun(published: Mapping[str, Live]) -> bool:
    """Whether nobody published anything since the first start did."""
    return all((each.by, each.note) == FIRST_START for each in published.values())


def contents(definitions: Definitions) -> dict[str, tuple[str, str]]:
    """The version and the text of everything in a folder, by the name under which it is published."""
    found = {flow.flow: (flow.version, definitions.sources[flow.path]) for flow in definitions.flows.values()}
    company = definitions.sources.get(COMPANY_FILE)
    if company is not None:
        found[COMPANY] = (company_version(company), company)
    return dict(sorted(found.items()))


def company_version(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def publish_folder(engine: Engine, folder: Path, note: str, by: str) -> list[Publication]:
    """Publish a folder that was not read yet. Raises FlowFaults, and OSError when it cannot be read."""
    definitions = read_definitions(folder)
    if definitions.faults:
        raise FlowFaults(definitions.faults)
    return publish(engine, definitions, note, by)


def publish(
    engine: Engine, definitions: Definitions, note: str, by: str, base: Mapping[str, str] | None = None
) -> list[Publication]:
    """Make a folder the whole truth of what is live; what is live already is left alone. The caller has checked it.

    With `base`, versions by name as they were live when the folder was made, raises PublishedSince if that has changed.
    """
    now = datetime.now(UTC)
    done: list[Publication] = []
    with _alone(engine) as connection:
        before = live(connection)
        if base is not None and base != {name: each.version for name, each in before.items()}:
            raise PublishedSince([each for each in before.values() if base.get(each.name) != each.version])
        wanted = contents(definitions)
        for name, (version, content) in wanted.items():
            was = before.get(name)
            if was is not None and was.version == version:
                done.append(Publication(name, version, "unchanged"))
                continue
            flow = definitions.flows.get(name)
            played = recordings(flow) if flow is not None else {}
            store(connection, (definitions.audio[audio] for audio in played), now)
            insert_once(
                connection,
                flow_versions,
                version=version,
                name=name,
                content=content,
                created_at=now,
                audio=to_json(played),
            )
            _point(connection, name, version, note, by, now)
            done.append(Publication(name, version, "new" if was is None else "changed"))
        for name, was in before.items():
            if name not in wanted:
                _point(connection, name, was.version, note, by, now, retired=True)
                done.append(Publication(name, was.version, "retired"))
    return done


def go_back(engine: Engine, name: str, version: str, note: str, by: str) -> None:
    """Publish a content of a name that was live before once more."""
    with _alone(engine) as connection:
        _point(connection, name, version, note, by, datetime.now(UTC))


def retire(engine: Engine, name: str, note: str, by: str) -> None:
    """Let a name answer no further call; calls under way end as they began."""
    with _alone(engine) as connection:
        was = live(connection)[name]
        _point(connection, name, was.version, note, by, datetime.now(UTC), retired=True)


def _point(
    connection: Connection, name: str, version: str, note: str, by: str, now: datetime, retired: bool = False
) -> None:
    connection.execute(
        publications.insert().values(
            name=name, version=version, note=note, published_at=now, published_by=by, retired=retired
        )
    )


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction in which nobody else publishes."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        yield connection
