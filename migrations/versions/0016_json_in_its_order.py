"""JSON as it was written, in PostgreSQL too.

JSONB sorted the fields of objects, whose order is that of a table's columns and of a forecast's levels.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
COLUMNS = {
    "security_events": ("details",),
    "workers": ("info", "memory"),
    "sessions": ("tags",),
    "api_keys": ("scopes",),
    "files": ("lags", "profile", "recipe", "care"),
    "time_info": ("category_data",),
    "training_jobs": ("tags", "config", "error", "outcome", "counts", "progress"),
    "evaluation_tables": ("df_eval", "df_eval_ts"),
    "job_checkpoints": ("progress",),
    "job_events": ("data",),
    "job_tasks": ("error", "result"),
    "training_logs": ("progress",),
    "training_results": ("results", "results_metadata"),
    "training_visualizations": ("data",),
    "job_evidence": ("error", "details"),
}


def upgrade() -> None:
    _to("json")


def downgrade() -> None:
    _to("jsonb")


def _to(kind: str) -> None:
    """Of a table all at once: it is written anew only once."""
    if op.get_context().dialect.name == "postgresql":
        for table, columns in COLUMNS.items():
            changes = (f"ALTER COLUMN {name} TYPE {kind} USING {name}::{kind}" for name in columns)
            op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
