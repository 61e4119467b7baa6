"""Commands that tell why, and what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ._desk import Desk, ending, pass_desk, shown
from ._work import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import AutomationExplanation, Cause, Explanation, JobExplanation


@click.command()
@click.argument("job")
@click.argument("automation", required=False)
@click.option("--limit", default=10, show_default=True, help="No more runs of the automation than this many.")
@pass_desk
def explain(desk: Desk, job: str, automation: str | None, limit: int) -> None:
    """Tell why a JOB is where it is and not moving, or why an AUTOMATION ran on it or did not."""
    if automation is None:
        told = desk.firm.explain_job(job=desk.job(job))
        if desk.as_json:
            click.echo(told.to_json())
        else:
            tell_job(desk, told)
        return
    found = desk.firm.explain_automation(job=desk.job(job), automation=automation, limit=limit)
    if desk.as_json:
        click.echo(found.to_json())
    else:
        tell_automation(desk, found)


def tell_job(desk: Desk, told: JobExplanation) -> None:
    """Why a job is where it is, for people."""
    desk.console.print(f"[bold]{shown(told.name)}[/bold] for {shown(told.account_name)}: {shown(told.status)}")
    click.echo(told.here.text)
    chain(told.here.causes)
    if not told.holds:
        click.echo("Nothing holds it.")
    for hold in told.holds:
        desk.console.print(f"[bold]- {hold.reason.replace('_', ' ')}[/bold]: {shown(hold.text)}")
        if hold.condition is not None:
            condition(desk, hold.condition)
    for wait in told.waits:
        click.echo(f"Waiting: {wait.text}")
        if wait.condition is not None:
            condition(desk, wait.condition)
    if told.next is not None:
        click.echo(f"Then it goes to `{told.next.to}`." if told.next.to else "Then it is completed.")
        for passed in told.next.passed:
            click.echo(f"It passes over `{passed.stage}`:")
            condition(desk, passed.condition)
    if told.waiting_for is not None:
        click.echo(f"It is the turn of the {told.waiting_for.replace('_', ' ')}.")


def tell_automation(desk: Desk, told: AutomationExplanation) -> None:
    """Why an automation ran or did not, for people."""
    click.echo(told.summary)
    if told.condition is not None:
        click.echo("Its condition now:")
        condition(desk, told.condition)
    for occasion in told.occasions:
        style = "green" if occasion.ran else "yellow"
        desk.console.print(f"[{style}]{'ran' if occasion.ran else 'did not run'}[/{style}] {shown(occasion.text)}")
        chain(occasion.causes[1:])
        if occasion.condition is not None:
            condition(desk, occasion.condition)
        for why in occasion.failed:
            click.echo(f"    an action could not be done: {why}")


def chain(causes: Sequence[Cause]) -> None:
    """What led to something, step by step."""
    for cause in causes:
        click.echo(f"    because {cause.text}")


def condition(desk: Desk, told: Explanation, depth: int = 2) -> None:
    """A condition with the values that were compared, as a tree."""
    mark = "[green]✓[/green]" if told.holds else "[red]✗[/red]"
    found = f" (found: {shown(told.found)})" if told.found else ""
    desk.console.print(f"{'  ' * depth}{mark} {shown(told.test)}{found}")
    for part in told.parts:
        condition(desk, part, depth + 1)


@click.command()
@click.argument("job")
@click.option("--at", metavar="INSTANT", help="As it was then, such as 2026-04-15T09:00:00-04:00.")
@click.option("--position", type=int, help="As it was at this place of the log.")
@pass_desk
def job(desk: Desk, job: str, at: str | None, position: int | None) -> None:
    """Show a JOB, by identifier or name: as it is, or as it was once."""
    named = desk.job(job)
    if at is None and position is None:
        view = desk.firm.job(job=named)
        found, tasks = view.job, view.tasks
        document, heading = view.to_json(), f"revision {view.revision}"
    else:
        past = desk.firm.job_at(job=named, at=instant(at) if at else None, position=position)
        found, tasks = past.job, past.tasks
        document = past.to_json()
        heading = f"revision {past.revision}, as of {past.changed:%Y-%m-%d %H:%M:%S} (place {past.position} of the log)"
    if desk.as_json:
        click.echo(document)
        return
    desk.console.print(f"[bold]{shown(found.name)}[/bold], {heading}")
    click.echo(f"{found.pipeline} / {found.stage}, {found.status}, due {found.due or '-'}, priority {found.priority}")
    titles = {task.id: task.title for task in tasks}
    desk.table(
        "Tasks",
        found.tasks,
        [
            ("Task", lambda row: titles.get(row.task)),
            ("State", lambda row: row.state),
            ("Due", lambda row: row.due),
            ("Ends in", lambda row: ending(row.task)),
        ],
    )
    desk.table(
        "Items",
        found.items,
        [
            ("Kind", lambda row: row.kind),
            ("Progress", lambda row: row.progress),
            ("Status", lambda row: row.status),
            ("Ends in", lambda row: ending(row.item)),
        ],
    )


COMMANDS = [explain, job]
