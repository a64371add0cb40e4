"""Sessions: tags, deletion that can be taken back, and indexes for lists of ten thousand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SESSIONS, JOBS, RESULTS = "sessions", "training_jobs", "training_results"
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
UPDATED = ["user_id", "deleted_at", "updated_at", "id"]
CREATED = ["user_id", "deleted_at", "created_at", "id"]
NAME = ["user_id", "deleted_at", "session_name", "id"]
LIST_BEFORE = ["user_id", "created_at", "id", "workload", "priority"]
LIST = [*LIST_BEFORE, "session_id"]
COUNTS = ["session_id", "lane", "status"]


def upgrade() -> None:
    op.add_column(SESSIONS, sa.Column("tags", JSON, nullable=False, server_default="[]"))
    op.add_column(SESSIONS, sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_sessions_user_id", SESSIONS)
    op.create_index("ix_sessions_updated", SESSIONS, UPDATED)
    op.create_index("ix_sessions_created", SESSIONS, CREATED)
    op.create_index("ix_sessions_name", SESSIONS, NAME)
    op.drop_index("ix_training_jobs_list", JOBS)
    op.create_index("ix_training_jobs_list", JOBS, LIST)
    op.create_index("ix_training_jobs_session_id_lane_status", JOBS, COUNTS)


def downgrade() -> None:
    op.drop_index("ix_training_jobs_session_id_lane_status", JOBS)
    op.drop_index("ix_training_jobs_list", JOBS)
    op.create_index("ix_training_jobs_list", JOBS, LIST_BEFORE)
    op.drop_index("ix_sessions_name", SESSIONS)
    op.drop_index("ix_sessions_created", SESSIONS)
    op.drop_index("ix_sessions_updated", SESSIONS)
    op.create_index("ix_sessions_user_id", SESSIONS, ["user_id"])
    op.drop_column(SESSIONS, "deleted_at")
    op.drop_column(SESSIONS, "tags")
