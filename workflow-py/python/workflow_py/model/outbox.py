"""Notifications, and errors as documents.

Written by ``tools/generate.py`` from the JSON Schemas; do not edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._record import Record

if TYPE_CHECKING:
    from .orders import Receipt
    from .records import Notification

__all__ = [
    "Deliveries",
    "Delivery",
]


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
