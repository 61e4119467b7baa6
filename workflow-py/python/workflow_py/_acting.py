"""The engine in the hands of one actor of one firm."""

from __future__ import annotations

import json
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from . import _native, commands
from ._command import _said, command_document
from ._orders import Orders
from ._outcome import Outcome
from ._questions import Questions
from ._record import class_of, reader, to_json
from ._rows import Rows, page_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from ._native import Command
    from .errors import WorkflowError
    from .model import (
        Actor,
        BulkMode,
        ExportDetail,
        Exported,
        ExportedTable,
        FirmId,
        PipelineDefinition,
        PipelineKey,
        Preview,
        Problem,
        StageKey,
        TaskId,
    )

__all__ = ["Acting"]


class Acting(Orders, Questions):
    """The engine in the hands of one actor of one firm: made by :meth:`Engine.acting`.

    There is a method for every command and for every question. What the actor may not do is
    refused, and what they may not see is left out.
    """

    __slots__ = ("_native", "actor", "firm_id")

    def __init__(self, native: _native.Acting, firm_id: FirmId, actor: Actor) -> None:
        self._native = native
        self.firm_id = firm_id
        self.actor = actor

    def __repr__(self) -> str:
        return f"<Acting: {self.actor!r} of {self.firm_id}>"

    def execute(self, command: Command, *, idempotency_key: str | None = None) -> Outcome:
        """Carries out a command, and what it leaves for other jobs.

        Parameters
        ----------
        command
            Made by a function of :mod:`workflow_py.commands`.
        idempotency_key
            Makes it have one effect however often it is given: it then answers what it did the
            first time.

        Raises
        ------
        Rejection
            When it is refused: nothing was changed.
        StoreError
            When the store failed; ``retryable`` says whether to try again, best under the same key.
        """
        return Outcome(self._native.execute(command, idempotency_key))

    def execute_many(self, commands: Iterable[Command]) -> list[Outcome | WorkflowError]:
        """Carries out many commands in order, each by itself.

        One that is refused does not keep the others from being done: its place in the answer has
        the exception. Many share one synchronisation of the store with its disk.
        """
        results = self._native.execute_many(list(commands))
        return [Outcome(found) if isinstance(found, _native.Outcome) else found for found in results]  # type: ignore[misc]

    def bulk(
        self, *, commands: Iterable[Command], mode: BulkMode = "each", idempotency_key: str | None = None
    ) -> Outcome:
        """Carries out many commands as one: each by itself, or all or none.

        Parameters
        ----------
        commands
            No bulk commands, and nothing that changes settings, members, templates or pipelines.
        mode
            ``each`` or ``all_or_nothing``.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        parts = [command_document(command) for command in commands]
        document = json.dumps({"bulk": {"mode": mode, "commands": parts}})
        return self.execute(_native.command(document.encode()), idempotency_key=idempotency_key)

    def preview(self, command: Command) -> Preview:
        """Tells what a command would do, and does not do it."""
        return reader("Preview")(json.loads(self._native.preview(command)))  # type: ignore[no-any-return]

    def complete_task(self, *, task: TaskId, idempotency_key: str | None = None) -> Outcome:
        """Completes a task.

        Parameters
        ----------
        task
            Which.
        idempotency_key
            Makes it have one effect however often it is given.
        """
        return Outcome(self._native.execute(_native.set_task_state(task, "completed"), idempotency_key))

    def publish(
        self,
        definition: PipelineDefinition | Mapping[str, Any] | str | bytes | PathLike[str],
        *,
        mapping: Mapping[StageKey, StageKey] | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Publishes a pipeline, or a new version of one.

        Parameters
        ----------
        definition
            Built in Python, as a dictionary, as a text in YAML or JSON, or the path of a file.
        mapping
            Where the jobs of stages that it drops go.
        idempotency_key
            Makes it have one effect however often it is given.

        Raises
        ------
        DocumentError
            When it has problems: all of them, each with its place.
        """
        document = read_definition(definition)
        command = commands.publish_pipeline(definition=document, mapping=mapping or {})
        return self.execute(command, idempotency_key=idempotency_key)

    def lint_document(self, definition: Mapping[str, Any] | str | bytes | PathLike[str]) -> list[Problem]:
        """Everything that is wrong or worth a look in a definition, wherever it comes from."""
        from .errors import DocumentError

        try:
            return list(self.lint(definition=read_definition(definition)))
        except DocumentError as error:
            return list(error.problems)

    def export(
        self,
        *,
        path: str | PathLike[str],
        format: Literal["xes", "ocel", "csv"],
        table: ExportedTable | None = None,
        pipeline: PipelineKey | None = None,
        from_: date | None = None,
        to: date | None = None,
        detail: ExportDetail = "work",
        raw: bool = False,
    ) -> Exported:
        """Writes what the actor may see into a file: events for process miners, or a table.

        Nothing of the firm is kept in memory for it, and nobody waits: the file is of one moment.

        Parameters
        ----------
        path
            The file; one that is there is replaced when all is written. Until then it is written
            beside it, as ``PATH.part``, which is removed should it fail.
        format
            ``xes``, with a trace for each job; ``ocel``, OCEL 2.0 as JSON; or ``csv``.
        table
            Which table, as CSV.
        pipeline
            Only jobs that are in this pipeline now, and what belongs to them.
        from_
            Only events of this day of the firm's or a later one.
        to
            Only events of this day of the firm's or an earlier one.
        detail
            Which events: ``stages``, ``work`` or ``all``.
        raw
            In CSV, texts just as they are, also those that a spreadsheet would take for a formula.
        """
        from .model import CsvExportFormat, ExportQuery

        if (format == "csv") != (table is not None):
            raise ValueError("say which table, for CSV, and none for anything else")
        form = format if table is None else CsvExportFormat(table)
        query = ExportQuery(format=form, pipeline=pipeline, from_=from_, to=to, detail=detail, raw=raw)  # type: ignore[arg-type]
        found: Exported = reader("Exported")(json.loads(self._native.export(to_json(query).encode(), fspath(path))))
        return found

    def _ask(self, question: str, fields: dict[str, Any], answer: str) -> Any:
        asked = question if not fields and question in _UNITS else {question: _said(fields)}
        found = json.loads(self._native.ask(to_json(asked).encode()))
        return reader(answer)(found[question])

    def _rows(self, question: str, fields: dict[str, Any], row: str, page_size: int) -> Rows[Any]:
        read = reader(row)

        def fetch(after: str | None) -> Any:
            page = _said({"after": after, "limit": page_size})
            asked = {question: {**_said(fields), "page": page}}
            return page_of(json.loads(self._native.ask(to_json(asked).encode()))[question], read)

        return Rows(fetch, class_of(row))


_UNITS = {"today", "firm", "members", "pipelines", "workload", "verify"}


def read_definition(
    definition: PipelineDefinition | Mapping[str, Any] | str | bytes | PathLike[str],
) -> PipelineDefinition:
    """A pipeline, wherever it comes from."""
    from .model import PipelineDefinition

    if isinstance(definition, PipelineDefinition):
        return definition
    if isinstance(definition, PathLike):
        text = Path(definition).read_bytes()
    elif isinstance(definition, (str, bytes)):
        text = definition.encode() if isinstance(definition, str) else definition
    else:
        text = to_json(definition).encode()
    return PipelineDefinition.from_document(json.loads(_native.pipeline_document(text)))
