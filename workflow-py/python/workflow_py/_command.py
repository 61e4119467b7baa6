"""How commands are made of what Python programs hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import _native
from ._record import to_json

if TYPE_CHECKING:
    from collections.abc import Collection

    from .model import ItemRef


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value is not None and not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return isinstance(value, (frozenset, set, tuple, list, dict)) and not value


def _of(name: str, fields: Any) -> _native.Command:
    """The command of a name."""
    body = _said(fields) if isinstance(fields, dict) else fields
    return _native.command(to_json({name: body}).encode())


def _list(values: Collection[str]) -> list[str] | None:
    return list(values) if values else None


def _item_ref(item: ItemRef | UUID) -> ItemRef:
    """An item by one of its names, of its identifier alone."""
    from .model import IdItemRef, ItemId

    return IdItemRef(ItemId(item)) if isinstance(item, UUID) else item


def _report_item(item: ItemRef | UUID, status: str) -> _native.Command:
    if isinstance(item, UUID):
        return _native.report_item(status, item)
    named = item.to_document()
    identifier = named.get("id")
    return _native.report_item(status, UUID(identifier) if identifier else None, named.get("external"))


def document_of(value: Any) -> bytes:
    """A document as bytes: of bytes, a text, a dictionary, or anything made of records."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else to_json(value)).encode()


def command_document(command: _native.Command) -> Any:
    """A command as ``json.loads`` would answer it."""
    return json.loads(command.to_json())


def command_of(name: str, document: Any) -> _native.Command:
    """The command of a name, of what it is about as a document: what a file holds, for example.

    Parameters
    ----------
    name
        Its name, as in :mod:`workflow_py.commands`.
    document
        As ``command.schema.json`` has it under that name: a dictionary, or a record.

    Examples
    --------
    >>> command_of("save_firm", {"name": "Ledger & Sons"}).name
    'save_firm'
    """
    return _native.command(to_json({name: document}).encode())
