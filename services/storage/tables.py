"""The tables; German names are those of the wire and of the first system, numbers are numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import JSON, DateTime, ForeignKey, Index, MetaData, String, Text, UniqueConstraint, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


def now() -> datetime:
    """The present as an aware UTC time."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC times on both databases; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


Json = JSON(none_as_null=True)  # not JSONB: fields keep their order, which is that of columns and levels


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
        UUID: Uuid(),
    }


def _id() -> Mapped[UUID]:
    return mapped_column(primary_key=True, default=uuid4)


def _owner(target: str, *, index: bool = True) -> Mapped[UUID]:
    return mapped_column(ForeignKey(target, ondelete="CASCADE"), index=index)


# accounts, plans, usage


class UserRow(Base):
    __tablename__ = "users"
    id: Mapped[UUID] = _id()
    email: Mapped[str] = mapped_column(String(320), unique=True)  # stored in lower case
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    blocked_at: Mapped[datetime | None]  # since then nothing of this account is let in


class RefreshTokenRow(Base):
    __tablename__ = "refresh_tokens"
    id: Mapped[UUID] = _id()
    user_id: Mapped[UUID] = _owner("users.id")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    family: Mapped[UUID] = mapped_column(index=True)  # one sign-in; reuse of a spent token ends all of it
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PlanRow(Base):
    """Limits; -1 means unlimited."""

    __tablename__ = "plans"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    max_processing_jobs_per_month: Mapped[int]
    max_training_runs_per_month: Mapped[int]
    can_use_training: Mapped[bool]
    max_file_size_mb: Mapped[int]
    total_compute_hours: Mapped[float] = mapped_column(default=-1.0)  # a month
    max_storage_gb: Mapped[float] = mapped_column(default=-1.0)
    max_parallel_jobs: Mapped[int] = mapped_column(default=-1)  # trainings at work at once; more wait
    max_api_keys: Mapped[int] = mapped_column(default=-1)


class SubscriptionRow(Base):
    __tablename__ = "subscriptions"
    id: Mapped[UUID] = _id()
    user_id: Mapped[UUID] = _owner("users.id")
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"))
    status: Mapped[str] = mapped_column(String(20), default="active")
    started_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]


class UsageEventRow(Base):
    """What was counted (positive) or given back (negative); usage is the sum over the current period."""

    __tablename__ = "usage_events"
    __table_args__ = (Index("ix_usage_events_user_id_kind_created_at", "user_id", "kind", "created_at"),)
    id: Mapped[UUID] = _id()
    user_id: Mapped[UUID] = _owner("users.id", index=False)
    kind: Mapped[str] = mapped_column(String(20))  # processing | training | compute
    quantity: Mapped[int]  # jobs; of compute, seconds
    job_id: Mapped[UUID | None] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


# sessions and what belongs to them


class SessionRow(Base):
    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("user_id", "alias"),
        # the orders of lists; a page of a user with ten thousand reads no more than it shows
        Index("ix_sessions_updated", "user_id", "deleted_at", "updated_at", "id"),
        Index("ix_sessions_created", "user_id", "deleted_at", "created_at", "id"),
        Index("ix_sessions_name", "user_id", "deleted_at", "session_name", "id"),
    )
    id: Mapped[UUID] = _id()
    user_id: Mapped[UUID] = _owner("users.id", index=False)
    alias: Mapped[str | None] = mapped_column(String(120))  # the client's own id; unique per user
    session_name: Mapped[str | None] = mapped_column(String(255))
    tags: Mapped[list[Any]] = mapped_column(default=list)
    deleted_at: Mapped[datetime | None]  # hidden since then; removed for good some days later
    n_dat: Mapped[int | None]  # samples, known once datasets were generated
    finalized: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class FileRow(Base):
    """One series of a session: its configuration and what was measured in it."""

    __tablename__ = "files"
    __table_args__ = (UniqueConstraint("session_id", "type", "bezeichnung"),)
    id: Mapped[UUID] = _id()
    session_id: Mapped[UUID] = _owner("sessions.id")
    file_name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(10))  # input | output
    bezeichnung: Mapped[str] = mapped_column(String(255))
    color_index: Mapped[int] = mapped_column(default=0)  # order of the features
    utc_min: Mapped[datetime | None]
    utc_max: Mapped[datetime | None]
    zeitschrittweite: Mapped[float | None]  # minutes; the most frequent step
    zeitschrittweite_mittelwert: Mapped[float | None]
    zeitschrittweite_min: Mapped[float | None]
    offset: Mapped[float | None]  # minutes past the full hour; null when it varies
    min: Mapped[float | None]
    max: Mapped[float | None]
    datenpunkte: Mapped[int | None]
    numerische_datenpunkte: Mapped[int | None]
    numerischer_anteil: Mapped[float | None]  # percent
    datenform: Mapped[str] = mapped_column(String(60), default="Historische Daten")
    datenanpassung: Mapped[str] = mapped_column(String(60), default="Lineare Interpolation")
    zeithorizont_start: Mapped[float | None]  # hours relative to the reference time
    zeithorizont_end: Mapped[float | None]
    mittelwertbildung_uber_den_zeithorizont: Mapped[bool] = mapped_column(default=False)
    skalierung: Mapped[bool] = mapped_column(default=True)
    skalierung_min: Mapped[float] = mapped_column(default=0.0)
    skalierung_max: Mapped[float] = mapped_column(default=1.0)
    lags: Mapped[list[Any] | None]  # ISO 8601 durations, such as P1D and PT24H
    ausgabezeit: Mapped[str | None] = mapped_column(String(500))  # column of the times of issue of forecasts
    storage_path: Mapped[str | None] = mapped_column(String(500))  # blob of the file as uploaded
    series_path: Mapped[str | None] = mapped_column(String(500))  # blob of the series (Parquet)
    file_hash: Mapped[str | None] = mapped_column(String(64))  # sha256 of the file as uploaded
    series_hash: Mapped[str | None] = mapped_column(String(64))  # sha256 of the Parquet blob
    size_bytes: Mapped[int | None]
    profile: Mapped[dict[str, Any] | None]  # everything detected at import
    recipe: Mapped[list[Any]] = mapped_column(default=list)  # steps that mend the series, in their order
    # what looks wrong in the series; long, so it is read only where it is asked for
    care: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class TimeInfoRow(Base):
    __tablename__ = "time_info"
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    jahr: Mapped[bool] = mapped_column(default=False)
    monat: Mapped[bool] = mapped_column(default=False)
    woche: Mapped[bool] = mapped_column(default=False)
    tag: Mapped[bool] = mapped_column(default=False)
    feiertag: Mapped[bool] = mapped_column(default=False)
    zeitzone: Mapped[str] = mapped_column(String(60), default="UTC")
    category_data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ZeitschritteRow(Base):
    __tablename__ = "zeitschritte"
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    eingabe: Mapped[int | None]  # steps of an input window
    ausgabe: Mapped[int | None]  # steps of an output window
    zeitschrittweite: Mapped[float | None]  # minutes between reference times
    offset: Mapped[float] = mapped_column(default=0.0)  # minutes past the full hour


# jobs


class JobRow(Base):
    """One execution of a workload; who may write which column is said in services/jobs/states.py."""

    __tablename__ = "training_jobs"
    __table_args__ = (
        # all that choosing the next job looks at, so that no row with its config is read for it
        Index(
            "ix_training_jobs_queue",
            *("status", "lane", "queued_at", "id", "user_id", "priority", "device_request"),
        ),
        Index("ix_training_jobs_user_id_lane_started_at", "user_id", "lane", "started_at"),
        Index("ix_training_jobs_user_id_status_created_at", "user_id", "status", "created_at"),
        Index("ix_training_jobs_session_id_created_at", "session_id", "created_at"),
        # the order of lists, and what they count by
        Index("ix_training_jobs_list", "user_id", "created_at", "id", "workload", "priority", "session_id"),
        Index("ix_training_jobs_session_id_lane_status", "session_id", "lane", "status"),
        Index("ix_training_jobs_user_id_idempotency_key", "user_id", "idempotency_key", unique=True),
    )
    id: Mapped[UUID] = _id()
    user_id: Mapped[UUID] = _owner("users.id", index=False)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    restart_of: Mapped[UUID | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_hash: Mapped[str | None] = mapped_column(String(64))  # of the request that came with the key
    name: Mapped[str | None] = mapped_column(String(255))
    notes: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[Any]] = mapped_column(default=list)
    workload: Mapped[str] = mapped_column(String(60))
    lane: Mapped[str] = mapped_column(String(20))  # training | interactive
    priority: Mapped[int] = mapped_column(default=1)  # 0 high, 1 normal, 2 low
    device_request: Mapped[str] = mapped_column(
        String(20), default="auto"
    )  # auto | cpu | cuda | cuda:1 | mps
    config: Mapped[dict[str, Any]]
    config_hash: Mapped[str] = mapped_column(String(64))
    resumable: Mapped[bool] = mapped_column(default=False)  # can be paused while it works and go on later
    finishable: Mapped[bool] = mapped_column(default=False)  # can end early with the best it has
    exclusive: Mapped[bool] = mapped_column(default=False)  # one of its workload at a time in a session
    status: Mapped[str] = mapped_column(String(20), default="queued")
    phase: Mapped[str | None] = mapped_column(String(20))
    requested_action: Mapped[str] = mapped_column(String(10), default="none")
    reason: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[dict[str, Any] | None]  # {code, error, suggestion?, details?}
    outcome: Mapped[dict[str, Any] | None]  # what the workload returned; small
    attempt: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)  # workers lost since the last checkpoint
    worker_id: Mapped[str | None] = mapped_column(String(80))
    host: Mapped[str | None] = mapped_column(String(255))  # with device: where it works or worked last
    device: Mapped[str | None] = mapped_column(String(20))
    beats: Mapped[int] = mapped_column(default=0)  # signs of life; a lease whose count stands still is lost
    delete_requested: Mapped[bool] = mapped_column(default=False)  # remove it as soon as it has ended
    active_seconds: Mapped[float] = mapped_column(default=0.0)  # worked on in attempts that have ended
    counts: Mapped[dict[str, Any] | None]  # of its tasks by status, where it has tasks
    progress: Mapped[dict[str, Any] | None]
    last_seq: Mapped[int] = mapped_column(default=0)  # of job_events
    created_at: Mapped[datetime] = mapped_column(default=now)
    queued_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]  # of the newest attempt
    finished_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class MetricRow(Base):
    __tablename__ = "training_metrics"
    __table_args__ = (
        # holds all that a curve is drawn from, so that the rows themselves need not be looked up
        Index("ix_training_metrics_curve", "job_id", "key", "step", "attempt", "epoch", "value"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    job_id: Mapped[UUID] = _owner("training_jobs.id", index=False)
    attempt: Mapped[int]
    key: Mapped[str] = mapped_column(String(80))
    value: Mapped[float | None]  # null: was not finite
    step: Mapped[int]
    epoch: Mapped[int | None]
    phase: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(default=now)


class JobEventRow(Base):
    __tablename__ = "job_events"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(60))
    attempt: Mapped[int]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ArtifactRow(Base):
    __tablename__ = "artifacts"
    __table_args__ = (UniqueConstraint("job_id", "name"),)
    id: Mapped[UUID] = _id()
    job_id: Mapped[UUID] = _owner("training_jobs.id", index=False)
    attempt: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))  # model | scalers | archive | plot | predictions | ...
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    blob_key: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(default=now)


# what a finished training left


class TrainingResultRow(Base):
    __tablename__ = "training_results"
    id: Mapped[UUID] = _id()
    session_id: Mapped[UUID] = _owner("sessions.id")
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id", ondelete="CASCADE"), unique=True)
    status: Mapped[str] = mapped_column(String(20))
    results: Mapped[dict[str, Any]]  # metrics, features, split; never arrays or models
    results_file_path: Mapped[str | None] = mapped_column(String(500))  # blob of the archive
    file_size_bytes: Mapped[int | None]
    compressed: Mapped[bool] = mapped_column(default=True)
    results_metadata: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]


class VisualizationRow(Base):
    """A plot: the picture in a blob, the numbers to draw it again in `data`."""

    __tablename__ = "training_visualizations"
    __table_args__ = (UniqueConstraint("session_id", "job_id", "plot_name"),)
    id: Mapped[UUID] = _id()
    session_id: Mapped[UUID] = _owner("sessions.id")
    job_id: Mapped[UUID] = _owner("training_jobs.id")
    plot_name: Mapped[str] = mapped_column(String(300))
    plot_type: Mapped[str] = mapped_column(String(40))  # violin_plot | forecast | residuals | learning_curve
    image_path: Mapped[str] = mapped_column(String(500))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class TrainingLogRow(Base):
    """What a job said while it ran, for people."""

    __tablename__ = "training_logs"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[UUID] = _owner("training_jobs.id")
    progress: Mapped[dict[str, Any]]  # {level, message, phase, attempt, ...}
    created_at: Mapped[datetime] = mapped_column(default=now)


class EvaluationTableRow(Base):
    __tablename__ = "evaluation_tables"
    __table_args__ = (UniqueConstraint("session_id", "job_id"),)
    id: Mapped[UUID] = _id()
    session_id: Mapped[UUID] = _owner("sessions.id")
    job_id: Mapped[UUID] = _owner("training_jobs.id")
    df_eval: Mapped[dict[str, Any]]
    df_eval_ts: Mapped[dict[str, Any]]
    model_type: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=now)
