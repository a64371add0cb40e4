"""Which worker of this machine works on which device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.devices.detection import present
from services.devices.names import CPU, answering
from services.local_training.errors import DeviceDetectionError
from services.settings import SettingsError


@dataclass(frozen=True)
class Seat:
    """Where one worker works. `sharers`: workers on its device, which share the device's memory."""

    lane: str
    device: str = CPU
    sharers: int = 1


def seats(
    lanes: Sequence[str], requests: Sequence[str], look: Callable[[], list[str]] = present
) -> list[Seat]:
    """One for every name of a lane: the training workers get the devices in turn, the others the CPU.

    SettingsError if a device that is asked for is not there.
    """
    if "training" not in lanes:
        return [Seat(lane) for lane in lanes]
    try:
        names = [CPU] if set(requests) == {CPU} else look()
        wanted = [name for request in requests for name in answering(request, names)]
    except DeviceDetectionError as error:
        raise SettingsError([f"TRAINYARD_DEVICE: {error}"]) from None
    return list(_shared_out(lanes, wanted))


def _shared_out(lanes: Sequence[str], devices: Sequence[str]) -> Iterator[Seat]:
    n = lanes.count("training")
    taken = [devices[place % len(devices)] for place in range(n)]
    turn = iter(taken)
    for lane in lanes:
        if lane == "training":
            device = next(turn)
            yield Seat(lane, device, taken.count(device))
        else:
            yield Seat(lane)
