"""What can go wrong with training from Python: one base error and two kinds, each with a stable code."""

from __future__ import annotations


class LocalTrainingError(Exception):
    """A training that cannot be prepared, started, found or changed; `code` is for programs."""

    code = "LOCAL_TRAINING_ERROR"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code


class DeviceDetectionError(LocalTrainingError):
    """A device was asked for that this machine does not have, or a name that names none."""

    code = "DEVICE_NOT_AVAILABLE"


class TrainingProgressError(LocalTrainingError):
    """Progress was told that cannot be, or after the end."""

    code = "PROGRESS_REFUSED"
