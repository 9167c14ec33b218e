"""What the machines found, told as single cases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.clock import tick
from callbacks.desk import Desk
from callbacks.index import rebuild
from callbacks.queue import CallbackQueue
from callbacks.tables import callback_sources, callbacks
from ivr.call import call_id_of
from ivr.journal import CallFacts
from ivr.receiving import note_status
from ivr.tables import turns
from runtime.database import reading, writing
from tests.front import Front, open_front
from tests.ivr.test_sql_away import locked, wait_until_caught_up
from tests.switchboard import CALLER, COMPANY_NUMBER
