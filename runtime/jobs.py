"""The job queue: Dramatiq over the Redis-compatible server. Jobs carry ids only and may run twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dramatiq
import redis
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import dq_name
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AgeLimit, Callbacks, Pipelines, Retries, ShutdownNotifications, TimeLimit
from redis.maint_notifications import MaintNotificationsConfig

# With these a job of a killed worker starts again after about 6.5 s instead of 39 s (measured with Dramatiq 2.2).
HEARTBEAT_TIMEOUT_MS = 5_000
MAINTENANCE_CHANCE_PER_MILLION = 100_000
_NAMESPACE = "ringback-jobs"
DEAD_MESSAGE_TTL_MS = 7 * 24 * 3600 * 1000
# Transcription takes a fraction of the length of a message, and messages over two hours are refused.
JOB_TIME_LIMIT_MS = 30 * 60 * 1000


def open_broker(redis_url: str, answer_timeout_seconds: float | None = None) -> dramatiq.Broker:
    """Open the broker for actors and workers. It does not connect yet.

    `answer_timeout_seconds` is for processes that only send, so that a server that hangs does not stop them. A worker
    has no timeout: a job that the server hands out late would otherwise be lost.
    """
    pool = redis.ConnectionPool.from_url(
        redis_url,
        socket_connect_timeout=2.0,
        socket_timeout=answer_timeout_seconds,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return _Broker(  # type: ignore[no-untyped-call]
        client=redis.Redis(connection_pool=pool),
        middleware=[
            AgeLimit(),
            TimeLimit(time_limit=JOB_TIME_LIMIT_MS),
            ShutdownNotifications(),
            Callbacks(),
            Pipelines(),
            Retries(max_retries=20, min_backoff=1_000, max_backoff=60_000),
        ],
        namespace=_NAMESPACE,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_CHANCE_PER_MILLION,
        dead_message_ttl=DEAD_MESSAGE_TTL_MS,
    )


def count_jobs(client: redis.Redis, queue: str) -> int:
    """How many jobs of a queue wait for a worker, with those that are to start later. Raises redis.RedisError."""
    lengths = [client.llen(f"{_NAMESPACE}:{name}") for name in (queue, dq_name(queue))]
    return sum(int(length) for length in lengths if isinstance(length, int))


class _Broker(RedisBroker):
    """Dramatiq's broker, made to recover when Redis dies, hangs, fills up or loses its scripts.

    Dramatiq 2.2 does not turn every connection error into its own. The others end a consumer thread, and the worker then
    never takes a job again (dramatiq/worker.py, ConsumerThread.run and close).
    """

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Begin to take jobs, first the delayed ones that this process holds already.

        Dramatiq forgets them when a connection breaks, but counts them as held while the process lives.
        """
        if queue_name == dq_name(queue_name):
            try:
                held = self.client.smembers(f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}")
            except redis.RedisError as error:
                raise ConnectionClosed(error) from error  # type: ignore[no-untyped-call]
            if held:
                self.do_requeue(queue_name, *held)
        return super().consume(queue_name, prefetch, timeout)

    def _dispatch(self, command: str) -> Callable[..., Any]:
        dispatch = super()._dispatch(command)  # type: ignore[no-untyped-call]  # dramatiq's broker is not annotated

        def translated(*arguments: Any) -> Any:
            try:
                return dispatch(*arguments)
            except redis.RedisError as error:
                raise ConnectionClosed(error) from error  # type: ignore[no-untyped-call]

        return translated
