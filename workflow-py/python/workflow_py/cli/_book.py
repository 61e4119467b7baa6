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
from ._desk import JOB_COLUMNS, TASK_COLUMNS, Desk, day, ending, pass_desk

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


KINDS = ["jobs", "tasks", "accounts", "events", "measures", "pipeline", "firm", "xes", "ocel", "csv"]
TABLES = ["accounts", "jobs", "tasks", "items", "events", "measures", "stage_times"]


@click.command()
@click.argument("what", type=click.Choice(KINDS))
@click.option("--pipeline", help="Which pipeline; for what is of jobs, only its own.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "yaml"]), help="CSV, or YAML for a pipeline.")
@click.option("--table", type=click.Choice(TABLES), help="Which table, for csv.")
@click.option("--from", "first", metavar="DAY", help="For xes, ocel and a table of events: from this day.")
@click.option("--to", "last", metavar="DAY", help="And to this day.")
@click.option("--detail", type=click.Choice(["stages", "work", "all"]), help="And which events; work unless said.")
@click.option("--raw", is_flag=True, help="In CSV: no apostrophe before what a spreadsheet takes for a formula.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file; else it is printed.")
@pass_desk
def export(
    desk: Desk, /, what: str, pipeline: str | None, form: str | None, output: Path | None, **options: Any
) -> None:
    """Write jobs, tasks, accounts, events of the log, how long jobs took, a pipeline, or the whole firm out.

    For other programs: xes and ocel are event logs for process miners, csv is a table with columns that keep their
    names. These are written into a file as they are read, however large the firm is.
    """
    if what in {"xes", "ocel", "csv"}:
        if form is not None:
            raise click.UsageError(f"{what} is a format itself: leave --format out.")
        event_log_or_table(desk, what, pipeline, output, **options)
        return
    raw = options.pop("raw")
    if raw and (form not in {None, "csv"} or what in {"pipeline", "firm"}):
        raise click.UsageError("--raw is for CSV.")
    given = next((name for name, value in options.items() if value), None)
    if given is not None:
        option = {"first": "from", "last": "to"}.get(given, given)
        raise click.UsageError(f"--{option} is for xes, ocel and csv.")
    if what == "firm":
        if output is None:
            raise click.UsageError("A firm is written into a file: say --output FILE.")
        carried = desk.engine.export_firm(firm=desk.firm_id, path=output)
        desk.answer(carried, f"{output}: {carried.entries} entries")
        return
    text = written(desk, what, pipeline, form, raw)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"{output}: {len(text.splitlines())} lines", err=True)


def event_log_or_table(
    desk: Desk,
    what: Any,
    pipeline: str | None,
    output: Path | None,
    *,
    table: Any,
    first: str | None,
    last: str | None,
    detail: Any,
    raw: bool,
) -> None:
    """Writes what other programs read."""
    if output is None:
        raise click.UsageError(f"{what} is written into a file: say --output FILE.")
    if (what == "csv") != (table is not None):
        raise click.UsageError(f"Say which: --table {'|'.join(TABLES)}." if what == "csv" else "--table is for csv.")
    found = desk.firm.export(
        path=output,
        format=what,
        table=table,
        pipeline=pipeline,
        from_=day(first, "--from") if first else None,
        to=day(last, "--to") if last else None,
        detail=detail or "work",
        raw=raw,
    )
    counts = {"row": found.rows, "trace": found.traces, "object": found.objects, "event": found.events}
    told = ", ".join(f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items() if count)
    desk.answer(found, f"{output}: {told or 'nothing'}")


def written(desk: Desk, what: str, pipeline: str | None, form: str | None, raw: bool) -> str:
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
    return as_csv(columns(rows, rows._kind), raw)


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


def as_csv(table: dict[str, list[Any]], raw: bool) -> str:
    """Columns as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows([plain(value, raw) for value in row] for row in zip(*table.values(), strict=True))
    return text.getvalue()


def plain(value: Any, raw: bool) -> Any:
    """A value in a cell of CSV."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        value = "; ".join(map(str, value)) if all(isinstance(one, str) for one in value) else json.dumps(value)
    return value if raw or not isinstance(value, str) else harmless(value)


# What begins a formula, wide forms too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, as the engine's own tables have it."""
    return f"'{text}" if text.startswith(FORMULA) else text


COMMANDS = [board, jobs, tasks, history, export]
