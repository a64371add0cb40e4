"""One index that holds all that a metric curve is drawn from

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
TABLE, BEFORE, AFTER = "training_metrics", "ix_training_metrics_job_id_key_step", "ix_training_metrics_curve"


def upgrade() -> None:
    op.create_index(AFTER, TABLE, ["job_id", "key", "step", "attempt", "epoch", "value"])
    op.drop_index(BEFORE, TABLE)


def downgrade() -> None:
    op.create_index(BEFORE, TABLE, ["job_id", "key", "step"])
    op.drop_index(AFTER, TABLE)
