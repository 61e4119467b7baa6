"""Rows that are fetched page by page, and seen as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ._command import _said
from ._record import Page, Record

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["Rows", "_said"]

T = TypeVar("T", bound=Record)


class Rows(Iterator[T], Generic[T]):
    """Rows of a query, one after the other. Pages are fetched as they are needed.

    What changes while the rows are looked at is seen or not, as it comes; no row is seen twice for
    the paging's sake.
    """

    __slots__ = ("_fetch", "_kind", "_next", "_rows")

    def __init__(self, fetch: Callable[[str | None], Page[T]], kind: type[T]) -> None:
        self._kind = kind
        self._fetch = fetch
        first = fetch(None)
        self._rows: list[T] = list(first.rows[::-1])
        self._next = first.next

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while not self._rows:
            if self._next is None:
                raise StopIteration
            self._turn(self._next)
        return self._rows.pop()

    def _turn(self, after: str) -> None:
        page = self._fetch(after)
        self._rows, self._next = list(page.rows[::-1]), page.next

    def page(self) -> list[T]:
        """The rows that are at hand, or of the next page that has some; none when all were seen."""
        while not self._rows and self._next is not None:
            self._turn(self._next)
        rows, self._rows = self._rows[::-1], []
        return rows

    def all(self) -> list[T]:
        """All that are left, as a list."""
        return list(self)

    def first(self) -> T | None:
        """The next row; None when there is none."""
        return next(self, None)

    def to_dataframe(self) -> pandas.DataFrame:
        """All that are left as a pandas data frame: see :func:`workflow_py.to_dataframe`.

        Raises
        ------
        ImportError
            Without pandas: ``pip install workflow-py[pandas]``.
        """
        from ._frames import to_dataframe

        return to_dataframe(self, kind=self._kind)

    def to_polars(self) -> polars.DataFrame:
        """All that are left as a polars data frame.

        Raises
        ------
        ImportError
            Without polars: ``pip install workflow-py[polars]``.
        """
        from ._frames import to_polars

        return to_polars(self, kind=self._kind)

    def to_arrow(self) -> pyarrow.Table:
        """All that are left as an Arrow table.

        Raises
        ------
        ImportError
            Without pyarrow: ``pip install workflow-py[arrow]``.
        """
        from ._frames import to_arrow

        return to_arrow(self, kind=self._kind)


def page_of(document: Any, read: Callable[[Any], T]) -> Page[T]:
    """A page of its document."""
    return Page([read(row) for row in document["rows"]], document["next"])
