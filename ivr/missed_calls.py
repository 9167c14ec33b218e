"""A message in which nobody speaks is a missed call: its callback ends, unless something else asks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from sqlalchemy.engine import Engine

from callbacks import missed_calls
from runtime.sql.database import writing
from runtime.sql.outbox import Handler
from voicemail import mailbox

log = structlog.get_logger()


def end_unspoken(engine: Engine) -> Handler:
    """The outbox handler of mailbox.UNSPOKEN."""

    def handle(payload: dict[str, object]) -> None:
        with writing(engine) as connection:
            message = mailbox.load(connection, str(payload["id"]))
            if message is None or message.callback_id is None or not message.is_unspoken:
                return
            together = mailbox.voicemails_of_callback(connection, [message.callback_id])[message.callback_id]
            unspoken = {other.id for other in together if other.is_unspoken}
            ended = missed_calls.end_without_speech(connection, message.callback_id, unspoken, datetime.now(UTC))
        log.info("call.missed", call_id=message.call_id, callback_id=message.callback_id, ended=ended)

    return handle
