"""What Prometheus may read of this process."""

from __future__ import annotations

from prometheus_client import Gauge, Histogram

REQUEST_SECONDS = Histogram(
    "trainyard_request_seconds", "Duration of HTTP requests", ["method", "route", "status"]
)
JOBS = Gauge("trainyard_jobs", "Jobs by status", ["status"])
