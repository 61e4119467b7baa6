"""The engine for asyncio."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Self, TypeVar

from .._acting import Acting as SyncActing
from .._engine import Clock
from .._engine import Engine as SyncEngine
from .._notify import Notify
from .._outcome import Outcome
from .._runner import OnError
from .._store import Keyspace
from ._methods import Methods
from ._runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from types import TracebackType
    from uuid import UUID

    from .._engine import Capabilities
    from .._native import Command
    from ..errors import WorkflowError
    from ..model import (
        Actor,
        BulkMode,
        Carried,
        Deliveries,
        Delivery,
        ExportDetail,
        Exported,
        ExportedTable,
        FirmId,
        NotificationId,
        PipelineDefinition,
        PipelineKey,
        Preview,
        Problem,
        Receipt,
        StageKey,
        TaskId,
        Ticked,
    )

__all__ = ["Acting", "Engine"]

P = ParamSpec("P")
T = TypeVar("T")


class _Workers:
    """Threads that carry calls out."""

    __slots__ = ("pool",)

    def __init__(self, threads: int) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="workflow")

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        context = contextvars.copy_context()
        work = functools.partial(context.run, call, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)


class Engine:
    """A workflow engine over a store, for asyncio.

    A call that is cancelled is carried out all the same, as a store cannot be stopped half way: give
    commands an idempotency key where that matters.

    Parameters
    ----------
    store, clock, seed
        As of :class:`workflow_py.Engine`. The store is opened by ``async with``, or at once when an
        engine that is open is given.
    threads
        How many calls are carried out at a time.
    """

    __slots__ = ("_open", "_sync", "_workers")

    def __init__(
        self,
        store: str | PathLike[str] | Keyspace | SyncEngine = "memory:",
        *,
        clock: Clock | None = None,
        seed: int | None = None,
        threads: int = 16,
    ) -> None:
        self._workers = _Workers(threads)
        self._sync = store if isinstance(store, SyncEngine) else None
        self._open = functools.partial(SyncEngine, store, clock=clock, seed=seed)  # type: ignore[arg-type]

    async def __aenter__(self) -> Self:
        if self._sync is None:
            self._sync = await self._workers.run(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Lets go of the store and of the threads. Calls that were begun are finished first."""
        if self._sync is not None:
            await self._workers.run(self._sync.close)
        self._workers.pool.shutdown(wait=False)

    @property
    def sync(self) -> SyncEngine:
        """The engine itself."""
        if self._sync is None:
            raise RuntimeError("the store is not open yet: use `async with`")
        return self._sync

    def __repr__(self) -> str:
        return "<aio.Engine: not open yet>" if self._sync is None else f"<aio.{repr(self._sync)[1:]}"

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._sync is not None and self._sync.closed

    @property
    def capabilities(self) -> Capabilities:
        """What its store is and can."""
        return self.sync.capabilities

    def now(self) -> datetime:
        """Now, by its clock."""
        return self.sync.now()

    def acting(self, firm: FirmId | UUID, actor: Actor) -> Acting:
        """The engine in the hands of one actor of one firm."""
        return Acting(self.sync.acting(firm, actor), self._workers)

    async def execute(self, request: bytes | str | dict[str, Any]) -> Outcome:
        """As :meth:`workflow_py.Engine.execute`."""
        return await self._workers.run(self.sync.execute, request)

    async def execute_many(self, requests: Iterable[bytes | str | dict[str, Any]]) -> list[Outcome | WorkflowError]:
        """As :meth:`workflow_py.Engine.execute_many`."""
        return await self._workers.run(self.sync.execute_many, requests)

    async def ask(self, inquiry: bytes | str | dict[str, Any]) -> Any:
        """As :meth:`workflow_py.Engine.ask`."""
        return await self._workers.run(self.sync.ask, inquiry)

    async def tick(self, now: datetime | None = None, *, limit: int = 1_000) -> Ticked:
        """As :meth:`workflow_py.Engine.tick`."""
        return await self._workers.run(self.sync.tick, now, limit=limit)

    async def run_follow_ups(self, *, limit: int = 1_000) -> int:
        """As :meth:`workflow_py.Engine.run_follow_ups`."""
        return await self._workers.run(self.sync.run_follow_ups, limit=limit)

    async def send_again(self, *, firm: FirmId | UUID, notification: NotificationId) -> None:
        """As :meth:`workflow_py.Engine.send_again`."""
        await self._workers.run(self.sync.send_again, firm=firm, notification=notification)

    async def deliver(self, notifier: Notify, *, limit: int = 1_000) -> Deliveries:
        """As :meth:`workflow_py.Engine.deliver`. The notifier is called on a worker thread."""
        return await self._workers.run(self.sync.deliver, notifier, limit=limit)

    async def claim_notifications(
        self, *, firm: FirmId | UUID | None = None, lease: timedelta = timedelta(seconds=60), limit: int = 100
    ) -> list[Delivery]:
        """As :meth:`workflow_py.Engine.claim_notifications`."""
        return await self._workers.run(self.sync.claim_notifications, firm=firm, lease=lease, limit=limit)

    async def acknowledge(self, receipt: Receipt) -> bool:
        """As :meth:`workflow_py.Engine.acknowledge`."""
        return await self._workers.run(self.sync.acknowledge, receipt)

    async def acknowledge_many(self, receipts: Iterable[Receipt]) -> list[bool]:
        """As :meth:`workflow_py.Engine.acknowledge_many`."""
        return await self._workers.run(self.sync.acknowledge_many, receipts)

    async def fail(self, receipt: Receipt, *, why: str, at: datetime | None = None) -> bool:
        """As :meth:`workflow_py.Engine.fail`."""
        return await self._workers.run(self.sync.fail, receipt, why=why, at=at)

    async def reject(self, receipt: Receipt, *, why: str) -> bool:
        """As :meth:`workflow_py.Engine.reject`."""
        return await self._workers.run(self.sync.reject, receipt, why=why)

    async def start_runner(
        self,
        *,
        workers: int = 2,
        notifier: Notify | None = None,
        in_hand: int = 16,
        longest_sleep: timedelta = timedelta(seconds=30),
        longest_pause: timedelta = timedelta(seconds=30),
        on_error: OnError | None = None,
    ) -> Runner:
        """As :meth:`workflow_py.Engine.start_runner`: ``async with await engine.start_runner() as runner``.

        The notifier and ``on_error`` are called on the threads of the runner, not on the loop's: what
        they want of the loop goes through :func:`asyncio.run_coroutine_threadsafe`.
        """
        return Runner(
            await self._workers.run(
                self.sync.start_runner,
                workers=workers,
                notifier=notifier,
                in_hand=in_hand,
                longest_sleep=longest_sleep,
                longest_pause=longest_pause,
                on_error=on_error,
            )
        )

    async def backup_to(self, *, path: str | PathLike[str]) -> None:
        """As :meth:`workflow_py.Engine.backup_to`."""
        await self._workers.run(self.sync.backup_to, path=path)

    async def integrity_check(self) -> list[str]:
        """As :meth:`workflow_py.Engine.integrity_check`."""
        return await self._workers.run(self.sync.integrity_check)

    async def export_firm(self, *, firm: FirmId | UUID, path: str | PathLike[str]) -> Carried:
        """As :meth:`workflow_py.Engine.export_firm`."""
        return await self._workers.run(self.sync.export_firm, firm=firm, path=path)

    async def import_firm(self, *, path: str | PathLike[str]) -> Carried:
        """As :meth:`workflow_py.Engine.import_firm`."""
        return await self._workers.run(self.sync.import_firm, path=path)


class Acting(Methods):
    """The engine in the hands of one actor of one firm, for asyncio."""

    __slots__ = ("_sync", "_workers")

    def __init__(self, sync: SyncActing, workers: _Workers) -> None:
        self._sync = sync
        self._workers = workers

    def __repr__(self) -> str:
        return f"<aio.{repr(self._sync)[1:]}"

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self._sync.actor

    @property
    def firm_id(self) -> FirmId:
        """In which firm."""
        return self._sync.firm_id

    async def _run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._workers.run(call, *args, **kwargs)

    async def execute(self, command: Command, *, idempotency_key: str | None = None) -> Outcome:
        """As :meth:`workflow_py.Acting.execute`."""
        return await self._run(self._sync.execute, command, idempotency_key=idempotency_key)

    async def execute_many(self, commands: Iterable[Command]) -> list[Outcome | WorkflowError]:
        """As :meth:`workflow_py.Acting.execute_many`."""
        return await self._run(self._sync.execute_many, commands)

    async def bulk(
        self, *, commands: Iterable[Command], mode: BulkMode = "each", idempotency_key: str | None = None
    ) -> Outcome:
        """As :meth:`workflow_py.Acting.bulk`."""
        return await self._run(self._sync.bulk, commands=commands, mode=mode, idempotency_key=idempotency_key)

    async def preview(self, command: Command) -> Preview:
        """As :meth:`workflow_py.Acting.preview`."""
        return await self._run(self._sync.preview, command)

    async def complete_task(self, *, task: TaskId, idempotency_key: str | None = None) -> Outcome:
        """As :meth:`workflow_py.Acting.complete_task`."""
        return await self._run(self._sync.complete_task, task=task, idempotency_key=idempotency_key)

    async def publish(
        self,
        definition: PipelineDefinition | Mapping[str, Any] | str | bytes | PathLike[str],
        *,
        mapping: Mapping[StageKey, StageKey] | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """As :meth:`workflow_py.Acting.publish`."""
        return await self._run(self._sync.publish, definition, mapping=mapping, idempotency_key=idempotency_key)

    async def export(
        self,
        *,
        path: str | PathLike[str],
        format: Literal["xes", "ocel", "csv"],
        table: ExportedTable | None = None,
        pipeline: PipelineKey | None = None,
        from_: date | None = None,
        to: date | None = None,
        detail: ExportDetail = "work",
        raw: bool = False,
    ) -> Exported:
        """As :meth:`workflow_py.Acting.export`."""
        return await self._run(
            self._sync.export,
            path=path,
            format=format,
            table=table,
            pipeline=pipeline,
            from_=from_,
            to=to,
            detail=detail,
            raw=raw,
        )

    async def lint_document(self, definition: Mapping[str, Any] | str | bytes | PathLike[str]) -> list[Problem]:
        """As :meth:`workflow_py.Acting.lint_document`."""
        return await self._run(self._sync.lint_document, definition)
