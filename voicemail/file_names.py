"""The file name of a saved message: its time, its id and its format."""

from __future__ import annotations

from flows.company.company import Company
from voicemail.audio.forms import ending_of
from voicemail.mailbox import Voicemail

_ID_CHARACTERS = 11  # as many as the queue shows


def file_name(message: Voicemail, company: Company) -> str:
    """`message-2026-11-23-1405-vm_b7fa43cd.wav`, with the time in the zone of its queue, and without a number or name."""
    queue = company.queues.get(message.queue)
    calendar = company.calendars[queue.calendar] if queue else next(iter(company.calendars.values()))
    left_at = message.recorded_at.astimezone(calendar.time_zone())
    return f"message-{left_at:%Y-%m-%d-%H%M}-{message.id[:_ID_CHARACTERS]}.{ending_of(message.media_type)}"
