"""What was published, when and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ivr.publishing.publications import Live
from ivr.publishing.recorded_prompts import from_json
from ivr.tables import flow_versions, publications

# Fewer letters of a version are taken for a number.
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One publication. `number` counts those of its name from 1."""

    number: int
    name: str
    version: str
    published_at: datetime
    by: str
    note: str
    is_retirement: bool
    is_last: bool

    @property
    def is_live(self) -> bool:
        return self.is_last and not self.is_retirement


class UnknownVersion(Exception):
    """No content of that name was published under what was asked for; the message lists what there is."""


def history(connection: Connection, name: str | None = None) -> list[Entry]:
    """All publications of a name, or of every name, the newest first."""
    query = sa.select(publications).order_by(publications.c.id)
    rows = connection.execute(query.where(publications.c.name == name) if name is not None else query).all()
    counts: dict[str, int] = {}
    last = {row.name: row.id for row in rows}
    entries: list[Entry] = []
    for row in rows:
        counts[row.name] = number = counts.get(row.name, 0) + 1
        at, by, note = row.published_at, row.published_by, row.note
        entries.append(Entry(number, row.name, row.version, at, by, note, bool(row.retired), last[row.name] == row.id))
    return entries[::-1]


def find_version(connection: Connection, name: str, wanted: str) -> Live:
    """A content of a name by its number or the beginning of its version; "" is the one before the present. Raises
    UnknownVersion.
    """
    entries = history(connection, name)
    if not entries:
        names = sorted({entry.name for entry in history(connection)})
        raise UnknownVersion(f'nothing called "{name}" was ever published. Published: {", ".join(names) or "nothing"}.')
    if wanted:
        found = [each for each in entries if str(each.number) == wanted] or [
            each for each in entries if len(wanted) >= _SHORTEST_PREFIX and each.version.startswith(wanted)
        ]
    elif entries[0].is_retirement:
        found = entries
    else:
        found = [each for each in entries if each.version != entries[0].version]
    if not found:
        known = ", ".join(f"{each.number} ({each.version[:8]})" for each in entries)
        asked = f'no version "{wanted}"' if wanted else "no version before the present one"
        raise UnknownVersion(f"{name} has {asked}. Versions: {known}.")
    entry = found[0]
    row = connection.execute(sa.select(flow_versions).where(flow_versions.c.version == entry.version)).one()
    return Live(name, entry.version, row.content, from_json(row.audio), entry.published_at, entry.by, entry.note)
