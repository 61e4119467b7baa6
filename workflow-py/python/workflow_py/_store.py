"""Stores written in Python: ordered keys and values, changed in transactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, Self, TypeAlias

__all__ = ["Change", "Durability", "KeyTransaction", "Keyspace"]

Durability: TypeAlias = Literal["none", "process", "power_cut"]
"""What an acknowledged commit survives: nothing, the death of the process, or a power cut."""

Change: TypeAlias = tuple[bytes, bytes | None]
"""A key, and what it holds from now on; None deletes it, if it is there."""


class KeyTransaction(ABC):
    """One transaction of a :class:`Keyspace`.

    All its reads are of one instant, not before it began: they see every commit that was
    acknowledged before, and nothing of one that has not happened. What a writing transaction has
    read is still so when it commits; if another has changed it, the commit raises
    :class:`~workflow_py.errors.ConflictError`. One lock, or one writer at a time, is enough.

    Exactly one of :meth:`commit` and :meth:`abandon` ends it, on the thread that began it.
    """

    @abstractmethod
    def get(self, key: bytes) -> bytes | None:
        """What a key holds; None when it is not there."""

    @abstractmethod
    def range(
        self, start: bytes, stop: bytes, descending: bool, limit: int, keys_only: bool
    ) -> Iterable[tuple[bytes, bytes]]:
        """The rows of a range in order: key and value.

        Parameters
        ----------
        start
            From this key on.
        stop
            Up to this key, which is not part of it.
        descending
            Greatest first.
        limit
            No more rows than this.
        keys_only
            The values will not be looked at: any will do.
        """

    @abstractmethod
    def commit(self, changes: Sequence[Change]) -> None:
        """Makes all changes or none, and ends the transaction.

        They are in the order of their keys, and of different keys. Only asked of a transaction that
        was begun to write. Raise :class:`~workflow_py.errors.AmbiguousError` when it is not known
        whether it happened.
        """

    @abstractmethod
    def abandon(self) -> None:
        """Ends the transaction without having changed anything. Also called after a failed commit."""


class Keyspace(ABC):
    """A database of ordered keys and values, written in Python, for the engine to keep its records in.

    It holds byte strings by byte strings, in the order of their bytes, and knows nothing of jobs,
    indexes or queues. Any ordered and transactional database is one: a table of two columns, LMDB,
    FoundationDB. Threads share it. An exception that it raises comes out of the call of the engine
    as it is.

    A subclass says in ``name``, ``durability`` and ``shared`` what it is, and is checked when it is
    made. :func:`workflow_py.testing.check_store` tells whether it keeps the contract.
    """

    name: ClassVar[str]
    """Its name, for messages."""
    durability: ClassVar[Durability] = "none"
    """What an acknowledged commit survives."""
    shared: ClassVar[bool] = False
    """Whether several processes may work on it at once."""

    def __new__(cls, *_: object, **__: object) -> Self:
        if not isinstance(getattr(cls, "name", None), str):
            raise TypeError(f"{cls.__name__}.name is missing: what the store is called in messages")
        if cls.durability not in ("none", "process", "power_cut"):
            raise TypeError(f"{cls.__name__}.durability is {cls.durability!r}: write none, process or power_cut")
        return super().__new__(cls)

    @abstractmethod
    def begin(self, write: bool) -> KeyTransaction:
        """Begins a transaction, to read only or to write too."""

    def _capabilities(self) -> tuple[str, str, bool]:
        return self.name, self.durability, bool(self.shared)
