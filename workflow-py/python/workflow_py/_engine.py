"""The engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from . import _native
from ._acting import Acting
from ._command import document_of
from ._notify import Notify, answering
from ._outcome import Outcome
from ._record import reader, to_json
from ._runner import OnError, Runner
from ._store import Durability, Keyspace

if TYPE_CHECKING:
    from types import TracebackType
    from uuid import UUID

    from .errors import WorkflowError
    from .model import Actor, Carried, Deliveries, Delivery, FirmId, NotificationId, Receipt, Ticked

__all__ = ["Capabilities", "Clock", "Engine"]

Clock: TypeAlias = "Callable[[], datetime] | _native.ManualClock"
"""A function that answers an aware ``datetime``, or a :class:`ManualClock`."""


class Capabilities(NamedTuple):
    """What a store is and can."""

    name: str
    """Its name, for messages."""
    durability: Durability
    """What an acknowledged commit survives."""
    shared: bool
    """Whether several processes may work on it at once."""


class Engine:
    """A workflow engine over a store. Threads may share it.

    Parameters
    ----------
    store
        The address of a store: ``memory:`` (the default), or ``sqlite:PATH``, with
        ``?durability=process`` or ``?durability=power_cut`` (the default) after it; a path is that
        of a SQLite file. ``postgres://…`` where the wheel was built with it. Or a store of your own:
        a :class:`Keyspace`.
    clock
        Tells the time, once per call; the system's clock when absent.
    seed
        Makes identifiers follow from it, so that the same commands at the same times give the same
        records. For tests.

    Examples
    --------
    >>> from uuid import uuid4
    >>> from workflow_py.model import SystemActor
    >>> with Engine("memory:") as engine:
    ...     firm = engine.acting(uuid4(), SystemActor("docs"))
    ...     _ = firm.save_firm(name="Ledger & Sons", time_zone="America/New_York")
    ...     firm.firm().settings.name
    'Ledger & Sons'
    """

    __slots__ = ("__weakref__", "_native", "_outbox")

    def __init__(
        self,
        store: str | PathLike[str] | Keyspace = "memory:",
        *,
        clock: Clock | None = None,
        seed: int | None = None,
    ) -> None:
        if isinstance(store, PathLike):
            store = f"sqlite:{fspath(store)}"
        elif not isinstance(store, (str, Keyspace)):
            raise TypeError(f"a store is an address, a path or a Keyspace, not {type(store).__name__}")
        if clock is not None and not callable(clock):
            raise TypeError("a clock is a function that answers an aware datetime")
        self._native = _native.Engine(store, clock, seed)
        self._outbox = self._native.outbox()

    def __repr__(self) -> str:
        return "<Engine: closed>" if self.closed else f"<Engine: {self.capabilities.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the store. Calls that other threads are in are finished first."""
        self._native.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._native.closed

    @property
    def capabilities(self) -> Capabilities:
        """What its store is and can."""
        return Capabilities(*self._native.capabilities())  # type: ignore[arg-type]

    def now(self) -> datetime:
        """Now, by its clock."""
        return self._native.now()

    def acting(self, firm: FirmId | UUID, actor: Actor) -> Acting:
        """The engine in the hands of one actor of one firm.

        Parameters
        ----------
        firm
            Which.
        actor
            Who gives commands and asks questions: ``SystemActor("billing")`` for the host itself,
            ``MemberActor(id)``, ``ClientActor(account)``.
        """
        return Acting(self._native.acting(firm, to_json(actor).encode()), firm, actor)  # type: ignore[arg-type]

    def execute(self, request: bytes | str | dict[str, Any]) -> Outcome:
        """Carries out a request, as the document that ``request.schema.json`` describes."""
        return Outcome(self._native.execute(document_of(request)))

    def execute_many(self, requests: Iterable[bytes | str | dict[str, Any]]) -> list[Outcome | WorkflowError]:
        """Carries out many requests in order, each by itself."""
        results = self._native.execute_many([document_of(request) for request in requests])
        return [Outcome(found) if isinstance(found, _native.Outcome) else found for found in results]  # type: ignore[misc]

    def ask(self, inquiry: bytes | str | dict[str, Any]) -> Any:
        """Answers an inquiry, as the document that ``inquiry.schema.json`` describes."""
        return json.loads(self._native.ask(document_of(inquiry)))

    def tick(self, now: datetime | None = None, *, limit: int = 1_000) -> Ticked:
        """Does what is due by an instant, of all firms, in the order it is due.

        Call it again while ``next`` of the answer is not past the instant.

        Parameters
        ----------
        now
            The instant; now when absent.
        limit
            No more records than this.
        """
        return reader("Ticked")(json.loads(self._native.tick(now, limit)))  # type: ignore[no-any-return]

    def run_follow_ups(self, *, limit: int = 1_000) -> int:
        """Does what commands left for other jobs and nobody is doing. Answers how much was done."""
        return self._native.run_follow_ups(limit)

    def claim_notifications(
        self, *, firm: FirmId | UUID | None = None, lease: timedelta = timedelta(seconds=60), limit: int = 100
    ) -> list[Delivery]:
        """Hands out notifications that are due, one per job at a time, the oldest first.

        Parameters
        ----------
        firm
            Of one firm; of all when absent.
        lease
            How long nobody else gets them.
        limit
            No more than this many.
        """
        found = self._outbox.claim_notifications(firm, lease.total_seconds(), limit)
        return list(reader("Sequence[Delivery]")(json.loads(found)))

    def acknowledge(self, receipt: Receipt) -> bool:
        """Says that a notification was delivered. Answers whether the lease still held."""
        return self._outbox.acknowledge(to_json(receipt).encode())

    def acknowledge_many(self, receipts: Iterable[Receipt]) -> list[bool]:
        """Says that many notifications were delivered, with one synchronisation of the disk."""
        return self._outbox.acknowledge_many([to_json(receipt).encode() for receipt in receipts])

    def fail(self, receipt: Receipt, *, why: str, at: datetime | None = None) -> bool:
        """Says that a delivery failed and is to be tried again: at an instant, or after a while.

        Answers whether the lease still held.
        """
        return self._outbox.fail(to_json(receipt).encode(), why, at)

    def reject(self, receipt: Receipt, *, why: str) -> bool:
        """Says that a notification can never be delivered. Answers whether the lease still held."""
        return self._outbox.reject(to_json(receipt).encode(), why)

    def send_again(self, *, firm: FirmId | UUID, notification: NotificationId) -> None:
        """Sends a dead letter again, at the end of what waits for its job."""
        self._outbox.send_again(firm, notification)

    def deliver(self, notifier: Notify, *, limit: int = 1_000) -> Deliveries:
        """Delivers notifications that are due, until none is left or some number was tried.

        What the notifier raises ends the round: this delivery is tried again later, and the
        exception comes out as it is.
        """
        from .model import Deliveries

        delivered, retried, rejected = self._outbox.deliver(answering(notifier), limit)
        return Deliveries(delivered=delivered, retried=retried, rejected=rejected)

    def start_runner(
        self,
        *,
        workers: int = 2,
        notifier: Notify | None = None,
        in_hand: int = 16,
        longest_sleep: timedelta = timedelta(seconds=30),
        longest_pause: timedelta = timedelta(seconds=30),
        on_error: OnError | None = None,
    ) -> Runner:
        """Starts threads that tick, run follow-ups that nobody holds, and deliver notifications.

        Parameters
        ----------
        workers
            How many threads work.
        notifier
            Delivers notifications; when absent they are left to you.
        in_hand
            How many notifications a thread takes at once. It finishes them before it stops.
        longest_sleep
            How long they sleep at most. What other processes make due earlier is noticed after it.
        longest_pause
            How long they pause at most after failures of the store.
        on_error
            Told of every failure, and with what kind of work it was, also of what the notifier
            raises; the log of ``workflow_py`` is when absent. The threads go on.
        """
        tell = on_error or _log
        orders = {
            "workers": workers,
            "notifier": None if notifier is None else _telling(answering(notifier), tell),
            "in_hand": in_hand,
            "longest_sleep_seconds": longest_sleep.total_seconds(),
            "longest_pause_seconds": longest_pause.total_seconds(),
            "on_error": tell,
        }
        return Runner(self._native.start_runner(orders))

    def backup_to(self, *, path: str | PathLike[str]) -> None:
        """Copies the SQLite database to a file, as it is at one moment while others work on it.

        Do not do this with Python's own ``sqlite3``: a second copy of SQLite on the live file takes
        the store's locks away.

        Parameters
        ----------
        path
            The file; one that is there is replaced when the copy is complete.

        Raises
        ------
        UnsupportedError
            From a store that is no file, and for the store's own file or one that is in use.
        """
        self._native.backup_to(fspath(path))

    def integrity_check(self) -> list[str]:
        """What is wrong with the store's file, in SQLite's words; nothing when all is well.

        Raises
        ------
        UnsupportedError
            From a store that is no file.
        """
        return self._native.integrity_check()

    def export_firm(self, *, firm: FirmId | UUID, path: str | PathLike[str]) -> Carried:
        """Writes a firm into a file, as it is at one moment, for another store or server.

        Parameters
        ----------
        firm
            Which.
        path
            The file; one that is there is replaced when all is written. Until then it is written
            beside it, as ``PATH.part``, which is removed should it fail.
        """
        return _carried(self._native.export_firm(firm, fspath(path)))

    def import_firm(self, *, path: str | PathLike[str]) -> Carried:
        """Brings a firm from a file into the store. An import that was cut off is begun again.

        Parameters
        ----------
        path
            The file that :meth:`export_firm` wrote.
        """
        return _carried(self._native.import_firm(fspath(path)))


def _carried(document: bytes) -> Carried:
    found: Carried = reader("Carried")(json.loads(document))
    return found


def _log(queue: str, error: Exception) -> None:
    """Tells the log of a failure, as nobody else is told."""
    import logging

    log = logging.getLogger("workflow_py")
    log.error("the runner failed at %s and goes on: %s", queue.replace("_", " "), error, exc_info=error)


def _telling(
    answer: Callable[[bytes], tuple[bool, str, datetime | None] | None], tell: OnError
) -> Callable[[bytes], tuple[bool, str, datetime | None] | None]:
    """A notifier of which what it raises is told, as nobody waits for it."""

    def told(document: bytes) -> tuple[bool, str, datetime | None] | None:
        try:
            return answer(document)
        except Exception as error:
            tell("outbox", error)
            return True, repr(error), None

    return told
