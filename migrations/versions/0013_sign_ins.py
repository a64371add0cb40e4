"""Sign-ins with their devices, and the log of what concerns the safety of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
WHERE_FROM = (("address", sa.String(length=45), True), ("user_agent", sa.String(length=300), False))


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, kind, nullable=null) for name, kind, null in WHERE_FROM),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_user_id"), "sign_ins", ["user_id"])
    op.create_table(
        "security_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        *(sa.Column(name, kind, nullable=null) for name, kind, null in WHERE_FROM),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_events")),
    )
    op.create_index("ix_security_events_user_id_id", "security_events", ["user_id", "id"])
    op.create_index(op.f("ix_security_events_created_at"), "security_events", ["created_at"])
    # who is signed in stays so
    op.execute(
        "INSERT INTO sign_ins (id, user_id, user_agent, created_at, last_used_at, expires_at) "
        "SELECT r.family, r.user_id, '', MIN(u.created_at), MAX(u.created_at), MAX(r.expires_at) "
        "FROM refresh_tokens r JOIN users u ON u.id = r.user_id "
        "WHERE r.revoked_at IS NULL GROUP BY r.family, r.user_id"
    )


def downgrade() -> None:
    op.drop_table("security_events")
    op.drop_table("sign_ins")
