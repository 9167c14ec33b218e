"""The metrics for Prometheus at /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

turn_seconds = Histogram(
    "ringback_turn_seconds",
    "Seconds from the arrival of a webhook to its answer",
    ["webhook"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
webhooks_refused = Counter("ringback_webhooks_refused_total", "Refused webhooks, by HTTP status", ["reason"])
fallbacks = Counter("ringback_fallbacks_total", "Calls that reached the emergency document")
voicemails_arrived = Counter("ringback_voicemails_total", "Messages that callers left")
calls_started = Counter("ringback_calls_total", "Calls that were answered")
calls_ended = Counter("ringback_calls_ended_total", "Calls that ended, by outcome", ["outcome"])
