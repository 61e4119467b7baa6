"""Rows that are fetched page by page, and seen as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from ._command import _said
from ._record import Page

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Rows", "_said"]

T = TypeVar("T")


class Rows(Iterator[T], Generic[T]):
    """Rows of a query, one after the other. Pages are fetched as they are needed.

    What changes while the rows are looked at is seen or not, as it comes; no row is seen twice for
    the paging's sake.
    """

    __slots__ = ("_fetch", "_next", "_rows")

    def __init__(self, fetch: Callable[[str | None], Page[T]]) -> None:
        self._fetch = fetch
        first = fetch(None)
        self._rows: Iterator[T] = iter(first.rows)
        self._next = first.next

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            for row in self._rows:
                return row
            if self._next is None:
                raise StopIteration
            page = self._fetch(self._next)
            self._rows, self._next = iter(page.rows), page.next

    def all(self) -> list[T]:
        """All that are left, as a list."""
        return list(self)

    def first(self) -> T | None:
        """The next row; None when there is none."""
        return next(self, None)


def page_of(document: Any, read: Callable[[Any], T]) -> Page[T]:
    """A page of its document."""
    return Page([read(row) for row in document["rows"]], document["next"])
