"""Commands that show what is so."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._frames import columns
from ..model import JobActivityOf, PipelineJobScope
from ._desk import JOB_COLUMNS, TASK_COLUMNS, Desk, ending, pass_desk

if TYPE_CHECKING:
    from ..model import ActivityOf, JobScope, Logged


@click.command()
@click.argument("pipeline")
@click.option("--cards", default=20, show_default=True, help="So many cards per stage.")
@pass_desk
def board(desk: Desk, pipeline: str, cards: int) -> None:
    """Show the board of a PIPELINE."""
    found = desk.firm.board(pipeline=pipeline, cards=cards)
    if desk.as_json:
        click.echo(found.to_json())
    else:
        desk.console.print(found)


@click.command()
@click.option("--pipeline", help="Only of this pipeline.")
@click.option("--overdue", is_flag=True, help="Only late ones.")
@click.option("--archived", is_flag=True, help="Archived ones too.")
@click.option("--limit", default=50, show_default=True, help="No more than this many.")
@pass_desk
def jobs(desk: Desk, pipeline: str | None, overdue: bool, archived: bool, limit: int) -> None:
    """List jobs by due date."""
    scope: JobScope = PipelineJobScope(pipeline=pipeline) if pipeline else "firm"
    rows = desk.firm.jobs(scope=scope, overdue=overdue, archived=archived, page_size=min(limit, 100))
    desk.table("Jobs", (row for row, _ in zip(rows, range(limit), strict=False)), JOB_COLUMNS)


@click.command()
@click.option("--overdue", is_flag=True, help="Only late ones.")
@click.option("--limit", default=50, show_default=True, help="No more than this many.")
@pass_desk
def tasks(desk: Desk, overdue: bool, limit: int) -> None:
    """List open tasks by due date."""
    rows = desk.firm.tasks(overdue=overdue, page_size=min(limit, 100))
    desk.table("Tasks", (row for row, _ in zip(rows, range(limit), strict=False)), TASK_COLUMNS)


@click.command()
@click.argument("job", required=False)
@click.option("--limit", default=20, show_default=True, help="No more entries than this many.")
@pass_desk
def history(desk: Desk, job: str | None, limit: int) -> None:
    """Show what happened, the newest first: in the firm, or to a JOB by identifier or name."""
    of: ActivityOf = JobActivityOf(desk.job(job)) if job else "firm"
    found = desk.firm.activity(of=of, page_size=min(limit, 100))
    rows = (row for row, _ in zip(found, range(limit), strict=False))
    desk.table(
        "History",
        rows,
        [
            ("When", lambda row: f"{row.entry.at:%Y-%m-%d %H:%M:%S}"),
            ("Who", who),
            ("Command", lambda row: row.entry.command),
            ("Events", what),
            ("Job ends in", lambda row: row.entry.job and ending(row.entry.job)),
            ("Entry", lambda row: row.entry.id),
        ],
    )


def who(row: Logged) -> str:
    """Who gave a command, in words."""
    actor = row.entry.actor
    return actor if isinstance(actor, str) else str(actor.value)


def what(row: Logged) -> str:
    """What happened, in words."""
    names = [event if isinstance(event := recorded.event, str) else event._tag or "" for recorded in row.entry.events]
    return ", ".join(name.replace("_", " ") for name in names)


@click.command()
@click.argument("what", type=click.Choice(["jobs", "tasks", "accounts", "events", "measures", "pipeline", "firm"]))
@click.option("--pipeline", help="Which pipeline; for jobs and measures, only its own.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "yaml"]), help="CSV, or YAML for a pipeline.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file; else it is printed.")
@pass_desk
def export(desk: Desk, what: str, pipeline: str | None, form: str | None, output: Path | None) -> None:
    """Write jobs, tasks, accounts, events of the log, how long jobs took, a pipeline, or the whole firm out."""
    if what == "firm":
        if output is None:
            raise click.UsageError("A firm is written into a file: say --output FILE.")
        carried = desk.engine.export_firm(firm=desk.firm_id, path=output)
        desk.answer(carried, f"{output}: {carried.entries} entries")
        return
    text = written(desk, what, pipeline, form)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"{output}: {len(text.splitlines())} lines", err=True)


def written(desk: Desk, what: str, pipeline: str | None, form: str | None) -> str:
    """What is exported, as a text."""
    if what == "pipeline":
        if pipeline is None:
            raise click.UsageError("Say which: --pipeline KEY.")
        definition = desk.firm.definition(pipeline=pipeline)
        return definition.to_json() + "\n" if form == "jsonl" else definition.to_yaml()
    rows = of_kind(desk, what, pipeline)
    if form == "jsonl":
        return "".join(row.to_json() + "\n" for row in rows)
    if form == "yaml":
        raise click.UsageError("Only a pipeline can be written as YAML.")
    return as_csv(columns(rows, rows._kind))


def of_kind(desk: Desk, what: str, pipeline: str | None) -> Any:
    """The rows of a kind."""
    scope: JobScope = PipelineJobScope(pipeline=pipeline) if pipeline else "firm"
    if what == "jobs":
        return desk.firm.jobs(scope=scope, archived=True)
    if what == "measures":
        return desk.firm.job_measures(scope=scope, archived=True)
    if what == "tasks":
        return desk.firm.tasks(states={"planned", "in_progress", "completed", "cancelled"})
    if what == "accounts":
        return desk.firm.accounts()
    return desk.firm.activity(oldest_first=True)


def as_csv(table: dict[str, list[Any]]) -> str:
    """Columns as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows([plain(value) for value in row] for row in zip(*table.values(), strict=True))
    return text.getvalue()


def plain(value: Any) -> Any:
    """A value in a cell of CSV."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value)) if all(isinstance(one, str) for one in value) else json.dumps(value)
    return value


COMMANDS = [board, jobs, tasks, history, export]
