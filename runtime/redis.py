"""The connection to the Redis-compatible server: the order, the lease and the bell, never the record."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

# A server that is away must be noticed well within a console request; SQL answers meanwhile.
CONNECT_TIMEOUT_SECONDS = 1.0
ANSWER_TIMEOUT_SECONDS = 2.0


def open_redis(url: str) -> redis.Redis:
    """Open a client (redis://… or unix:///…) that answers text and gives up quickly. Connects at its first command.

    Redis 6.2, 7 and Valkey serve alike.
    """
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=ANSWER_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
        health_check_interval=30,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
