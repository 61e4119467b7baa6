"""Notifiers written in Python."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from ._record import Record

if TYPE_CHECKING:
    from .model import Notification

__all__ = ["Delivered", "Notifier", "Notify", "Reject", "Retry"]


class Retry(Record):
    """It could not be delivered now, and is to be tried again."""

    why: str
    """Why it failed."""
    at: datetime | None = None
    """When; after a while that grows with every try when absent."""


class Reject(Record):
    """It can never be delivered: it becomes a dead letter, and its job is marked for attention."""

    why: str
    """Why."""


Delivered: TypeAlias = Retry | Reject | None
"""What became of a delivery: None when it was delivered."""


class Notifier(ABC):
    """Delivers notifications for the engine."""

    @abstractmethod
    def deliver(self, notification: Notification) -> Delivered:
        """Delivers one. It may come again with the same identifier: deliver it once all the same."""


Notify: TypeAlias = "Notifier | Callable[[Notification], Delivered]"
"""A notifier, or a function that does what one does."""


def answering(notify: Notify) -> Callable[[bytes], tuple[bool, str, datetime | None] | None]:
    """A notifier as the native half calls it."""
    from .model import Notification

    deliver = notify.deliver if isinstance(notify, Notifier) else notify

    def answer(document: bytes) -> tuple[bool, str, datetime | None] | None:
        became = deliver(Notification.from_document(json.loads(document)))
        if became is None:
            return None
        if isinstance(became, Retry):
            return True, became.why, became.at
        if isinstance(became, Reject):
            return False, became.why, None
        raise TypeError(f"a notifier answers None, Retry or Reject, not {became!r}")

    return answer
