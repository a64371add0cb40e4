"""Jobs whose store of blobs is another machine: it may be away for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from services.errors import Unavailable
from services.storage.blobs import Blob
from services.storage.blobs.disk import DiskBlobs
from tests.jobs.house import House


class DistantBlobs(DiskBlobs):
    """Away for the methods and keys for which a test says so."""

    is_away: Callable[[str, str], bool] = staticmethod(lambda _method, _key: False)

    def put_file(self, key: str, path: Path) -> Blob:
        self._reach("put", key)
        return super().put_file(key, path)

    def open(self, key: str) -> BinaryIO:
        self._reach("open", key)
        return super().open(key)

    def delete(self, key: str) -> bool:
        self._reach("delete", key)
        return super().delete(key)

    def list(self, prefix: str) -> Any:
        self._reach("list", prefix)
        return super().list(prefix)

    def _reach(self, method: str, key: str) -> None:
        if self.is_away(method, key):
            raise Unavailable("The store does not answer", code="STORE_AWAY", suggestion="Try again")


@pytest.fixture
def blobs(house: House) -> DistantBlobs:
    house.blobs = DistantBlobs(house.settings.data_dir / "blobs")
    house.settings = replace(house.settings, checkpoint_seconds=0.0)
    return house.blobs


def test_a_job_that_cannot_store_its_results_fails_by_the_platform_and_is_not_counted(
    house: House, blobs: DistantBlobs
) -> None:
    blobs.is_away = lambda method, _key: method in ("put", "list")
    job = house.jobs().submit(
        house.user, "toy_gated", {"folder": str(house.settings.data_dir), "place": "none"}
    )
    house.work(house.claim())
    ended = house.jobs().get(house.user, job.id)
    assert (ended.status, ended.reason) == ("failed", "internal_error")
    assert ended.error is not None
    assert ended.error["code"] == "STORE_AWAY"
    assert house.used(house.user) == 0


def test_a_training_goes_on_when_its_checkpoints_cannot_be_stored(house: House, blobs: DistantBlobs) -> None:
    blobs.is_away = lambda method, key: method == "put" and key.startswith("checkpoints/")
    job = house.jobs().submit(house.user, "toy_learn", {"epochs": 3})
    house.work(house.claim())
    assert house.jobs().get(house.user, job.id).status == "completed"
    lines = [line["message"] for line in house.jobs().records.logs(house.user, job.id)]
    assert any("could not be stored: The store does not answer" in line for line in lines)


def test_what_cannot_be_deleted_now_fails_no_job(house: House, blobs: DistantBlobs) -> None:
    blobs.is_away = lambda method, _key: method in ("delete", "list")
    job = house.jobs().submit(house.user, "toy_learn", {"epochs": 3})
    house.work(house.claim())
    assert house.jobs().get(house.user, job.id).status == "completed"
    assert "failed" not in house.told(job.id)
