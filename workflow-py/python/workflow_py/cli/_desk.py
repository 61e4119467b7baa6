"""What every command works on: a store, a firm, and a way to answer."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import click

from .._engine import Engine
from .._record import Record, to_json
from ..model import FirmId, JobId, JobRow, MemberActor, MemberId, SystemActor, TaskId, TaskRow

if TYPE_CHECKING:
    from rich.console import Console

    from .._acting import Acting

FILE = "workflow.toml"
R = TypeVar("R", bound=Record)


class Desk:
    """The store and the firm that a command works on, opened when they are needed."""

    def __init__(self, *, store: str | None, firm: str | None, member: str | None, as_json: bool) -> None:
        self._store = store
        self._firm = firm
        self._member = member
        self.as_json = as_json

    @cached_property
    def settings(self) -> dict[str, str]:
        """What the nearest ``workflow.toml`` says."""
        here = Path.cwd()
        for folder in (here, *here.parents):
            path = folder / FILE
            if path.is_file():
                found = tomllib.loads(path.read_text(encoding="utf-8"))
                if "store" in found and found["store"].startswith("sqlite:"):
                    file, question, rest = found["store"].removeprefix("sqlite:").partition("?")
                    found["store"] = f"sqlite:{folder / file}{question}{rest}"
                return found
        return {}

    @cached_property
    def engine(self) -> Engine:
        """The engine over the store."""
        store = self._store or self.settings.get("store")
        if store is None:
            raise click.UsageError("There is no store: run `workflow init`, or say --store sqlite:practice.db.")
        return Engine(store)

    @cached_property
    def firm_id(self) -> FirmId:
        """The firm."""
        firm = self._firm or self.settings.get("firm")
        if firm is None:
            raise click.UsageError("There is no firm: run `workflow init`, or say --firm UUID.")
        return FirmId(identifier(firm, "--firm"))

    @cached_property
    def firm(self) -> Acting:
        """The engine in the hands of whoever acts."""
        actor = MemberActor(MemberId(identifier(self._member, "--as"))) if self._member else SystemActor("workflow")
        return self.engine.acting(self.firm_id, actor)

    @cached_property
    def console(self) -> Console:
        """Where tables go."""
        from rich.console import Console

        return Console(highlight=False)

    def close(self) -> None:
        """Closes what was opened."""
        if "engine" in self.__dict__:
            self.engine.close()

    def answer(self, document: Any, words: str) -> None:
        """Says what was done: as a document for machines, in words for people."""
        if self.as_json:
            click.echo(to_json(document))
        else:
            click.echo(words)

    def table(self, title: str, rows: Iterable[R], columns: Sequence[tuple[str, Callable[[R], object]]]) -> None:
        """Shows rows: as JSON lines for machines, as a table for people."""
        if self.as_json:
            for row in rows:
                click.echo(row.to_json())
            return
        from rich.table import Table

        table = Table(title=title, title_justify="left", header_style="bold")
        for name, _ in columns:
            table.add_column(name, overflow="fold", no_wrap=name == "Ends in")
        number = 0
        for row in rows:
            number += 1
            table.add_row(*(shown(tell(row)) for _, tell in columns))
        if number:
            self.console.print(table)
        else:
            click.echo(f"{title}: none")

    def job(self, name: str) -> JobId:
        """The job of an identifier, or the only open one whose name holds these words or whose identifier ends so."""
        if is_identifier(name):
            return JobId(UUID(name))
        found = [row for row in self.firm.jobs() if is_called(name, row.id, row.name)]
        return JobId(the_only([(row.id, row.name) for row in found], "job", name))

    def task(self, name: str) -> TaskId:
        """The task of an identifier, or the only open one whose title holds these words or whose identifier ends so."""
        if is_identifier(name):
            return TaskId(UUID(name))
        found = [row for row in self.firm.tasks() if is_called(name, row.id, row.title)]
        return TaskId(the_only([(row.id, row.title) for row in found], "task", name))


def ending(identifier: UUID) -> str:
    """The part of an identifier that tells it from others, short enough for a table."""
    return str(identifier)[-12:]


def is_called(name: str, identifier: UUID, title: str) -> bool:
    """Whether a record can be meant by a name: words of its title, or the end of its identifier."""
    return name.casefold() in title.casefold() or (len(name) >= 6 and str(identifier).endswith(name))


def is_identifier(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def identifier(text: str, option: str) -> UUID:
    """The UUID that an option is."""
    if not is_identifier(text):
        raise click.BadParameter(f"`{text}` is not a UUID.", param_hint=option)
    return UUID(text)


def day(text: str, option: str) -> date:
    """A day that was typed."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def the_only(found: Sequence[tuple[UUID, str]], what: str, name: str) -> UUID:
    """The one thing that was found."""
    if not found:
        raise click.UsageError(f"There is no open {what} with `{name}` in its name.")
    if len(found) > 1:
        lines = "\n".join(f"  {identifier}  {title}" for identifier, title in found[:10])
        more = f"\n  and {len(found) - 10} more" if len(found) > 10 else ""
        raise click.UsageError(f"Several {what}s have `{name}` in their name; say which:\n{lines}{more}")
    return found[0][0]


def shown(value: object) -> str:
    """A value in a cell of a table."""
    from rich.markup import escape

    if value is None or value == "":
        return "-"
    if isinstance(value, (set, frozenset)):
        return escape(", ".join(sorted(map(str, value))) or "-")
    return escape(str(value))


def parsed(text: str) -> Any:
    """A field's value: JSON where it is some, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


pass_desk = click.make_pass_decorator(Desk)

#: What names a row in tables.
JOB_COLUMNS: list[tuple[str, Callable[[JobRow], object]]] = [
    ("Job", lambda row: row.name),
    ("Stage", lambda row: row.stage),
    ("Status", lambda row: row.status),
    ("Due", lambda row: f"{row.due} overdue" if row.overdue else row.due),
    ("Open", lambda row: row.open_blockers or None),
    ("Tags", lambda row: row.tags),
    ("Ends in", lambda row: ending(row.id)),
]
TASK_COLUMNS: list[tuple[str, Callable[[TaskRow], object]]] = [
    ("Task", lambda row: row.title),
    ("State", lambda row: row.state),
    ("Job", lambda row: row.job_name),
    ("Due", lambda row: f"{row.due} overdue" if row.overdue else row.due),
    ("Priority", lambda row: row.priority),
    ("Ends in", lambda row: ending(row.id)),
]
