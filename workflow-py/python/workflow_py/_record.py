"""Frozen values: what every record, row, event and definition of this package is.

A record is a class with annotated fields, much as a dataclass. How it is read from a document and
written to one follows from the annotations, which are looked at when that is first needed: so that
importing some hundreds of classes costs nothing to speak of.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, ItemsView, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time
from types import NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NewType,
    NoReturn,
    Self,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
)
from uuid import UUID

__all__ = ["CLEAR", "Change", "Clear", "FrozenDict", "Page", "Record", "Variant"]

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
Json: TypeAlias = Any
Convert: TypeAlias = Callable[[Any], Any]


class FrozenDict(dict[K, V]):
    """A dictionary that does not change and can be hashed.

    Examples
    --------
    >>> FrozenDict({"ein": "12-3456789"})["ein"]
    '12-3456789'
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping does not change; make a new one: {**old, key: value}")

    __setitem__ = __delitem__ = _refuse
    pop = popitem = setdefault = update = clear = _refuse
    __ior__ = _refuse


class Clear:
    """The type of :data:`CLEAR`."""

    __slots__ = ()
    _only: ClassVar[Any] = None

    def __new__(cls) -> Self:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cast(Self, cls._only)

    def __repr__(self) -> str:
        return "CLEAR"

    def __reduce__(self) -> tuple[type[Clear], tuple[()]]:
        return Clear, ()


CLEAR: Final = Clear()
"""In a change, takes a value away; ``None`` leaves it as it is."""

Change: TypeAlias = T | Clear
"""What becomes of a value that can be cleared: a new one, or :data:`CLEAR`."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A frozen value with named fields.

    Two records are equal when they are of one class and all their fields are. They can be hashed,
    pickled and copied. Lists and sets that are given are kept as tuples and frozen sets.

    Examples
    --------
    >>> class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(x=1)
    Point(x=1)
    >>> Point(x=1).replace(y=2) == Point(x=1, y=2)
    True
    """

    _tag: ClassVar[str | None] = None
    _fields: ClassVar[tuple[str, ...]] = ()
    _required: ClassVar[frozenset[str]] = frozenset()
    _reads: ClassVar[tuple[tuple[str, str, Convert | None], ...] | None] = None
    _writes: ClassVar[tuple[tuple[str, str, Convert | None], ...]] = ()
    _columns: ClassVar[dict[str, tuple[str, ...]] | None] = None

    def __init_subclass__(cls, *, tag: str | None = None) -> None:
        fields = [name for name in cls.__dict__.get("__annotations__", ()) if not name.startswith("_")]
        cls._fields = cls._fields + tuple(name for name in fields if name not in cls._fields)
        cls._required = frozenset(name for name in cls._fields if not hasattr(cls, name))
        cls._reads = None
        cls._columns = None
        if tag is not None:
            cls._tag = tag

    def __init__(self, **fields: Any) -> None:
        given = self.__dict__
        for name, value in fields.items():
            if name not in self._fields:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
            given[name] = _frozen(value)
        missing = self._required - fields.keys()
        if missing:
            names = ", ".join(sorted(missing))
            raise TypeError(f"{type(self).__name__} needs {names}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: make a new one with replace({name}=...)")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        told = (f"{name}={value!r}" for name, value in self._told())
        return f"{type(self).__name__}({', '.join(told)})"

    def _told(self) -> list[tuple[str, Any]]:
        """The fields that say something: those that are not what they are when absent."""
        cls = type(self)
        pairs = ((name, getattr(self, name)) for name in self._fields)
        return [(name, value) for name, value in pairs if name in cls._required or value != getattr(cls, name)]

    def replace(self, **changes: Any) -> Self:
        """The same with other values in some fields."""
        return type(self)(**{**self.__dict__, **changes})

    def to_document(self) -> Json:
        """It as the document that the engine reads and writes: what ``json.loads`` would answer."""
        return json.loads(self.to_json())

    def to_json(self) -> str:
        """It as a JSON document."""
        return to_json(self)

    @classmethod
    def from_document(cls, document: Json) -> Self:
        """Makes it of a document, such as ``json.loads`` answers."""
        read = cls._read_tagged if cls._tag is not None else cls._read
        return read(document)

    @classmethod
    def _read_tagged(cls, document: Json) -> Self:
        (body,) = document.values()
        return cls._read(body)

    @classmethod
    def _read(cls, body: Json) -> Self:
        """Makes it of a document without its tag."""
        plan = cls._reads
        if plan is None:
            plan = cls._look_at_annotations()
        record = cls.__new__(cls)
        given = record.__dict__
        for name, key, convert in plan:
            value = body.get(key, _ABSENT)
            if value is not _ABSENT:
                given[name] = value if convert is None else convert(value)
            elif name in cls._required:
                given[name] = None
        return record

    def _written(self) -> Json:
        """It as a document, without its tag, of which the parts are yet to be written."""
        if self._reads is None:
            self._look_at_annotations()
        return {
            key: value if convert is None else convert(value)
            for name, key, convert in self._writes
            for value in (getattr(self, name),)
            if name in self._required or (value is not None and value != getattr(type(self), name))
        }

    @classmethod
    def _annotations(cls) -> dict[str, tuple[Any, dict[str, Any]]]:
        """The annotations of its fields, each with the names of its module."""
        types = {}
        for base in reversed(cls.__mro__):
            home = vars(sys.modules[base.__module__])
            types.update({name: (text, home) for name, text in base.__dict__.get("__annotations__", {}).items()})
        return {name: types[name] for name in cls._fields}

    @classmethod
    def _look_at_annotations(cls) -> tuple[tuple[str, str, Convert | None], ...]:
        kinds = {name: _type_of(*annotation) for name, annotation in cls._annotations().items()}
        cls._writes = tuple((name, name.rstrip("_"), _writer(kind)) for name, kind in kinds.items())
        cls._reads = tuple((name, name.rstrip("_"), _reader(kind)) for name, kind in kinds.items())
        return cls._reads


@dataclass_transform(kw_only_default=False, frozen_default=True)
class Variant(Record):
    """A record that is one value under a name: one of several things that something can be."""

    __match_args__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.__dict__["value"] = _frozen(value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values()[0]!r})"

    def replace(self, **changes: Any) -> Self:
        """The same with another value."""
        return type(self)(changes["value"]) if changes else self

    @classmethod
    def _read(cls, body: Json) -> Self:
        if cls._reads is None:
            cls._look_at_annotations()
        record = cls.__new__(cls)
        ((_, _, convert),) = cls._reads or ()
        record.__dict__["value"] = body if convert is None else convert(body)
        return record

    def _written(self) -> Json:
        if self._reads is None:
            self._look_at_annotations()
        ((_, _, convert),) = self._writes
        (value,) = self._values()
        return value if convert is None else convert(value)


class Page(Generic[T]):
    """A page of rows, and where the next begins."""

    __slots__ = ("next", "rows")
    rows: tuple[T, ...]
    next: str | None

    def __init__(self, rows: Sequence[T], next: str | None) -> None:
        self.rows = tuple(rows)
        self.next = next

    def __repr__(self) -> str:
        return f"Page(rows={self.rows!r}, next={self.next!r})"


class _Names(dict[str, Any]):
    """The names that annotations are made of. Aliases are kept as texts until they are needed."""

    def __missing__(self, name: str) -> Any:
        from . import model

        found = getattr(model, name, _ABSENT)
        if found is _ABSENT:
            raise KeyError(name)
        if isinstance(found, str):
            found = eval(found, {}, self)
        self[name] = found
        return found


_ABSENT: Final = object()
_NAMES: Final = _Names(
    AbstractSet=AbstractSet, Any=Any, Change=Change, Clear=Clear, Literal=Literal, Mapping=Mapping, Page=Page,
    Sequence=Sequence, UUID=UUID, bool=bool, dt=dt, float=float, int=int, str=str,
)  # fmt: skip


def _type_of(annotation: Any, home: dict[str, Any] | None = None) -> Any:
    """What an annotation means: by the names of the model, then by those of its own module."""
    return eval(annotation, home or {}, _NAMES) if isinstance(annotation, str) else annotation


def class_of(name: str) -> type[Record]:
    """The class of the model that is called so."""
    found = _type_of(name)
    assert isinstance(found, type)
    return found


def reader(annotation: str) -> Convert:
    """How a value of a type, given as an annotation is, is made of its document."""
    return _reader(_type_of(annotation)) or (lambda value: value)


def _reader(kind: Any) -> Convert | None:
    """How a value of a type is made of its document; None when it is its document."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _union_reader(arguments)
    if origin is Sequence or origin is AbstractSet:
        make: Convert = tuple if origin is Sequence else frozenset
        item = _reader(arguments[0])
        return make if item is None else _collection(make, item)
    if origin is Mapping:
        key, item = _reader(arguments[0]), _reader(arguments[1])
        if key is None and item is None:
            return FrozenDict
        return _mapping(key or _same, item or _same)
    if isinstance(kind, NewType):
        return UUID
    if isinstance(kind, type) and issubclass(kind, Record):
        return kind.from_document
    if kind is datetime:
        return _instant
    if kind is date or kind is time:
        return cast(Convert, kind.fromisoformat)
    if kind is UUID:
        return UUID
    if kind is Any:
        return _frozen
    return None


def _union_reader(members: tuple[Any, ...]) -> Convert | None:
    tagged = {
        member._tag: member._read
        for member in members
        if isinstance(member, type) and issubclass(member, Record) and member._tag is not None
    }
    if tagged:
        return lambda value: value if value is None or isinstance(value, str) else _tagged(tagged, value)
    rest = [member for member in members if member is not NoneType]
    if Clear in rest:
        inner = _union_reader(tuple(member for member in rest if member is not Clear)) or _same
        return lambda value: value if value is None else CLEAR if value == "clear" else inner(value["to"])
    if len(rest) > 1:
        return _frozen
    (only,) = (_reader(member) for member in rest)
    return None if only is None else _optional(only)


def _optional(convert: Convert) -> Convert:
    return lambda value: value if value is None else convert(value)


def _collection(make: Convert, item: Convert) -> Convert:
    return lambda values: make([item(value) for value in values])


def _tagged(tagged: Mapping[str, Convert], document: Mapping[str, Json]) -> Any:
    ((tag, body),) = document.items()
    return tagged[tag](body)


def _writer(kind: Any) -> Convert | None:
    """How a value of a type is written, where the value alone does not say it: that of a change."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if Clear in arguments:
            return lambda value: value if value is None else "clear" if value is CLEAR else {"to": value}
        (inner,) = {_writer(member) for member in arguments} - {None} or (None,)
        return inner
    if origin is Mapping:
        write = _writer(arguments[1])
        return None if write is None else _mapping(_same, write)
    return None


def _mapping(key: Convert, item: Convert) -> Convert:
    return lambda values: FrozenDict({key(name): item(value) for name, value in values.items()})


def _same(value: Any) -> Any:
    return value


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _frozen(value: Any) -> Any:
    """A value as records keep it."""
    if isinstance(value, (str, Record)) or value is None:
        return value
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, dict) and not isinstance(value, FrozenDict):
        return FrozenDict({name: _frozen(inner) for name, inner in value.items()})
    if isinstance(value, datetime):
        return _aware(value)
    return value


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: give an aware datetime, such as datetime.now(UTC)")
    return instant


def _plain(value: Any) -> Json:
    """A value as ``json`` takes it; what it is made of comes here by itself."""
    if isinstance(value, Record):
        body = value._written()
        return body if value._tag is None else {value._tag: body}
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return _aware(value).astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, AbstractSet):
        return sorted(value, key=str)
    if isinstance(value, Mapping):
        return {_name(key): inner for key, inner in value.items()}
    if isinstance(value, (Sequence, ItemsView)):
        return list(value)
    written = getattr(value, "_written", None)
    if written is not None:
        return written()
    raise TypeError(f"a {type(value).__name__} cannot be part of a document")


def _name(key: Any) -> str:
    return key if isinstance(key, str) else str(key)


def to_json(value: Any) -> str:
    """A record, or anything made of records, as JSON."""
    return json.dumps(value if not isinstance(value, dict) else _plain(value), default=_plain, ensure_ascii=False)
