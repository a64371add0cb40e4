"""Counters of requests in sliding minutes, in Redis for all servers where there is one, else here."""

from __future__ import annotations

import logging
import time
from typing import Any

from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

log = logging.getLogger(__name__)
REDIS_SECONDS = 0.5
LEAST_SECONDS = 0.001


class RequestCounts:
    def __init__(self, redis_url: str) -> None:
        self._here = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _in_redis(redis_url) if redis_url else None

    def hit(self, limit: int, kind: str, who: str) -> float:
        """Count one of `limit` a minute; zero, or the seconds until the next may be tried.

        While Redis does not answer, what this server alone has counted is what counts.
        """
        if self._shared is not None:
            try:
                return _hit(self._shared, limit, kind, who)
            except StorageError as error:
                log.warning("Redis does not count requests, this server does: %s", error)
        return _hit(self._here, limit, kind, who)


def _hit(counter: SlidingWindowCounterRateLimiter, limit: int, kind: str, who: str) -> float:
    item = RateLimitItemPerMinute(limit)
    if counter.hit(item, kind, who):
        return 0.0
    return max(LEAST_SECONDS, counter.get_window_stats(item, kind, who).reset_time - time.time())


def _in_redis(url: str) -> SlidingWindowCounterRateLimiter:
    timeouts: dict[str, Any] = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    storage = RedisStorage(url, wrap_exceptions=True, key_prefix="trainyard:limits", **timeouts)
    return SlidingWindowCounterRateLimiter(storage)
