"""Moments as people read them: on the wall clock of the queue, in one form, with the zone named where it is not the reader's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from flows.company.company import Company

_UTC = ZoneInfo("UTC")


def zone_of(company: Company | None, queue: str) -> ZoneInfo:
    """The zone of a queue; of a queue that the company no longer has, that of its first calendar; without a company UTC."""
    if company is None:
        return _UTC
    definition = company.queues.get(queue)
    calendar = company.calendars[definition.calendar] if definition else next(iter(company.calendars.values()))
    return calendar.time_zone()


def zone_of_promise(ledger: Mapping[str, Any]) -> ZoneInfo:
    """The zone in which a promise was made, by its reasons; UTC when they do not say."""
    calendar = ledger.get("calendar")
    return ZoneInfo(calendar["zone"]) if isinstance(calendar, Mapping) and "zone" in calendar else _UTC


def in_words(at: datetime, zone: ZoneInfo, reader: tzinfo | None = None) -> str:
    """ "Fri 2026-11-27 13:00", with " Europe/Riga" behind it unless the reader's clock shows the same."""
    local = at.astimezone(zone)
    is_readers = reader is not None and at.astimezone(reader).utcoffset() == local.utcoffset()
    return f"{local:%a %Y-%m-%d %H:%M}" + ("" if is_readers else f" {zone.key}")
