"""Training from Python, by the names of its contract: errors, devices, progress."""

from __future__ import annotations

from services.devices.device import DeviceManager
from services.local_training.errors import DeviceDetectionError, LocalTrainingError, TrainingProgressError
from services.local_training.interfaces import (
    DeviceManagerInterface,
    LocalTrainingEnvironmentInterface,
    TrainingProgressInterface,
    TrainingProgressMonitorInterface,
)
from services.local_training.progress import TrainingProgress, TrainingProgressMonitor

__all__ = [
    "DeviceDetectionError",
    "DeviceManager",
    "DeviceManagerInterface",
    "LocalTrainingEnvironmentInterface",
    "LocalTrainingError",
    "TrainingProgress",
    "TrainingProgressError",
    "TrainingProgressInterface",
    "TrainingProgressMonitor",
    "TrainingProgressMonitorInterface",
]
