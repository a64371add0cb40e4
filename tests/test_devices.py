"""Devices: found best first, described in full, never another than the one asked for.

GPUs are played by tests.fake_torch; the CPU is this machine's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from examples.server import ROOT
from services.devices import detection
from services.devices import device as devices
from services.devices.device import DeviceManager
from services.devices.names import NAMES_IN_WORDS
from services.devices.sharing import Seat, seats
from services.local_training.errors import DeviceDetectionError
from services.settings import Settings, SettingsError
from tests.fake_torch import FakeTorch

CUDA_INFO = {
    "type": "cuda",
    "name": "Fake H200 0",
    "device_id": 0,
    "compute_capability": "9.0",
    "total_memory": 140 * 2**30,
    "total_memory_gb": 140.0,
    "multiprocessor_count": 132,
    "device_count": 2,
    "cuda_version": "12.8",
    "supports_mixed_precision": True,
}


class Clock:
    def __init__(self) -> None:
        self.moment = 100.0

    def __call__(self) -> float:
        return self.moment


@pytest.mark.parametrize(
    ("torch", "best"),
    [
        (FakeTorch(2, mps=True), "cuda:0"),
        (FakeTorch(0, mps=True), "mps"),
        (FakeTorch(0), "cpu"),
    ],
)
def test_the_best_device_is_chosen_first_cuda_then_mps_then_cpu(torch: FakeTorch, best: str) -> None:
    assert DeviceManager(torch=torch).name == best


def test_a_gpu_tells_every_field_and_its_index_can_be_chosen() -> None:
    torch = FakeTorch(2)
    assert DeviceManager("cuda", torch=torch).device_info == CUDA_INFO
    second = DeviceManager("cuda:1", torch=torch)
    assert second.device_info == {**CUDA_INFO, "name": "Fake H200 1", "device_id": 1}
    assert second.device == "device cuda:1"


def test_an_apple_gpu_tells_no_memory() -> None:
    manager = DeviceManager("mps", torch=FakeTorch(mps=True))
    info = manager.device_info
    assert info.pop("name").startswith("Apple")
    assert info == {
        "type": "mps",
        "device_id": 0,
        "total_memory": None,
        "total_memory_gb": None,
        "device_count": 1,
        "supports_mixed_precision": False,
    }
    assert manager.get_memory_usage() is None


def test_this_machines_processor_is_told_as_it_is() -> None:
    manager = DeviceManager("cpu")
    info, memory = manager.device_info, manager.get_memory_usage()
    total = psutil.virtual_memory().total
    assert info["name"]
    fixed = {"type": "cpu", "device_id": 0, "device_count": 1, "supports_mixed_precision": False}
    assert {name: info[name] for name in fixed} == fixed
    assert info["logical_cores"] == psutil.cpu_count()
    assert 1 <= info["physical_cores"] <= info["logical_cores"]
    assert info["total_memory"] == total
    assert info["total_memory_gb"] == pytest.approx(total / 2**30, abs=0.01)
    assert 0 < info["available_memory_gb"] <= info["total_memory_gb"]
    assert memory is not None
    assert set(memory) == {"used_mb", "available_mb", "total_mb", "percent"}
    assert memory["total_mb"] == pytest.approx(total / 2**20, abs=0.1)
    assert 0 < memory["percent"] <= 100


@pytest.mark.parametrize(
    ("request_", "torch", "there_is"),
    [
        ("cuda", FakeTorch(0), "there is cpu"),
        ("mps", FakeTorch(2), "there is cuda:0, cuda:1, cpu"),
        ("cuda:2", FakeTorch(2), "there is cuda:0, cuda:1, cpu"),
    ],
)
def test_an_absent_device_is_an_error_that_names_what_there_is(
    request_: str, torch: FakeTorch, there_is: str
) -> None:
    with pytest.raises(DeviceDetectionError, match=there_is) as error:
        DeviceManager(request_, torch=torch)
    assert f"no device {request_} here" in str(error.value)
    assert error.value.code == "DEVICE_NOT_AVAILABLE"


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:-1", "cuda:01", "CPU", "cuda:0 "])
def test_a_name_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(DeviceDetectionError, match=NAMES_IN_WORDS) as error:
        DeviceManager(name, torch=FakeTorch(1))
    assert error.value.code == "UNKNOWN_DEVICE"


def test_memory_is_capped_once_and_reading_never_caps_again() -> None:
    torch, clock = FakeTorch(1), Clock()
    manager = DeviceManager(torch=torch, clock=clock)
    for _ in range(5):
        clock.moment += 2
        manager.get_memory_usage()
        assert manager.device_info["type"] == "cuda"
    assert torch.calls == [("limit", 0.8, 0)]
    DeviceManager(torch=torch, memory_fraction=None)
    assert len(torch.calls) == 1


def test_memory_is_sampled_at_most_once_a_second() -> None:
    torch, clock = FakeTorch(1), Clock()
    manager = DeviceManager(torch=torch, clock=clock)
    first = manager.get_memory_usage()
    assert first == {
        "allocated_mb": 100.0,
        "cached_mb": 200.0,
        "max_allocated_mb": 300.0,
        "total_mb": 140 * 1024.0,
    }
    first["allocated_mb"] = -1.0  # the caller's copy
    torch.allocated *= 2
    clock.moment += 0.99
    assert manager.get_memory_usage()["allocated_mb"] == 100.0  # type: ignore[index]
    clock.moment += 0.01
    assert manager.get_memory_usage()["allocated_mb"] == 200.0  # type: ignore[index]
    assert torch.memory_reads == 2


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_gpu_is_made_fast_or_repeatable(deterministic: bool) -> None:
    torch = FakeTorch(1)
    DeviceManager("cuda:0", deterministic=deterministic, torch=torch).optimize_for_training()
    assert torch.backends.cudnn.benchmark is not deterministic
    assert torch.backends.cudnn.deterministic is deterministic
    assert torch.calls[1:] == [("deterministic", deterministic)]


@pytest.mark.parametrize(("share", "used"), [(2, 2), (8, 8), (64, 8)])
def test_a_processor_never_gets_more_threads_than_its_worker_or_eight(share: int, used: int) -> None:
    torch = FakeTorch(threads=share)
    manager = DeviceManager("cpu", torch=torch)
    assert manager.get_memory_usage() and torch.threads == share
    manager.optimize_for_training()
    assert torch.threads == used


def test_only_a_gpu_has_a_cache_to_clear() -> None:
    torch = FakeTorch(1, mps=True)
    for request in ("cpu", "mps"):
        DeviceManager(request, torch=torch).clear_cache()
    assert torch.calls == []
    DeviceManager("cuda", torch=torch, memory_fraction=None).clear_cache()
    assert torch.calls == [("empty_cache",)]


REAL_TORCH = """
import inspect, torch
from services.devices.device import DeviceManager
from tests.fake_torch import FakeTorch

manager = DeviceManager("cpu", deterministic=True)
manager.optimize_for_training()
manager.clear_cache()
print(manager.device, torch.are_deterministic_algorithms_enabled(), 1 <= torch.get_num_threads() <= 8)
for name, played in vars(FakeTorch(1).cuda).items():
    given = [0.5] * ("fraction" in name) + [0] * bool(inspect.signature(played).parameters)
    inspect.signature(getattr(torch.cuda, name)).bind(*given)
assert hasattr(torch.version, "cuda") and torch.backends.mps.is_available() in (True, False)
assert all(hasattr(torch.backends.cudnn, name) for name in ("benchmark", "deterministic"))
"""


def test_real_torch_takes_what_is_said_to_it_and_has_all_that_the_stand_in_plays() -> None:
    assert _printed(REAL_TORCH) == "cpu True True"


@pytest.mark.skipif(detection.may_have_gpu(), reason="this machine has a GPU to look at")
def test_a_machine_without_gpu_describes_itself_without_torch() -> None:
    code = (
        "import sys\nfrom services.devices.device import DeviceManager\nmanager = DeviceManager()\n"
        "manager.device_info, manager.get_memory_usage(), manager.clear_cache()\n"
        "print(manager.name, 'torch' in sys.modules)"
    )
    assert _printed(code) == "cpu False"


def test_the_devices_are_looked_at_in_another_process_where_there_may_be_a_gpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(detection, "may_have_gpu", lambda: True)
    before = "torch" in sys.modules
    names = detection.present()
    assert names[-1] == "cpu"
    assert ("torch" in sys.modules) == before
    assert ("torch finds none" in caplog.text) == (names == ["cpu"])  # the CPU is not taken unseen


def test_a_look_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "may_have_gpu", lambda: True)
    monkeypatch.setattr(detection.sys, "executable", "/bin/false")
    with pytest.raises(DeviceDetectionError, match="cannot be looked at"):
        detection.present()


def test_a_worker_process_has_one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_settled", [])
    with pytest.raises(DeviceDetectionError, match="No device was chosen"):
        devices.here()
    ours = devices.settle("cpu")
    assert devices.here() is ours
    with pytest.raises(DeviceDetectionError, match="works on cpu already"):
        devices.settle("cpu")


def test_workers_get_the_devices_in_turn_and_share_their_memory() -> None:
    lanes = ["training", "training", "training", "interactive"]
    assert seats(lanes, ["auto"], look=lambda: ["cuda:0", "cuda:1", "cpu"]) == [
        Seat("training", "cuda:0", 2),
        Seat("training", "cuda:1", 1),
        Seat("training", "cuda:0", 2),
        Seat("interactive", "cpu", 1),
    ]
    asked = seats(lanes, ["cuda:1", "cpu"], look=lambda: ["cuda:0", "cuda:1", "cpu"])
    assert [seat.device for seat in asked] == ["cuda:1", "cpu", "cuda:1", "cpu"]
    assert [seat.device for seat in seats(lanes, ["auto"], look=lambda: ["cpu"])] == ["cpu"] * 4


def test_who_asks_for_the_cpu_alone_or_has_no_worker_looks_for_nothing() -> None:
    def look() -> list[str]:
        raise AssertionError("looked")

    assert seats(["training"], ["cpu"], look) == [Seat("training", "cpu", 1)]
    assert seats([], ["cuda"], look) == []


def test_a_device_setting_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TRAINYARD_DEVICE: 'gpu' is no device; use auto, cpu"):
        Settings.from_env({"DATA_DIR": str(tmp_path), "TRAINYARD_DEVICE": "cpu,gpu"})
    several = Settings.from_env({"DATA_DIR": str(tmp_path), "TRAINYARD_DEVICE": "cuda:0, cuda:1"})
    assert several.device == ("cuda:0", "cuda:1")
    assert Settings.from_env(several.to_env()) == several


@pytest.mark.skipif(detection.may_have_gpu(), reason="this machine may have the GPU that is asked for")
def test_a_server_told_to_use_a_gpu_that_is_not_there_does_not_start(tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path), "TRAINYARD_DEVICE": "cuda:1", "TRAINYARD_WORKERS": "1"}
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert "TRAINYARD_DEVICE: There is no device cuda:1 here; there is cpu" in run.stderr
    assert "Traceback" not in run.stderr


def _printed(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()
