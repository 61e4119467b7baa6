"""Rows as tables: for pandas, polars and Arrow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ._record import Record, Variant, to_json

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["columns", "to_arrow", "to_pandas", "to_polars"]


def columns(rows: Iterable[Record]) -> dict[str, list[Any]]:
    """Rows as columns of plain values.

    Identifiers become texts, sets sorted lists, records in records JSON. Entries of the log become a
    row for each of their events.
    """
    from .model import Logged

    found: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    for row in rows:
        flat = _events(row) if isinstance(row, Logged) else [_flat(row)]
        for line in flat:
            names.update(dict.fromkeys(line))
        found += flat
    return {name: [line.get(name) for line in found] for name in names}


def _flat(row: Record) -> dict[str, Any]:
    return {name: _cell(getattr(row, name)) for name in type(row)._fields}


def _events(logged: Any) -> list[dict[str, Any]]:
    """The events of an entry of the log."""
    entry = logged.entry
    shared = {"position": logged.position, **_flat(entry.replace(events=()))}
    del shared["events"]
    lines = []
    for recorded in entry.events:
        event = recorded.event
        name = event if isinstance(event, str) else event._tag
        detail = None if isinstance(event, str) else json.dumps(event.to_document()[name], ensure_ascii=False)
        lines.append({**shared, "event": name, "by": recorded.by, "detail": detail})
    return lines


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, float, datetime, date, time, timedelta)):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, AbstractSet):
        return sorted(str(inner) for inner in value)
    if isinstance(value, Variant) and isinstance(value._values()[0], (str, UUID)):
        return f"{value._tag} {value._values()[0]}"
    if isinstance(value, (Record, Mapping)):
        return to_json(value)
    if isinstance(value, Sequence):
        return [_cell(inner) for inner in value]
    return str(value)


def to_pandas(rows: Iterable[Record]) -> pandas.DataFrame:
    """Rows as a pandas data frame."""
    import pandas

    frame = pandas.DataFrame(columns(rows))
    for name in frame.columns:
        values = [value for value in frame[name] if value is not None]
        if values and all(isinstance(value, date) for value in values):
            frame[name] = pandas.to_datetime(frame[name], utc=isinstance(values[0], datetime))
    return frame


def to_polars(rows: Iterable[Record]) -> polars.DataFrame:
    """Rows as a polars data frame."""
    import polars

    return polars.DataFrame(columns(rows), infer_schema_length=None)


def to_arrow(rows: Iterable[Record]) -> pyarrow.Table:
    """Rows as an Arrow table."""
    import pyarrow

    return pyarrow.table(columns(rows))
