"""Notifications, errors, and what is in files, as documents.

Written by ``tools/generate`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .orders import FirmId, NotificationId, Receipt
    from .records import Notification

__all__ = [
    "Carried",
    "Deliveries",
    "Delivery",
    "Exported",
]


class Carried(Record):
    """What an export wrote, or what an import found in the file and brought into the store."""

    firm: FirmId
    """Which firm."""
    entries: int
    """Entries of its log."""
    already_there: int
    """Of these, the entries that an interrupted import had brought already."""
    outbox: int
    """Notifications that wait to be delivered."""
    follow_ups: int
    """Follow-ups that wait to be run."""
    timers: int
    """Timers that are not just as their records say: those that failed and are tried again."""
    dead: int
    """Dead letters of all queues, among the numbers above."""
    under_way: Sequence[NotificationId]
    """Notifications that a host was delivering at the moment of the export. Whether they arrived is not known: in the
    copy they are handed out again, under the same identifiers. The first ``PAGE`` of them.
    """
    sha256: str
    """SHA-256 of the file up to its last line, in hexadecimal digits: the last line says the same."""


class Deliveries(Record):
    """How many deliveries came to what."""

    delivered: int
    """Delivered."""
    retried: int
    """To be tried again."""
    rejected: int
    """Dead."""


class Delivery(Record):
    """A notification handed out."""

    notification: Notification
    """What is to be done."""
    attempts: int
    """How often it was handed out, this time included."""
    receipt: Receipt
    """What to answer with."""


class Exported(Record):
    """What an export wrote."""

    traces: int
    """Traces of XES: jobs."""
    objects: int
    """Objects of OCEL."""
    events: int
    """Events of XES or OCEL."""
    rows: int
    """Rows of CSV, the header left out."""
