"""Threads that do what is due when it is due."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ._record import Record

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from . import _native
    from .model import ErrorKind, Queue

__all__ = ["Runner", "RunnerStatus", "WorkStatus"]


AT_EXIT = timedelta(seconds=60)
"""How long a program that ends waits for what a runner holds."""


class WorkStatus(Record):
    """What a runner has done of one kind of work."""

    done: int
    """How many were done: for notifications, delivered and acknowledged."""
    failed: int
    """How many failed and are tried again later, or are dead now."""
    lost: int
    """How many another host has taken over because the lease was lost."""
    failing: int
    """Failures of the store one after the other, up to now: more than none, it pauses."""
    last_error: str | None
    """What went wrong last."""
    last_error_kind: ErrorKind | None
    """Of which kind that was."""


class RunnerStatus(Record):
    """What a runner has done since it was started, and what it is at."""

    timers: WorkStatus
    """Records on which something was due."""
    follow_ups: WorkStatus
    """Follow-ups that nobody held."""
    notifications: WorkStatus
    """Notifications."""
    working: int
    """Threads that are doing something just now."""
    idle: bool
    """Whether nothing is in hand and nothing was due when it last looked: it sleeps."""
    looks_again: datetime | None
    """When it looks again by itself, if it sleeps; it is woken earlier."""
    stopping: bool
    """Whether it was told to stop."""


class Runner:
    """Running threads of an engine: made by :meth:`Engine.start_runner`.

    A context manager: they stop when the block is left.
    """

    __slots__ = ("__weakref__", "_native", "_stopped")

    def __init__(self, native: _native.Runner) -> None:
        self._native = native
        self._stopped = False
        # Also when the program ends: its threads would call an interpreter that is going away.
        weakref.finalize(self, native.stop, AT_EXIT.total_seconds())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wake(self) -> None:
        """Makes it look at once what is due: when the clock was set, or another process has worked."""
        self._native.wake()

    def stop(self, *, within: timedelta = timedelta(days=1)) -> bool:
        """Stops it, and waits for what it holds: no longer than that. Answers whether it is finished."""
        self._stopped = self._native.stop(within.total_seconds())
        return self._stopped

    @property
    def is_running(self) -> bool:
        """Whether it is not through yet."""
        return not self._stopped

    @property
    def status(self) -> RunnerStatus:
        """What it has done so far, and what it is at."""
        return RunnerStatus.from_document(json.loads(self._native.status()))


#: What is told of a failure: with what kind of work it was, and the exception.
OnError = Callable[["Queue", Exception], None]
