"""Full control of a job: names, priorities, checkpoints, tasks, attempts, workers.

Plain ALTERs only: rebuilding training_jobs on SQLite would empty every table that refers to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ADDED = [
    "restart_of",
    "idempotency_key",
    "request_hash",
    "name",
    "notes",
    "tags",
    "priority",
    "device_request",
    "config_hash",
    "host",
    "device",
    "beats",
    "delete_requested",
    "resumable",
    "exclusive",
    "active_seconds",
    "counts",
    "queued_at",
]


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("lane", sa.String(length=20), nullable=False),
        sa.Column("device", sa.String(length=20), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("info", JSON, nullable=False),
        sa.Column("memory", JSON, nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "job_attempts",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=80), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("device", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.String(length=20), nullable=True),
        sa.Column("active_seconds", sa.Double(), nullable=True),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_job_attempts_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "attempt", name=op.f("pk_job_attempts")),
    )
    op.create_table(
        "job_checkpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("blob_key", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("config_hash", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_job_checkpoints_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_checkpoints")),
    )
    with op.batch_alter_table("job_checkpoints", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_checkpoints_job_id_kind_created_at", ["job_id", "kind", "created_at"], unique=False
        )

    op.create_table(
        "job_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", JSON, nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.Column("skip_reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_job_tasks_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_tasks")),
        sa.UniqueConstraint("job_id", "key", name=op.f("uq_job_tasks_job_id_key")),
    )
    with op.batch_alter_table("job_tasks", schema=None) as batch_op:
        batch_op.create_index("ix_job_tasks_job_id_position", ["job_id", "position"], unique=False)

    op.create_table(
        "job_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("computed_by", sa.String(length=200), nullable=True),
        sa.Column("device", sa.String(length=20), nullable=False),
        sa.Column("processing_ms", sa.Double(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=True),
        sa.Column("error", JSON, nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["training_jobs.id"],
            name=op.f("fk_job_evidence_job_id_training_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["job_tasks.id"], name=op.f("fk_job_evidence_task_id_job_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_evidence")),
    )
    with op.batch_alter_table("job_evidence", schema=None) as batch_op:
        batch_op.create_index("ix_job_evidence_job_id_created_at", ["job_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_evidence_task_id"), ["task_id"], unique=False)

    add = op.add_column
    add("training_jobs", sa.Column("restart_of", sa.Uuid(), nullable=True))
    add("training_jobs", sa.Column("idempotency_key", sa.String(length=255), nullable=True))
    add("training_jobs", sa.Column("request_hash", sa.String(length=64), nullable=True))
    add("training_jobs", sa.Column("name", sa.String(length=255), nullable=True))
    add("training_jobs", sa.Column("notes", sa.Text(), nullable=True))
    add("training_jobs", sa.Column("tags", JSON, nullable=False, server_default="[]"))
    add("training_jobs", sa.Column("priority", sa.Integer(), nullable=False, server_default="1"))
    add(
        "training_jobs",
        sa.Column("device_request", sa.String(length=20), nullable=False, server_default="auto"),
    )
    add("training_jobs", sa.Column("config_hash", sa.String(length=64), nullable=False, server_default=""))
    add("training_jobs", sa.Column("host", sa.String(length=255), nullable=True))
    add("training_jobs", sa.Column("device", sa.String(length=20), nullable=True))
    add("training_jobs", sa.Column("beats", sa.Integer(), nullable=False, server_default="0"))
    for flag in ("delete_requested", "resumable", "exclusive"):
        add("training_jobs", sa.Column(flag, sa.Boolean(), nullable=False, server_default=sa.false()))
    add("training_jobs", sa.Column("active_seconds", sa.Double(), nullable=False, server_default="0"))
    add("training_jobs", sa.Column("counts", JSON, nullable=True))
    never = "1970-01-01 00:00:00.000000"  # SQLite adds no column whose default is a function
    zone = "+00:00" if op.get_context().dialect.name == "postgresql" else ""
    add(
        "training_jobs",
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False, server_default=never + zone),
    )
    op.execute("UPDATE training_jobs SET queued_at = created_at")
    op.drop_index("ix_training_jobs_lease_expires_at", "training_jobs")
    op.drop_index("ix_training_jobs_user_id", "training_jobs")
    op.create_index("ix_training_jobs_user_id_created_at", "training_jobs", ["user_id", "created_at"])
    op.create_index(
        "ix_training_jobs_user_id_idempotency_key",
        "training_jobs",
        ["user_id", "idempotency_key"],
        unique=True,
    )
    op.execute("ALTER TABLE training_jobs DROP COLUMN lease_expires_at")


def downgrade() -> None:
    op.add_column("training_jobs", sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_training_jobs_user_id_idempotency_key", "training_jobs")
    op.drop_index("ix_training_jobs_user_id_created_at", "training_jobs")
    op.create_index("ix_training_jobs_user_id", "training_jobs", ["user_id"])
    op.create_index("ix_training_jobs_lease_expires_at", "training_jobs", ["lease_expires_at"])
    for column in ADDED:
        op.execute(f"ALTER TABLE training_jobs DROP COLUMN {column}")

    with op.batch_alter_table("job_evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_evidence_task_id"))
        batch_op.drop_index("ix_job_evidence_job_id_created_at")

    op.drop_table("job_evidence")
    with op.batch_alter_table("job_tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_job_tasks_job_id_position")

    op.drop_table("job_tasks")
    with op.batch_alter_table("job_checkpoints", schema=None) as batch_op:
        batch_op.drop_index("ix_job_checkpoints_job_id_kind_created_at")

    op.drop_table("job_checkpoints")
    op.drop_table("job_attempts")
    op.drop_table("workers")
