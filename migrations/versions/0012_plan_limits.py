"""Limits of plans on compute time, storage, parallel jobs and API keys; limits that were reached; blocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
LIMITS = {
    "total_compute_hours": sa.Double(),
    "max_storage_gb": sa.Double(),
    "max_parallel_jobs": sa.Integer(),
    "max_api_keys": sa.Integer(),
}
FREE = {"total_compute_hours": 1.0, "max_storage_gb": 1.0, "max_parallel_jobs": 1, "max_api_keys": 2}


def upgrade() -> None:
    for name, kind in LIMITS.items():  # -1: unlimited, as it was
        op.add_column("plans", sa.Column(name, kind, nullable=False, server_default="-1"))
    op.add_column("users", sa.Column("blocked_at", MOMENT, nullable=True))
    op.create_table(
        "limit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("period_start", MOMENT, nullable=False),
        sa.Column("plan_id", sa.String(length=40), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_limit_events_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_events")),
        sa.UniqueConstraint(
            "user_id", "kind", "period_start", name=op.f("uq_limit_events_user_id_kind_period_start")
        ),
    )
    op.create_index("ix_limit_events_delivered_at_created_at", "limit_events", ["delivered_at", "created_at"])
    _limit()


def _limit() -> None:
    plans = sa.table(
        "plans", sa.column("id", sa.String), *(sa.column(name, kind) for name, kind in LIMITS.items())
    )
    op.execute(plans.update().where(plans.c.id == "free").values(FREE))
    op.execute(plans.update().where(plans.c.id == "standard").values(max_api_keys=20))


def downgrade() -> None:
    op.drop_table("limit_events")
    op.drop_column("users", "blocked_at")
    for name in LIMITS:
        op.drop_column("plans", name)
