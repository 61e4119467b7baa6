"""Rows as tables: for pandas, polars and Arrow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from ._record import Record, Variant, _type_of, to_json

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["columns", "to_arrow", "to_dataframe", "to_polars"]

SCALARS = (str, bool, int, float, datetime, date, time, timedelta, UUID)


def columns(rows: Iterable[Record], kind: type[Record] | None = None) -> dict[str, list[Any]]:
    """Rows as columns of plain values.

    Identifiers become texts, sets sorted lists. A record in a record becomes columns of its own,
    ``field_part``, if there are only plain values in it, by its type; else JSON. Entries of the log
    become a row for each of their events.
    """
    from .model import Logged

    found: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    if kind is not None and kind is not Logged:
        names.update(dict.fromkeys(_plan(kind)))
    for row in rows:
        if not isinstance(row, Record):
            raise TypeError(f"the rows of a table are records, not {type(row).__name__}")
        flat = _events(row) if isinstance(row, Logged) else [_flat(row)]
        for line in flat:
            names.update(dict.fromkeys(line))
        found += flat
    return {name: [line.get(name) for line in found] for name in names}


def _flat(row: Record) -> dict[str, Any]:
    return {name: _cell(_at(row, way)) for name, way in _plan(type(row)).items()}


def _at(row: Record, way: tuple[str, ...]) -> Any:
    """What is at the end of a way through records; None when one of them is absent."""
    value: Any = row
    for name in way:
        if value is None:
            return None
        # A host's own record may hold the document of another.
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name)
    return value


def _plan(kind: type[Record]) -> dict[str, tuple[str, ...]]:
    """The columns that a record makes, by its type, and the way through its fields to each."""
    if kind._columns is not None:
        return kind._columns
    plan: dict[str, tuple[str, ...]] = {}
    for name, meant in _types(kind).items():
        inner = _plain_record(meant, ())
        ways = {} if inner is None else _plan(inner)
        parts = {f"{name.rstrip('_')}_{part}": (name, *way) for part, way in ways.items()}
        if parts and not parts.keys() & {*kind._fields, *plan}:
            plan.update(parts)
        else:
            plan[name] = (name,)
    kind._columns = plan
    return plan


def _types(kind: type[Record]) -> dict[str, Any]:
    """What the annotations of a record's fields mean, as far as they tell."""
    found: dict[str, Any] = {}
    for name, annotation in kind._annotations().items():
        try:
            found[name] = _type_of(*annotation)
        except (NameError, AttributeError, TypeError):
            # A class of a function's own, say, cannot be looked up: what is in the field stays whole.
            found[name] = Any
    return found


def _plain_record(kind: Any, around: tuple[type, ...]) -> type[Record] | None:
    """The record that a type is, or is when it is not absent, if there are only plain values in it."""
    (only, *more) = [member for member in _members(kind) if member is not NoneType] or [None]
    if more or not isinstance(only, type) or not issubclass(only, Record) or issubclass(only, Variant):
        return None
    if only in around:
        return None
    types = _types(only).values()
    plain = all(_is_plain(inner) or _plain_record(inner, (*around, only)) for inner in types)
    return only if plain and types else None


def _is_plain(kind: Any) -> bool:
    return all(
        member is NoneType or member in SCALARS or isinstance(member, NewType) or get_origin(member) is Literal
        for member in _members(kind)
    )


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


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


def to_dataframe(rows: Iterable[Record], *, kind: type[Record] | None = None) -> pandas.DataFrame:
    """Records as a pandas data frame: identifiers as texts, days and instants as such.

    A record in a record becomes columns of its own if there are only plain values in it: ``period``
    with ``start`` and ``end`` becomes ``period_start`` and ``period_end``, which are missing where
    there is no period. Other parts become JSON, and entries of the log a row for each of their events.

    Parameters
    ----------
    rows
        Records of any kind: of a query or an answer, or your own.
    kind
        Their class: with it a table of no rows has its columns too.

    Raises
    ------
    ImportError
        Without pandas: ``pip install workflow-py[pandas]``.

    Examples
    --------
    >>> from workflow_py import Count, MemberLoad
    >>> from uuid import UUID
    >>> load = MemberLoad(
    ...     member=UUID(int=1), name="Jane", tasks=3, overdue=0, budget_minutes=90,
    ...     jobs=Count(counted=2, more=False), more=False,
    ... )
    >>> to_dataframe([load])[["name", "tasks", "jobs_counted"]].values.tolist()
    [['Jane', 3, 2]]
    """
    import pandas

    frame = pandas.DataFrame(columns(rows, kind))
    for name in frame.columns:
        values = [value for value in frame[name] if value is not None]
        if values and all(isinstance(value, date) for value in values):
            frame[name] = pandas.to_datetime(frame[name], utc=isinstance(values[0], datetime))
    return frame


def to_polars(rows: Iterable[Record], *, kind: type[Record] | None = None) -> polars.DataFrame:
    """Records as a polars data frame, with the columns of :func:`to_dataframe`.

    Raises
    ------
    ImportError
        Without polars: ``pip install workflow-py[polars]``.
    """
    import polars

    return polars.DataFrame(columns(rows, kind), infer_schema_length=None)


def to_arrow(rows: Iterable[Record], *, kind: type[Record] | None = None) -> pyarrow.Table:
    """Records as an Arrow table, with the columns of :func:`to_dataframe`.

    Raises
    ------
    ImportError
        Without pyarrow: ``pip install workflow-py[arrow]``.
    """
    import pyarrow

    return pyarrow.table(columns(rows, kind))
