"""What an import of an uploaded file is told; light, the web process checks requests with it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SeriesColumn(_Config):
    """One value column and the row of `files` that it becomes; the row's id is fixed beforehand, so that a
    repeated attempt writes the same row."""

    file_id: UUID
    column: str | None = None  # None: the only value column of the file
    bezeichnung: str
    settings: dict[str, Any] = {}


class SeriesImportConfig(_Config):
    session_id: UUID
    upload_id: str
    blob_key: str
    file_hash: str
    size_bytes: int
    file_name: str
    file_type: Literal["input", "output"]
    series: list[SeriesColumn] = Field(min_length=1)
    issued_column: str | None = None  # the times of issue, where the file holds forecasts
    import_options: dict[str, Any] = {}
    zone: str | None = None  # of the session; its clock changes are looked for in the times
