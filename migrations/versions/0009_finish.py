"""Jobs that can be ended early with the best they have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Jobs from before are asked nothing new."""
    column = sa.Column("finishable", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("training_jobs", column)


def downgrade() -> None:
    op.drop_column("training_jobs", "finishable")
