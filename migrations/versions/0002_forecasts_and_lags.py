"""Files of forecasts know the column of their times of issue; inputs may have lags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("files") as files:
        files.add_column(sa.Column("ausgabezeit", sa.String(length=500), nullable=True))
        files.add_column(sa.Column("lags", JSON, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("files") as files:
        files.drop_column("lags")
        files.drop_column("ausgabezeit")
