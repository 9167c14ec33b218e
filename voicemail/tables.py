"""Messages, their audio and their words."""

from __future__ import annotations

import sqlalchemy as sa

from runtime.sql.database import Moment, metadata

voicemails = sa.Table(
    "voicemails",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),  # derived from call and turn
    sa.Column("call_id", sa.String(40), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("customer_id", sa.String(40), sa.ForeignKey("customers.id"), nullable=False, index=True),
    sa.Column("callback_id", sa.String(40), index=True),
    sa.Column("queue", sa.String(40), nullable=False),
    sa.Column("intent", sa.String(40), nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("until", Moment),  # the moment promised or quoted for its return
    sa.Column(
        "status", sa.String(24), nullable=False
    ),  # expected available stored transcribed no_speech failed empty deleted
    sa.Column("status_reason", sa.Text, nullable=False, default=""),
    sa.Column("recording_id", sa.String(64), unique=True),  # the provider's
    sa.Column("seconds", sa.Float),  # the provider's figure until the file was read; NULL when it gave none
    sa.Column("speech_seconds", sa.Float),  # in how much of it somebody speaks; NULL until it was listened to
    sa.Column("recorded_at", Moment, nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("media_type", sa.String(60)),
    sa.Column("bytes", sa.BigInteger),
    sa.Column("peaks", sa.JSON),  # about 800 integers 0-100
    sa.Column("crashes", sa.Integer, nullable=False, default=0),  # begun and never ended: native code may have crashed
    sa.Column("busy_until", Moment),  # a worker is writing it down and renews this
    sa.Column("updated_at", Moment, nullable=False),
    sa.Index("voicemails_of_call", "call_id", "turn", unique=True),
    sa.Index("voicemails_by_status", "status"),
)

# Recordings whose message is not known yet: the provider's word came before our own record of the turn.
early_recordings = sa.Table(
    "early_recordings",
    metadata,
    sa.Column("recording_id", sa.String(64), primary_key=True),
    sa.Column("call_id", sa.String(40), nullable=False, index=True),
    sa.Column("turn", sa.Integer),
    sa.Column("seconds", sa.Float),  # the provider's figure; NULL when it gave none
    sa.Column("at", Moment, nullable=False),
)

transcripts = sa.Table(
    "transcripts",
    metadata,
    sa.Column("voicemail_id", sa.String(40), sa.ForeignKey("voicemails.id"), primary_key=True),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("model", sa.String(120), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    # [{word, start, end, confidence, plain_confidence, heard}], seconds in the recording
    sa.Column("words", sa.JSON, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("took_ms", sa.Integer, nullable=False),
)
