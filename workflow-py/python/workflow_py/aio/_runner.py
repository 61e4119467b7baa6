"""A runner that is stopped without the loop standing still."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from .._runner import Runner as SyncRunner
    from .._runner import RunnerStatus

__all__ = ["Runner"]


class Runner:
    """Running threads of an engine, for asyncio: made by :meth:`Engine.start_runner`.

    An asynchronous context manager: they stop when the block is left. Stop it, or leave its block: one
    that is merely forgotten stops while the loop waits.
    """

    __slots__ = ("_sync",)

    def __init__(self, sync: SyncRunner) -> None:
        self._sync = sync

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def wake(self) -> None:
        """As :meth:`workflow_py.Runner.wake`."""
        self._sync.wake()

    async def stop(self, *, within: timedelta = timedelta(days=1)) -> bool:
        """As :meth:`workflow_py.Runner.stop`."""
        # On none of the engine's threads: what the runner waits for may need the last of them.
        return await asyncio.to_thread(self._sync.stop, within=within)

    @property
    def is_running(self) -> bool:
        """Whether it is not through yet."""
        return self._sync.is_running

    @property
    def status(self) -> RunnerStatus:
        """What it has done so far, and what it is at."""
        return self._sync.status
