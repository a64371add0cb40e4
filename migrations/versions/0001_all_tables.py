"""All tables of the first version, and the plans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("max_processing_jobs_per_month", sa.Integer(), nullable=False),
        sa.Column("max_training_runs_per_month", sa.Integer(), nullable=False),
        sa.Column("can_use_training", sa.Boolean(), nullable=False),
        sa.Column("max_file_size_mb", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_refresh_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_tokens_family"), ["family"], unique=False)
        batch_op.create_index(batch_op.f("ix_refresh_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.String(length=120), nullable=True),
        sa.Column("session_name", sa.String(length=255), nullable=True),
        sa.Column("n_dat", sa.Integer(), nullable=True),
        sa.Column("finalized", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("user_id", "alias", name=op.f("uq_sessions_user_id_alias")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_subscriptions_plan_id_plans")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_subscriptions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscriptions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "usage_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_usage_events_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_events")),
    )
    with op.batch_alter_table("usage_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_usage_events_job_id"), ["job_id"], unique=False)
        batch_op.create_index(
            "ix_usage_events_user_id_kind_created_at", ["user_id", "kind", "created_at"], unique=False
        )

    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("bezeichnung", sa.String(length=255), nullable=False),
        sa.Column("color_index", sa.Integer(), nullable=False),
        sa.Column("utc_min", sa.DateTime(timezone=True), nullable=True),
        sa.Column("utc_max", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zeitschrittweite", sa.Double(), nullable=True),
        sa.Column("zeitschrittweite_mittelwert", sa.Double(), nullable=True),
        sa.Column("zeitschrittweite_min", sa.Double(), nullable=True),
        sa.Column("offset", sa.Double(), nullable=True),
        sa.Column("min", sa.Double(), nullable=True),
        sa.Column("max", sa.Double(), nullable=True),
        sa.Column("datenpunkte", sa.Integer(), nullable=True),
        sa.Column("numerische_datenpunkte", sa.Integer(), nullable=True),
        sa.Column("numerischer_anteil", sa.Double(), nullable=True),
        sa.Column("datenform", sa.String(length=60), nullable=False),
        sa.Column("datenanpassung", sa.String(length=60), nullable=False),
        sa.Column("zeithorizont_start", sa.Double(), nullable=True),
        sa.Column("zeithorizont_end", sa.Double(), nullable=True),
        sa.Column("mittelwertbildung_uber_den_zeithorizont", sa.Boolean(), nullable=False),
        sa.Column("skalierung", sa.Boolean(), nullable=False),
        sa.Column("skalierung_min", sa.Double(), nullable=False),
        sa.Column("skalierung_max", sa.Double(), nullable=False),
        sa.Column("storage_path", sa.String(length=500), nullable=True),
        sa.Column("series_path", sa.String(length=500), nullable=True),
        sa.Column("file_hash", sa.String(length=64), nullable=True),
        sa.Column("series_hash", sa.String(length=64), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=True),
        sa.Column(
            "profile",
            JSON,
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_files_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint(
            "session_id", "type", "bezeichnung", name=op.f("uq_files_session_id_type_bezeichnung")
        ),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_files_session_id"), ["session_id"], unique=False)

    op.create_table(
        "time_info",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("jahr", sa.Boolean(), nullable=False),
        sa.Column("monat", sa.Boolean(), nullable=False),
        sa.Column("woche", sa.Boolean(), nullable=False),
        sa.Column("tag", sa.Boolean(), nullable=False),
        sa.Column("feiertag", sa.Boolean(), nullable=False),
        sa.Column("zeitzone", sa.String(length=60), nullable=False),
        sa.Column(
            "category_data",
            JSON,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_time_info_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_time_info")),
    )
    op.create_table(
        "training_jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("workload", sa.String(length=60), nullable=False),
        sa.Column("lane", sa.String(length=20), nullable=False),
        sa.Column(
            "config",
            JSON,
            nullable=False,
        ),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=True),
        sa.Column("requested_action", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column(
            "error",
            JSON,
            nullable=True,
        ),
        sa.Column(
            "outcome",
            JSON,
            nullable=True,
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=80), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "progress",
            JSON,
            nullable=True,
        ),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_training_jobs_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_training_jobs_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_jobs")),
    )
    with op.batch_alter_table("training_jobs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_training_jobs_lease_expires_at"), ["lease_expires_at"], unique=False
        )
        batch_op.create_index(
            "ix_training_jobs_session_id_created_at", ["session_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_training_jobs_status_lane_created_at", ["status", "lane", "created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_training_jobs_user_id"), ["user_id"], unique=False)

    op.create_table(
        "zeitschritte",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("eingabe", sa.Integer(), nullable=True),
        sa.Column("ausgabe", sa.Integer(), nullable=True),
        sa.Column("zeitschrittweite", sa.Double(), nullable=True),
        sa.Column("offset", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_zeitschritte_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_zeitschritte")),
    )
    op.create_table(
        "artifacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("blob_key", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_artifacts_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifacts")),
        sa.UniqueConstraint("job_id", "name", name=op.f("uq_artifacts_job_id_name")),
    )
    op.create_table(
        "evaluation_tables",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column(
            "df_eval",
            JSON,
            nullable=False,
        ),
        sa.Column(
            "df_eval_ts",
            JSON,
            nullable=False,
        ),
        sa.Column("model_type", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_evaluation_tables_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_evaluation_tables_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_tables")),
        sa.UniqueConstraint("session_id", "job_id", name=op.f("uq_evaluation_tables_session_id_job_id")),
    )
    with op.batch_alter_table("evaluation_tables", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluation_tables_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evaluation_tables_session_id"), ["session_id"], unique=False)

    op.create_table(
        "job_events",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "data",
            JSON,
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_job_events_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "seq", name=op.f("pk_job_events")),
    )
    op.create_table(
        "training_logs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column(
            "progress",
            JSON,
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_training_logs_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_training_logs_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_logs")),
    )
    with op.batch_alter_table("training_logs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_logs_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_logs_session_id"), ["session_id"], unique=False)

    op.create_table(
        "training_metrics",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_training_metrics_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_metrics")),
    )
    with op.batch_alter_table("training_metrics", schema=None) as batch_op:
        batch_op.create_index("ix_training_metrics_job_id_key_step", ["job_id", "key", "step"], unique=False)

    op.create_table(
        "training_results",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column(
            "results",
            JSON,
            nullable=False,
        ),
        sa.Column("results_file_path", sa.String(length=500), nullable=True),
        sa.Column("file_size_bytes", sa.Integer(), nullable=True),
        sa.Column("compressed", sa.Boolean(), nullable=False),
        sa.Column(
            "results_metadata",
            JSON,
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_training_results_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_training_results_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_results")),
        sa.UniqueConstraint("job_id", name=op.f("uq_training_results_job_id")),
    )
    with op.batch_alter_table("training_results", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_results_session_id"), ["session_id"], unique=False)

    op.create_table(
        "training_visualizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("plot_name", sa.String(length=300), nullable=False),
        sa.Column("plot_type", sa.String(length=40), nullable=False),
        sa.Column("image_path", sa.String(length=500), nullable=False),
        sa.Column(
            "data",
            JSON,
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_training_visualizations_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_training_visualizations_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_visualizations")),
        sa.UniqueConstraint(
            "session_id",
            "job_id",
            "plot_name",
            name=op.f("uq_training_visualizations_session_id_job_id_plot_name"),
        ),
    )
    with op.batch_alter_table("training_visualizations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_visualizations_job_id"), ["job_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_training_visualizations_session_id"), ["session_id"], unique=False
        )
    _add_plans()


def _add_plans() -> None:
    """-1 means unlimited."""
    plans = sa.table(
        "plans",
        sa.column("id", sa.String),
        sa.column("name", sa.String),
        sa.column("max_processing_jobs_per_month", sa.Integer),
        sa.column("max_training_runs_per_month", sa.Integer),
        sa.column("can_use_training", sa.Boolean),
        sa.column("max_file_size_mb", sa.Integer),
    )
    names = [column.name for column in plans.columns]
    rows = (
        ("free", "Free", 50, 0, False, 20),
        ("standard", "Standard", 1000, 200, True, 500),
        ("unlimited", "Unlimited", -1, -1, True, 2000),
    )
    op.bulk_insert(plans, [dict(zip(names, row, strict=True)) for row in rows])


def downgrade() -> None:
    with op.batch_alter_table("training_visualizations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_visualizations_session_id"))
        batch_op.drop_index(batch_op.f("ix_training_visualizations_job_id"))

    op.drop_table("training_visualizations")
    with op.batch_alter_table("training_results", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_results_session_id"))

    op.drop_table("training_results")
    with op.batch_alter_table("training_metrics", schema=None) as batch_op:
        batch_op.drop_index("ix_training_metrics_job_id_key_step")

    op.drop_table("training_metrics")
    with op.batch_alter_table("training_logs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_logs_session_id"))
        batch_op.drop_index(batch_op.f("ix_training_logs_job_id"))

    op.drop_table("training_logs")
    op.drop_table("job_events")
    with op.batch_alter_table("evaluation_tables", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evaluation_tables_session_id"))
        batch_op.drop_index(batch_op.f("ix_evaluation_tables_job_id"))

    op.drop_table("evaluation_tables")
    op.drop_table("artifacts")
    op.drop_table("zeitschritte")
    with op.batch_alter_table("training_jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_jobs_user_id"))
        batch_op.drop_index("ix_training_jobs_status_lane_created_at")
        batch_op.drop_index("ix_training_jobs_session_id_created_at")
        batch_op.drop_index(batch_op.f("ix_training_jobs_lease_expires_at"))

    op.drop_table("training_jobs")
    op.drop_table("time_info")
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_files_session_id"))

    op.drop_table("files")
    with op.batch_alter_table("usage_events", schema=None) as batch_op:
        batch_op.drop_index("ix_usage_events_user_id_kind_created_at")
        batch_op.drop_index(batch_op.f("ix_usage_events_job_id"))

    op.drop_table("usage_events")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscriptions_user_id"))

    op.drop_table("subscriptions")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_user_id"))

    op.drop_table("sessions")
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_user_id"))
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_family"))

    op.drop_table("refresh_tokens")
    op.drop_table("users")
    op.drop_table("plans")
