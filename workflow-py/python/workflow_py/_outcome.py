"""What commands answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from ._record import reader
from .errors import WorkflowError

if TYPE_CHECKING:
    from ._native import Outcome as NativeOutcome
    from .model import Entry, Event, ItemId, JobId, Notification, Problem, Recorded, SeriesId, TaskId, Undone

__all__ = ["Outcome"]


class Outcome:
    """What a command did.

    Nothing of it is made into Python's objects before somebody looks.

    Examples
    --------
    >>> from workflow_py import Engine
    >>> from workflow_py.model import SystemActor
    >>> from uuid import uuid4
    >>> firm = Engine().acting(uuid4(), SystemActor("docs"))
    >>> outcome = firm.save_firm(name="Ledger & Sons")
    >>> outcome.revision, len(outcome.events), outcome.replayed
    (1, 1, False)
    """

    __slots__ = ("_document", "_native")
    _native: NativeOutcome | None
    _document: Any

    def __init__(self, native: NativeOutcome) -> None:
        self._native = native
        self._document = None

    def to_document(self) -> Any:
        """It as the document that ``outcome.schema.json`` describes."""
        if self._document is None:
            assert self._native is not None
            self._document = json.loads(self._native.to_json())
        return self._document

    def to_json(self) -> str:
        """It as a JSON document."""
        return json.dumps(self.to_document(), ensure_ascii=False)

    @property
    def job(self) -> JobId | None:
        """The job that the command was about."""
        if self._native is not None:
            return cast("JobId | None", self._native.job)
        return cast("JobId | None", _identifier(self._document.get("job")))

    @property
    def revision(self) -> int:
        """The revision of the record that the command was about, after it; 0 when there is none."""
        return self._native.revision if self._native is not None else int(self._document["revision"])

    @property
    def position(self) -> int | None:
        """Where the last entry is in the log; None when nothing had to be written."""
        return self._native.position if self._native is not None else self._document.get("position")

    @property
    def replayed(self) -> bool:
        """Whether an earlier command under the same idempotency key did all this."""
        return self._native.replayed if self._native is not None else bool(self._document["replayed"])

    @property
    def unchanged(self) -> str | None:
        """Why nothing changed, when nothing did."""
        return self._native.unchanged if self._native is not None else self._document.get("unchanged")

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was written to the log: one entry, or one for each command of a bulk that is all or nothing."""
        return reader("Sequence[Entry]")(self.to_document()["entries"])  # type: ignore[no-any-return]

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """What happened, in order, with what caused it."""
        return tuple(recorded for entry in self.entries for recorded in entry.events)

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened, in order."""
        return tuple(recorded.event for recorded in self.recorded)

    @property
    def undone(self) -> Undone | None:
        """What became of the command that this one undid, if it is an undo: with what could not be taken back."""
        from .model import CommandUndoneEvent

        return next((event.value for event in self.events if isinstance(event, CommandUndoneEvent)), None)

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """What the host is asked to do about it."""
        from .model import NotificationQueuedEvent

        return tuple(event.value for event in self.events if isinstance(event, NotificationQueuedEvent))

    @property
    def tasks_created(self) -> tuple[TaskId, ...]:
        """The tasks that it created."""
        if self._native is not None:
            return tuple(self._native.tasks_created)  # type: ignore[arg-type]
        from .model import TaskCreatedEvent

        return tuple(event.task.id for event in self.events if isinstance(event, TaskCreatedEvent))

    @property
    def items_created(self) -> tuple[ItemId, ...]:
        """The items that it created."""
        if self._native is not None:
            return tuple(self._native.items_created)  # type: ignore[arg-type]
        from .model import ItemCreatedEvent

        return tuple(event.value.id for event in self.events if isinstance(event, ItemCreatedEvent))

    @property
    def series(self) -> SeriesId | None:
        """The last series that it created."""
        if self._native is not None:
            return self._native.series  # type: ignore[return-value]
        from .model import SeriesCreatedEvent

        made = [event.value.id for event in self.events if isinstance(event, SeriesCreatedEvent)]
        return made[-1] if made else None

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is worth a look in a definition that was published all the same."""
        return reader("Sequence[Problem]")(self.to_document().get("warnings", ()))  # type: ignore[no-any-return]

    @property
    def each(self) -> tuple[Outcome | WorkflowError, ...]:
        """What became of each command of a bulk in which each is by itself."""
        return tuple(
            _remembered(part["outcome"])
            if "outcome" in part
            else WorkflowError.from_report(json.dumps(part["error"]).encode())
            for part in self.to_document().get("each", ())
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outcome):
            return NotImplemented
        return bool(self.to_document() == other.to_document())

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        if self.unchanged is not None:
            return f"<Outcome: {self.unchanged}>"
        document = self.to_document()
        names = [_name(recorded["event"]) for entry in document["entries"] for recorded in entry["events"]]
        again = "replayed: " if self.replayed else ""
        return f"<Outcome: {again}{', '.join(names) or f'{len(self.each)} commands'}>"

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return _remembered, (self.to_document(),)


def _name(event: Any) -> str:
    return event if isinstance(event, str) else str(next(iter(event)))


def _identifier(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _remembered(document: Any) -> Outcome:
    """An outcome that was written down."""
    outcome = Outcome.__new__(Outcome)
    outcome._native = None
    outcome._document = document
    return outcome
