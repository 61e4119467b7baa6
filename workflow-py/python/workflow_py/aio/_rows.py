"""Rows that are fetched page by page on a worker thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from .._record import Record

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from .._rows import Rows

T = TypeVar("T", bound=Record)

__all__ = ["AsyncRows"]


class AsyncRows(AsyncIterator[T], Generic[T]):
    """Rows of a query, to go through with ``async for``."""

    __slots__ = ("_ask", "_block", "_rows", "_run")

    def __init__(self, run: Callable[..., Awaitable[Any]], ask: Callable[[], Rows[T]]) -> None:
        self._run = run
        self._ask = ask
        self._rows: Rows[T] | None = None
        self._block: list[T] = []

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if not self._block:
            self._block = await self._run(self._fetch)
        if not self._block:
            raise StopAsyncIteration
        return self._block.pop()

    def _fetch(self) -> list[T]:
        """The next page, last row first."""
        if self._rows is None:
            self._rows = self._ask()
        return self._rows.page()[::-1]

    async def page(self) -> list[T]:
        """The rows that are at hand, or of the next page that has some; none when all were seen."""
        rows = self._block or await self._run(self._fetch)
        self._block = []
        return rows[::-1]

    async def all(self) -> list[T]:
        """All that are left, as a list."""
        return [row async for row in self]

    async def first(self) -> T | None:
        """The next row; None when there is none."""
        return await anext(self, None)

    async def _table(self, make: Callable[..., Any]) -> Any:
        """All that are left as a table."""
        rows = await self.all()
        return await self._run(lambda: make(rows, kind=self._rows and self._rows._kind))

    async def to_dataframe(self) -> pandas.DataFrame:
        """As :meth:`workflow_py.Rows.to_dataframe`."""
        from .._frames import to_dataframe

        return cast("pandas.DataFrame", await self._table(to_dataframe))

    async def to_polars(self) -> polars.DataFrame:
        """As :meth:`workflow_py.Rows.to_polars`."""
        from .._frames import to_polars

        return cast("polars.DataFrame", await self._table(to_polars))

    async def to_arrow(self) -> pyarrow.Table:
        """As :meth:`workflow_py.Rows.to_arrow`."""
        from .._frames import to_arrow

        return cast("pyarrow.Table", await self._table(to_arrow))
