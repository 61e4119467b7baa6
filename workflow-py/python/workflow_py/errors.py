"""What can go wrong: one class for each kind of error.

A :class:`Rejection` is the caller's to fix, and nothing was changed. A :class:`StoreError` is a
failure of the store, and says whether trying again can help.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from .model import Problem, Report

__all__ = [
    "AmbiguousError",
    "BusyError",
    "ConflictError",
    "CorruptError",
    "CycleError",
    "DocumentError",
    "ExistsError",
    "ForbiddenError",
    "InternalError",
    "InvalidError",
    "KeyReusedError",
    "LimitError",
    "NewerVersionError",
    "NotAStoreError",
    "NotFoundError",
    "RefusedError",
    "Rejection",
    "StoreError",
    "UnavailableError",
    "UnsupportedError",
    "WorkflowError",
]


class WorkflowError(Exception):
    """Anything that the engine answers instead of a result.

    Attributes
    ----------
    code : int
        The number of its kind, the same in every language.
    kind : str
        Its kind, such as ``not_found``.
    retryable : bool
        Whether the same call can succeed later without being changed.

    Examples
    --------
    >>> from workflow_py import Engine
    >>> from workflow_py.model import SystemActor
    >>> from uuid import uuid4
    >>> firm = Engine().acting(uuid4(), SystemActor("docs"))
    >>> try:
    ...     firm.archive_job(job=uuid4())
    ... except WorkflowError as error:
    ...     print(error.kind, error.code, error.retryable)
    not_found 102 False
    """

    code: ClassVar[int] = 0
    kind: ClassVar[str] = ""
    retryable: ClassVar[bool] = False
    _kinds: ClassVar[dict[str, type[WorkflowError]]] = {}

    def __init__(self, message: str, *, report: str | None = None) -> None:
        super().__init__(message)
        self._report = report

    def __init_subclass__(cls) -> None:
        if "kind" in cls.__dict__:
            WorkflowError._kinds[cls.kind] = cls

    @property
    def detail(self) -> Report:
        """What a program needs to point at the place, as far as it is known."""
        from .model import Report

        if self._report is None:
            return Report(code=self.code, kind=self.kind, message=str(self), retryable=self.retryable)  # type: ignore[arg-type]
        return Report.from_document(json.loads(self._report))

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), str(self), self._report)

    @classmethod
    def from_report(cls, report: bytes) -> WorkflowError:
        """The exception that an error, as a JSON document, is."""
        told = json.loads(report)
        kind = WorkflowError._kinds.get(told["kind"], WorkflowError)
        return kind(told["message"], report=report.decode())

    @classmethod
    def from_panic(cls, words: bytes) -> WorkflowError:
        """The exception that a panic of the native library is."""
        return InternalError(f"the library panicked, which is a bug in it: {words.decode(errors='replace')}")


def _again(kind: type[WorkflowError], message: str, report: str | None) -> WorkflowError:
    return kind(message, report=report)


class Rejection(WorkflowError):
    """A call was refused; nothing was changed. The caller's to fix."""


class InvalidError(Rejection):
    """A value is not acceptable. ``detail.field`` says which."""

    code, kind = 100, "invalid"


class DocumentError(Rejection):
    """A document has problems."""

    code, kind = 101, "document"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them, each with its place."""
        return tuple(self.detail.problems)


class NotFoundError(Rejection):
    """Something named does not exist in this firm. ``detail.what`` and ``detail.name`` say what."""

    code, kind = 102, "not_found"


class ExistsError(Rejection):
    """Something that should be new exists already."""

    code, kind = 103, "exists"


class ForbiddenError(Rejection):
    """The actor may not."""

    code, kind = 104, "forbidden"


class RefusedError(Rejection):
    """A rule stands against it. ``detail.rule`` says which."""

    code, kind = 105, "refused"


class CycleError(Rejection):
    """Things would wait for each other. ``detail.cycle`` lists them."""

    code, kind = 106, "cycle"


class LimitError(Rejection):
    """A limit is exceeded. ``detail.limit`` says which."""

    code, kind = 107, "limit"


class KeyReusedError(Rejection):
    """An idempotency key was used for another command."""

    code, kind = 108, "key_reused"


class StoreError(WorkflowError):
    """The store failed. A store written in Python may raise any of these itself."""

    def __init__(self, message: str = "the store failed", *, report: str | None = None) -> None:
        super().__init__(message, report=report)

    @classmethod
    def because(cls, message: str) -> Self:
        """The error with these words."""
        return cls(message)


class ConflictError(StoreError):
    """Others changed the same records, again and again."""

    code, kind, retryable = 200, "conflict", True


class BusyError(StoreError):
    """The store is in use by another and did not come free in time."""

    code, kind, retryable = 201, "busy", True


class UnavailableError(StoreError):
    """The store cannot be reached, read or written."""

    code, kind, retryable = 202, "unavailable", True


class CorruptError(StoreError):
    """What the store holds cannot be what the engine wrote."""

    code, kind = 203, "corrupt"


class NewerVersionError(StoreError):
    """The store was written by a newer version of this library."""

    code, kind = 204, "newer_version"


class NotAStoreError(StoreError):
    """The store holds something else than workflow data."""

    code, kind = 205, "not_a_store"


class UnsupportedError(StoreError):
    """The store cannot do this."""

    code, kind = 206, "unsupported"


class AmbiguousError(StoreError):
    """It is not known whether a commit happened. Repeat the command with its idempotency key."""

    code, kind, retryable = 207, "ambiguous", True


class InternalError(WorkflowError):
    """The native library panicked, which is a bug in it."""

    code, kind = 6, "panicked"
