"""Indexes for the queue and for the lists of a user with ten thousand jobs."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JOBS = "training_jobs"
QUEUE = ["status", "lane", "queued_at", "id", "user_id", "priority", "device_request"]
LIST = ["user_id", "created_at", "id", "workload", "priority"]
STARTED = ["user_id", "lane", "started_at"]
STATUS = ["user_id", "status", "created_at"]


def upgrade() -> None:
    op.drop_index("ix_training_jobs_status_lane_created_at", JOBS)
    op.drop_index("ix_training_jobs_user_id_created_at", JOBS)
    op.create_index("ix_training_jobs_queue", JOBS, QUEUE)
    op.create_index("ix_training_jobs_list", JOBS, LIST)
    op.create_index("ix_training_jobs_user_id_lane_started_at", JOBS, STARTED)
    op.create_index("ix_training_jobs_user_id_status_created_at", JOBS, STATUS)


def downgrade() -> None:
    op.drop_index("ix_training_jobs_user_id_status_created_at", JOBS)
    op.drop_index("ix_training_jobs_user_id_lane_started_at", JOBS)
    op.drop_index("ix_training_jobs_list", JOBS)
    op.drop_index("ix_training_jobs_queue", JOBS)
    op.create_index("ix_training_jobs_user_id_created_at", JOBS, ["user_id", "created_at"])
    op.create_index("ix_training_jobs_status_lane_created_at", JOBS, ["status", "lane", "created_at"])
