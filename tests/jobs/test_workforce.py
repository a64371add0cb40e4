"""What living workers say of themselves: rows that come, stay fresh and go with their processes."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.docs.machines import Device
from services.devices.device import DeviceManager
from services.devices.presence import Presence
from services.devices.workforce import Workforce
from services.errors import Invalid
from services.jobs.local import LocalRunner
from services.storage.job_tables import WorkerRow
from services.storage.tables import now
from tests.fake_torch import FakeTorch
from tests.jobs.house import House, until


@pytest.fixture
def signed(house: House) -> Iterator[Any]:
    """Signs workers on; those still there at the end sign off."""
    begun: list[Presence] = []

    def sign_on(worker_id: str, device: DeviceManager, lane: str = "training", **more: Any) -> Presence:
        begun.append(Presence(house.database, worker_id, lane, device, **more))
        begun[-1].begin()
        until(lambda: worker_id in ids(house))
        return begun[-1]

    yield sign_on
    for presence in begun:
        presence.end()


def ids(house: House) -> list[str]:
    return [worker["id"] for worker in Workforce(house.database).workers(house.user)]


def rows(house: House) -> list[WorkerRow]:
    with house.database.read() as tx:
        return list(tx.scalars(select(WorkerRow)))


def test_a_worker_is_shown_from_its_start_to_its_end(house: House, signed: Any) -> None:
    presence = signed("training-a", DeviceManager("cpu"))
    (worker,) = Workforce(house.database).workers(house.user)
    assert worker["host"] == socket.gethostname()
    assert (worker["lane"], worker["device"], worker["pid"]) == ("training", "cpu", os.getpid())
    assert worker["memory"]["total_mb"] > 0
    assert (worker["busy"], worker["job_id"]) == (False, None)
    presence.end()
    assert rows(house) == []


def test_it_keeps_its_row_fresh_and_writes_it_anew_when_it_is_gone(house: House, signed: Any) -> None:
    torch = FakeTorch(1)
    signed(
        "training-a",
        DeviceManager("cuda", torch=torch, clock=iter(range(10**9)).__next__),
        every_seconds=0.02,
    )
    torch.allocated *= 5
    until(lambda: rows(house) and rows(house)[0].memory["allocated_mb"] == 500.0)  # type: ignore[index]
    house.execute("delete from workers")
    until(lambda: ids(house) == ["training-a"])


def test_who_was_silent_for_half_a_minute_is_not_shown_and_later_forgotten(house: House, signed: Any) -> None:
    signed("training-old", DeviceManager("cpu"), every_seconds=60)
    assert ids(house) == ["training-old"]
    set_seen(house, "training-old", timedelta(seconds=31))
    assert ids(house) == []
    assert Workforce(house.database).devices() == []
    assert len(rows(house)) == 1  # it may only be asleep
    set_seen(house, "training-old", timedelta(hours=2))
    signed("training-new", DeviceManager("cpu"))
    until(lambda: [row.id for row in rows(house)] == ["training-new"])


def test_a_database_that_does_not_answer_ends_no_worker(house: House, signed: Any) -> None:
    presence = signed("training-a", DeviceManager("cpu"), every_seconds=0.01)
    house.execute("alter table workers rename to elsewhere")
    presence.end()  # says so in its log and comes back
    house.execute("alter table elsewhere rename to workers")
    assert [row.id for row in rows(house)] == ["training-a"]


def test_devices_gather_the_workers_on_them(house: House, signed: Any) -> None:
    """Two share a GPU, whose memory each of them knows only its own part of."""
    first, second = FakeTorch(1), FakeTorch(1)
    second.allocated = 50 * 2**20
    signed("training-a", DeviceManager("cuda", torch=first))
    signed("training-b", DeviceManager("cuda", torch=second))
    signed("interactive-c", DeviceManager("cpu"), lane="interactive")
    processor, gpu = Workforce(house.database).devices()
    assert gpu == {
        "device": "cuda:0",
        "host": socket.gethostname(),
        **DeviceManager("cuda", torch=first).device_info,
        "workers": ["training-a", "training-b"],
        "memory": {
            "allocated_mb": 150.0,
            "cached_mb": 300.0,
            "max_allocated_mb": 450.0,
            "total_mb": 140 * 1024.0,
        },
        "busy_jobs": 0,
    }
    Device.model_validate(gpu, strict=True)
    assert set(gpu) <= set(Device.model_fields)
    assert processor["workers"] == ["interactive-c"]
    assert processor["memory"].keys() == {"used_mb", "available_mb", "total_mb", "percent"}


def test_a_job_is_named_to_its_owner_only(house: House, signed: Any) -> None:
    signed("training-a", DeviceManager("cpu"))
    job = house.jobs().submit(house.user, "toy_count", {"n": 1})
    assert house.claim("training-a") is not None
    workforce = Workforce(house.database)
    (own,) = workforce.workers(house.user)
    (foreign,) = workforce.workers(house.add_user())
    assert (own["busy"], own["job_id"]) == (True, str(job.id))
    assert (foreign["busy"], foreign["job_id"]) == (True, None)
    assert workforce.devices()[0]["busy_jobs"] == 1


def test_a_device_that_no_living_worker_has_is_refused(house: House, signed: Any) -> None:
    workforce = Workforce(house.database)
    workforce.check("cuda:3")  # nobody is there yet: a job would wait for one
    signed("training-a", DeviceManager("cuda:1", torch=FakeTorch(2)))
    signed("interactive-b", DeviceManager("cpu"), lane="interactive")
    for request in ("auto", "cuda", "cuda:1"):
        workforce.check(request)
    with pytest.raises(Invalid, match="no device cpu here; there is cuda:1") as error:
        workforce.check("cpu")
    assert error.value.code == "DEVICE_NOT_AVAILABLE"


def test_real_workers_sign_on_and_off_and_a_killed_one_is_gone_at_once(
    house: House, runner: LocalRunner
) -> None:
    until(lambda: sorted(name.split("-")[0] for name in ids(house)) == ["interactive", "training"], 60)
    (device,) = Workforce(house.database).devices()
    assert device["device"] == device["type"] == "cpu"
    assert sorted(device["workers"]) == sorted(runner.pids())
    victim = next(name for name in runner.pids() if name.startswith("training"))
    os.kill(runner.pids()[victim], signal.SIGKILL)
    until(lambda: victim not in ids(house), 60)
    runner.stop()
    assert rows(house) == []


def set_seen(house: House, worker_id: str, age: timedelta) -> None:
    with house.database.write() as tx:
        tx.execute(update(WorkerRow).where(WorkerRow.id == worker_id).values(seen_at=now() - age))
