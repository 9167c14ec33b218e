"""Tells the log and the metrics that a call began, and how it ended."""

from __future__ import annotations

import structlog

from flows.events import CallEnded, CallStarted
from ivr.journal.turn_record import TurnRecord
from runtime import metrics

log = structlog.get_logger()


def tell_ends_of_call(record: TurnRecord, flow: str) -> None:
    """Log the beginning and the end of a call, as far as they lie in this turn."""
    call = record.call
    for event in record.events:
        match event:
            case CallStarted():
                metrics.calls_started.inc()
                log.info(
                    "call.started",
                    call_id=call.call_id,
                    provider_call_id=call.provider_call_id,
                    number=call.from_number,
                    called=call.to_number,
                    flow=event.flow,
                )
            case CallEnded():
                metrics.calls_ended.labels(event.outcome).inc()
                log.info(
                    "call.ended",
                    call_id=call.call_id,
                    number=call.from_number,
                    flow=flow,
                    outcome=event.outcome,
                    node=event.node,
                )
            case _:
                pass
