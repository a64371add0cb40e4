"""An embedded installation with rows in every table and blobs that rows name, made without a server."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import or_, update

from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database
from services.storage.tables import Base, TrainingResultRow
from tests.conftest import make_settings
from tests.storage.supabase_database import fill_every_table

HARD: dict[str, Any] = {"z": 1e300, "aa": -0.0, "a": [1, 1.0, 0.1, None, True], "ü": "ß\U0001f600", "b": 1e-7}

NAMING = {
    "files": "storage_path",
    "artifacts": "blob_key",
    "job_checkpoints": "blob_key",
    "training_visualizations": "image_path",
}


class Embedded:
    """`user_ids` are those of two users who own one row of every kind each, and a blob each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.settings = make_settings(folder, DATABASE_URL=f"sqlite:///{folder / 'trainyard.db'}")
        self.database = Database(self.settings.database_url)
        self.database.migrate()
        self.blobs = DiskBlobs(folder / "blobs")
        self.user_ids = [self.add_user() for _ in range(2)]
        self.database.close()

    def add_user(self) -> UUID:
        user_id = uuid4()
        key = f"files/{user_id}/ä series.csv"
        self.blobs.put(key, io.BytesIO(user_id.bytes * 50_000))
        with self.database.engine.execution_options(write=True).begin() as connection:
            fill_every_table(connection, user_id)
            for table, column in NAMING.items():
                rows = Base.metadata.tables[table]
                unnamed = or_(rows.c[column].is_(None), rows.c[column].not_like("files/%"))
                connection.execute(rows.update().where(unnamed).values({column: key}))
            connection.execute(update(TrainingResultRow).values(results=HARD))
        return user_id
