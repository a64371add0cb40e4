"""Which devices this machine has, best first: CUDA, then MPS, then the CPU.

`python -m services.devices.detection` prints their names, for processes that must not import torch.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from services.devices.kinds import Cpu, Cuda, Kind, Mps, torch_module
from services.devices.names import CPU
from services.local_training.errors import DeviceDetectionError

ROOT = Path(__file__).resolve().parents[2]
LONGEST_LOOK_SECONDS = 120.0
log = logging.getLogger(__name__)


def may_have_gpu() -> bool:
    """Whether it is worth the seconds that importing torch takes: a driver's device files, or an Apple."""
    return sys.platform == "darwin" or any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()


def devices(torch: Any = None) -> dict[str, Kind]:
    """By name, best first; never empty. `torch`: the module, or something that stands in for it."""
    if torch is None and may_have_gpu() and find_spec("torch"):
        torch = torch_module()
    found: list[Kind] = []
    if torch is not None and torch.cuda.is_available():
        found += [Cuda(torch, index) for index in range(torch.cuda.device_count())]
    if torch is not None and torch.backends.mps.is_available():
        found.append(Mps(torch))
    return {device.name: device for device in (*found, Cpu(torch))}


def present() -> list[str]:
    """The names alone; where there may be a GPU, a process of its own imports torch and looks."""
    if not may_have_gpu():
        return [CPU]
    look = subprocess.run(
        [sys.executable, "-m", "services.devices.detection"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_LOOK_SECONDS,
    )
    if look.returncode:
        reason = (look.stderr.strip().splitlines() or ["no reason told"])[-1]
        raise DeviceDetectionError(f"The devices of this machine cannot be looked at: {reason}")
    names: list[str] = json.loads(look.stdout.splitlines()[-1])
    if names == [CPU]:
        log.warning(
            "this machine seems to have a GPU, but torch finds none that it can use: no driver for it, "
            "or a torch built without"
        )
    return names


if __name__ == "__main__":
    print(json.dumps(list(devices())))
