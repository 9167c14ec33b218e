"""Whose name, hours and zone a call has: those of the number that was called, then those of its flow."""

from __future__ import annotations

from flows.company.company import DEFAULT, Company
from flows.model import Flow
from flows.nodes import Callback, Hours, Voicemail


def calendar_of(flow: Flow, company: Company, called: str, written: str = "") -> str:
    """The calendar that a call goes by; empty when neither its number nor its flow names one.

    `called` is a key of the company's `numbers`, empty for `default`; `written` is what a node names itself. A number's own
    calendar stands in for the flow's first one, so that one flow serves several places.
    """
    number = company.numbers.get(called or DEFAULT)
    first = _first_calendar(flow)
    if number is not None and number.calendar and written in ("", first):
        return number.calendar
    return written or first


def zone_of(flow: Flow, company: Company, called: str) -> str:
    """The zone that a call lives in: of its calendar, else of the first queue its flow names, else UTC."""
    calendar = company.calendars.get(calendar_of(flow, company, called))
    if calendar is None:
        queues = (node.queue for node in flow.nodes.values() if isinstance(node, Voicemail | Callback))
        found = (company.queues[queue].calendar for queue in queues if queue in company.queues)
        calendar = company.calendars.get(next(found, ""))
    if calendar is None and len(company.calendars) == 1:
        (calendar,) = company.calendars.values()
    return calendar.zone if calendar is not None else "UTC"


def zone_of_queue(company: Company, queue: str) -> str:
    """The zone in which a queue's promises are spoken; empty when there is no such queue."""
    definition = company.queues.get(queue)
    return company.calendars[definition.calendar].zone if definition is not None else ""


def _first_calendar(flow: Flow) -> str:
    return next((node.calendar for node in flow.nodes.values() if isinstance(node, Hours) and node.calendar), "")
