"""The connection to Redis, which has the order of callbacks, leases and the bell. SQL has the data."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

# Short, because SQL answers when Redis does not, within the same request.
CONNECT_TIMEOUT_SECONDS = 1.0
ANSWER_TIMEOUT_SECONDS = 2.0


def open_redis(url: str) -> redis.Redis:
    """Open a client (redis://… or unix:///…) with short timeouts that returns text. It connects with its first command.

    Works with Redis 6.2, Redis 7 and Valkey.
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
