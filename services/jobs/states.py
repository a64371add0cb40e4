"""The status a job can have, the allowed moves, and who may make them.

The one rule: once a job is claimed, only the worker that holds the lease writes `status`; the API writes
only `requested_action`; when a lease is lost, the reaper takes over.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_finished(self) -> bool:
        return self in FINISHED

    @property
    def is_active(self) -> bool:
        """Waiting or working: it will still change by itself."""
        return self in ACTIVE


FINISHED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
ACTIVE = frozenset({Status.QUEUED, Status.RUNNING})

# A finished job moves again only when its owner retries it.
MOVES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.QUEUED, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED, Status.PAUSED}),
    Status.RUNNING: frozenset(
        {Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PAUSED, Status.QUEUED}
    ),
    Status.PAUSED: frozenset({Status.QUEUED, Status.CANCELLED}),
    Status.COMPLETED: frozenset({Status.QUEUED}),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.CANCELLED: frozenset({Status.QUEUED}),
}


def may_move(start: Status, end: Status) -> bool:
    """Whether a job may go from one status to the other in one step."""
    return end in MOVES[start]


class Action(StrEnum):
    """What an owner may ask for."""

    SUBMIT = "submit"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    CANCEL = "cancel"
    RETRY = "retry"
    RESTART = "restart"
    DELETE = "delete"


ACTIONS: dict[Status, tuple[Action, ...]] = {
    Status.PENDING: (Action.SUBMIT, Action.CANCEL, Action.DELETE),
    Status.QUEUED: (Action.PAUSE, Action.CANCEL, Action.DELETE),
    Status.RUNNING: (Action.PAUSE, Action.FINISH, Action.CANCEL, Action.DELETE),
    Status.PAUSED: (Action.RESUME, Action.CANCEL, Action.DELETE),
    Status.COMPLETED: (Action.RETRY, Action.RESTART, Action.DELETE),
    Status.FAILED: (Action.RETRY, Action.RESTART, Action.DELETE),
    Status.CANCELLED: (Action.RETRY, Action.RESTART, Action.DELETE),
}


def allowed(status: Status, *, resumable: bool, finishable: bool, to_do_again: bool) -> list[Action]:
    """What may be asked of a job in this status.

    `resumable`: it can be stopped while it works and go on later. `finishable`: it can end with the best it
    has. `to_do_again`: it ended, and left failed tasks or a checkpoint from which to go on.
    """
    without = set()
    if status == Status.RUNNING and not resumable:
        without.add(Action.PAUSE)
    if not finishable:
        without.add(Action.FINISH)
    if not to_do_again:
        without.add(Action.RETRY)
    return [action for action in ACTIONS[status] if action not in without]


# Events that end an attempt; each attempt has exactly one of them, and it is its last.
ATTEMPT_ENDS = frozenset({"completed", "failed", "cancelled", "paused", "requeued"})
# What only the engine says of a job; a workload has words of its own.
ENGINE_EVENTS = ATTEMPT_ENDS | {
    "queued",
    "started",
    "resumed",
    "pause_requested",
    "finish_requested",
    "finishing",
    "cancel_requested",
    "checkpoint",
    "task",
    "changed",
}
