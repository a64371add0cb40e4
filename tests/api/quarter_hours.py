"""Sessions with real series of quarter hours behind the API: load, its history, a weather known ahead."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import numpy as np

from services.forecasting.parquet import SeriesData, write_parquet
from tests.api.world import World
from tests.builders import add_file, add_session, add_steps, add_time_info

MINUTE = 60 * 10**9
START = int(np.datetime64("2023-03-01T00:00", "ns").astype(np.int64))
MISSING = slice(500, 503)


def put_series(
    world: World, session_id: UUID, name: str, role: str, values: np.ndarray, **fields: Any
) -> str:
    """A file of the session, its rows every 15 minutes."""
    buffer = io.BytesIO()
    path = world.services.settings.data_dir / f"{name}.parquet"
    at = START + 15 * MINUTE * np.arange(len(values), dtype=np.int64)
    write_parquet(SeriesData(at, np.asarray(values, dtype=np.float64)), path)
    key = f"series/{session_id}/{name}.parquet"
    buffer.write(path.read_bytes())
    buffer.seek(0)
    blob = world.blobs.put(key, buffer)
    given = {"series_path": key, "series_hash": blob.sha256, "datenpunkte": len(values), **fields}
    return str(add_file(world.database, session_id, name, role, **given))


def session_of(world: World, rows: int = 2000) -> tuple[str, dict[str, str]]:
    """Load with a hole, its history with lags and a weather that is known ahead; ids by name."""
    session_id = add_session(world.database, world.user_id)
    load = 200 + 50 * np.sin(np.arange(rows) / 15.3) + np.random.default_rng(1).normal(0, 3, rows)
    load[MISSING] = np.nan
    weather = 10 + 5 * np.cos(np.arange(rows) / 40)
    ids = {
        "past": put_series(world, session_id, "past", "input", load, color_index=0, lags=["P1D", "PT25H"]),
        "weather": put_series(
            world,
            session_id,
            "weather",
            "input",
            weather,
            color_index=1,
            zeithorizont_start=0.0,
            zeithorizont_end=6.4,
            datenanpassung="Mittelwertbildung",
        ),
        "load": put_series(
            world,
            session_id,
            "load",
            "output",
            load,
            color_index=2,
            zeithorizont_start=1.0,
            zeithorizont_end=6.0,
        ),
    }
    add_steps(world.database, session_id, eingabe=12, ausgabe=6, zeitschrittweite=45.0, offset=5.0)
    rhythm = {"datenform": "Zeithorizont", "zeithorizontStart": -3, "zeithorizontEnd": 3}
    local = {**rhythm, "detaillierteBerechnung": True}
    add_time_info(
        world.database,
        session_id,
        tag=True,
        woche=True,
        feiertag=True,
        zeitzone="Europe/Vienna",
        category_data={"tag": local, "woche": {"datenform": "Aktuelle Zeit"}, "feiertag": {"land": "AT"}},
    )
    return str(session_id), ids


def iso(reference: Any) -> str:
    return f"{np.datetime_as_string(reference.astype('datetime64[ns]'), unit='s')}Z"
