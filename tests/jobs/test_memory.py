"""The memory of a worker, sampled."""

from __future__ import annotations

import pytest

from services.devices import device
from services.devices.device import DeviceManager
from services.jobs.memory import MemorySamples, memory_on, process_memory
from tests.fake_torch import FakeTorch


def test_memory_is_looked_up_once_a_second() -> None:
    seconds, looked = [0.0], []

    def measure() -> dict[str, float]:
        looked.append(seconds[0])
        return {"allocated_mb": float(len(looked)), "total_mb": 10.0}

    samples = MemorySamples(measure, lambda: seconds[0])
    seen = []
    for at in (0.0, 0.4, 0.9, 1.0, 1.9, 5.0):
        seconds[0] = at
        sample = samples()
        assert sample is not None
        seen.append(sample["allocated_mb"])
    assert (seen, looked) == ([1.0, 1.0, 1.0, 2.0, 2.0, 3.0], [0.0, 1.0, 5.0])


def test_a_job_on_a_gpu_tells_what_it_holds_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_settled", [DeviceManager("cuda", torch=FakeTorch(1))])
    told = memory_on("cuda:0")()
    assert told is not None and (told["allocated_mb"], told["total_mb"]) == (100.0, 140 * 1024.0)
    monkeypatch.setattr(device, "_settled", [DeviceManager("mps", torch=FakeTorch(mps=True))])
    told = memory_on("mps")()  # which tells nothing
    assert told is not None and told.keys() == process_memory().keys()


def test_a_process_holds_what_it_took() -> None:
    before = process_memory()
    held = bytearray(64 * 2**20)
    after = process_memory()
    assert 32 < after["allocated_mb"] - before["allocated_mb"] < 128, len(held)
    assert after["allocated_mb"] < after["total_mb"]
