"""Commands that tell how long work takes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from ..model import PipelineJobScope
from ._desk import Desk, day, ending, pass_desk

if TYPE_CHECKING:
    from datetime import datetime

    from ..model import Interval, JobScope, Spread


@click.command()
@click.argument("pipeline")
@click.option("--from", "first", metavar="DAY", help="From this day; four weeks before the last.")
@click.option("--to", "last", metavar="DAY", help="To this day; today.")
@click.option("--by", type=click.Choice(["day", "week", "month"]), default="week", help="Steps of throughput.")
@pass_desk
def measures(desk: Desk, pipeline: str, first: str | None, last: str | None, by: Interval) -> None:
    """Tell how the jobs of a PIPELINE went through it: how many, how long, where, and waiting for whom.

    Durations are in hours of business, and in days that went by.
    """
    to = day(last, "--to") if last else desk.firm.today()
    from_ = day(first, "--from") if first else to - timedelta(days=27)
    found = desk.firm.measures(pipeline=pipeline, from_=from_, to=to, by=by)
    if desk.as_json:
        click.echo(found.to_json())
        return
    late = "" if found.late_rate is None else f", {found.late_rate:.0%} of those with a due date late"
    click.echo(f"{found.from_} to {found.to}: {found.created} created, {found.completed} completed{late}")
    click.echo(f"{found.open} open, {found.open_late} of them overdue; {found.reworked} of the completed went back")
    click.echo(f"lead time: {spread(found.lead)}\ncycle time: {spread(found.cycle)}")
    desk.table(
        "Stages",
        found.stages,
        [
            ("Stage", lambda row: row.name),
            ("Visits", lambda row: row.time.count),
            ("Again", lambda row: row.reentries or None),
            ("Usual time", lambda row: spread(row.time)),
            ("Jobs now", lambda row: row.age.count),
            ("Their age", lambda row: spread(row.age)),
        ],
    )
    desk.table(
        "Statuses",
        found.statuses,
        [
            ("Status", lambda row: row.name),
            ("Jobs", lambda row: row.time.count),
            ("Time", lambda row: spread(row.time)),
        ],
    )
    desk.table(
        "Waiting for",
        found.waiting,
        [
            ("Whom", lambda row: row.party.replace("_", " ")),
            ("Share", lambda row: f"{row.share:.0%}"),
            ("Time", lambda row: spread(row.time)),
        ],
    )
    desk.table(
        "Throughput",
        found.throughput,
        [
            ("From", lambda row: row.from_),
            ("Created", lambda row: row.created),
            ("Completed", lambda row: row.completed),
        ],
    )


@click.command()
@click.option("--pipeline", help="Only of this pipeline.")
@click.option("--limit", default=50, show_default=True, help="No more than this many.")
@pass_desk
def forecasts(desk: Desk, pipeline: str | None, limit: int) -> None:
    """Tell when open jobs may be expected to be done, and how likely that is before their dates."""
    scope: JobScope = PipelineJobScope(pipeline=pipeline) if pipeline else "firm"
    rows = desk.firm.forecasts(scope=scope, page_size=min(limit, 100))
    desk.table(
        "Forecasts",
        (row for row, _ in zip(rows, range(limit), strict=False)),
        [
            ("Job", lambda row: row.name),
            ("Stage", lambda row: row.stage),
            ("Due", lambda row: row.due),
            ("In time", lambda row: share(row.before_due)),
            ("Statutory", lambda row: row.statutory),
            ("In time", lambda row: share(row.before_statutory)),
            ("Half by", lambda row: on(row.p50)),
            ("85 % by", lambda row: on(row.p85)),
            ("Told by", lambda row: f"{row.done} of {row.jobs}" if row.jobs else None),
            ("Ends in", lambda row: ending(row.id)),
        ],
    )


def share(value: float | None) -> str | None:
    """A share, 0 to 1, in percent."""
    return None if value is None else f"{value:.0%}"


def on(value: datetime | None) -> str | None:
    """The day of an instant."""
    return None if value is None else f"{value:%Y-%m-%d}"


def spread(found: Spread) -> str:
    """What half and 85 of 100 took at most."""
    if found.business is None or found.calendar is None:
        return "-"
    usual, slow = found.business, found.calendar
    half = f"{usual.p50 / 3600:.1f} h ({slow.p50 / 86400:.1f} d)"
    return f"half {half}, 85 % {usual.p85 / 3600:.1f} h ({slow.p85 / 86400:.1f} d)"


COMMANDS = [measures, forecasts]
