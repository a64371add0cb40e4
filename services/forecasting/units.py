"""Spans of time in nanoseconds."""

from __future__ import annotations

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
DAY = 24 * HOUR
