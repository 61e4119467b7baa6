"""For those who test what they build on the engine: dry checks, a store to read, the stores' own suite.

Examples
--------
>>> from workflow_py.testing import MemoryKeyspace, check_store
>>> report = check_store(MemoryKeyspace, only="tallies/")
>>> report.failed
()
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from . import _native
from ._record import Record
from ._store import Change, Keyspace, KeyTransaction

if TYPE_CHECKING:
    from ._acting import Acting
    from ._native import Command

__all__ = ["MemoryKeyspace", "StoreReport", "check_store", "store_checks", "would_run"]


class StoreReport(Record):
    """What became of every check of the conformance suite."""

    passed: Sequence[str]
    """Names of the checks that the store passes."""
    failed: Sequence[tuple[str, str]] = ()
    """The checks that it does not pass: the name, and what it did wrong."""


def store_checks() -> list[str]:
    """The names of the conformance suite's checks: the area, a slash, and what must be true."""
    return _native.store_checks()


def check_store(make: Callable[[], Keyspace], *, only: str = "") -> StoreReport:
    """Runs the conformance suite, which every store has to pass, on a store.

    Parameters
    ----------
    make
        Makes the store, once for each check. It may answer the same one always: every check makes
        firms of its own.
    only
        Only checks whose name begins so.
    """
    found = {name: _native.check_store(make(), name) for name in store_checks() if name.startswith(only)}
    failed = [(name, why) for name, why in found.items() if why is not None]
    return StoreReport(passed=[name for name, why in found.items() if why is None], failed=failed)


def would_run(firm: Acting, command: Command) -> Mapping[str, bool]:
    """Which automations a command would run: a dry check of rules, with nothing changed.

    Parameters
    ----------
    firm
        Who would give it.
    command
        The command.
    """
    return {row.automation: row.runs for row in firm.preview(command).outlook.automations}


class MemoryKeyspace(Keyspace):
    """A store in the memory of the process, in a page of Python: the smallest there is.

    To read before you write your own, and for tests of what a store has to do with.
    """

    name = "python memory"

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._lock = Lock()

    def begin(self, write: bool) -> KeyTransaction:
        """Begins a transaction. One at a time, readers too: what is read does not change meanwhile."""
        self._lock.acquire()
        return _Locked(self)


class _Locked(KeyTransaction):
    def __init__(self, store: MemoryKeyspace) -> None:
        self._store = store

    def get(self, key: bytes) -> bytes | None:
        return self._store._rows.get(key)

    def range(
        self, start: bytes, stop: bytes, descending: bool, limit: int, keys_only: bool
    ) -> Iterable[tuple[bytes, bytes]]:
        keys = self._store._keys
        first, last = bisect_left(keys, start), bisect_left(keys, stop)
        found = keys[max(first, last - limit) : last][::-1] if descending else keys[first : min(last, first + limit)]
        return [(key, self._store._rows[key]) for key in found]

    def commit(self, changes: Sequence[Change]) -> None:
        rows, keys = self._store._rows, self._store._keys
        for key, value in changes:
            if value is not None:
                if key not in rows:
                    insort(keys, key)
                rows[key] = value
            elif rows.pop(key, None) is not None:
                del keys[bisect_left(keys, key)]
        self._store._lock.release()

    def abandon(self) -> None:
        self._store._lock.release()
