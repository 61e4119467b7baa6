"""Commands that change things."""

from __future__ import annotations

import json
from datetime import datetime

import click

from .._outcome import Outcome
from ..commands import move_job, set_task_state
from ..model import NotificationQueuedEvent
from ._desk import Desk, pass_desk


def tell(desk: Desk, outcome: Outcome) -> None:
    """Says what a command did."""
    if desk.as_json:
        click.echo(outcome.to_json())
        return
    if outcome.unchanged is not None:
        click.echo(f"nothing changed: {outcome.unchanged}")
        return
    for event in outcome.events:
        name = event if isinstance(event, str) else event._tag or ""
        detail = ""
        if isinstance(event, NotificationQueuedEvent):
            intent = event.value.intent
            detail = f": {getattr(intent, 'kind', '')} {getattr(intent, 'title', '')}".rstrip()
        elif not isinstance(event, str):
            told = {key: getattr(event, key) for key in ("from_", "to", "automation", "title") if hasattr(event, key)}
            detail = f": {json.dumps(told, default=str)}" if told else ""
        click.echo(f"{name.replace('_', ' ')}{detail}")


@click.command()
@click.argument("job")
@click.argument("stage")
@click.option("--pipeline", help="In another pipeline.")
@click.option("--reenter", is_flag=True, help="Enter the stage anew if the job is in it.")
@click.option("--override", is_flag=True, help="Against exit requirements and limits.")
@click.option("--leave-out", multiple=True, metavar="KEY", help="Do not run this automation of the stage.")
@click.option("--fire-jumped", is_flag=True, help="Run the automations of the stages jumped over too.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen, and do not do it.")
@pass_desk
def move(
    desk: Desk,
    job: str,
    stage: str,
    pipeline: str | None,
    reenter: bool,
    override: bool,
    leave_out: tuple[str, ...],
    fire_jumped: bool,
    dry_run: bool,
) -> None:
    """Move a JOB, by identifier or name, to a STAGE."""
    command = move_job(
        job=desk.job(job),
        to=stage,
        pipeline=pipeline,
        reenter=reenter,
        override=override,
        leave_out=leave_out,
        fire_jumped=fire_jumped,
    )
    if not dry_run:
        tell(desk, desk.firm.execute(command))
        return
    preview = desk.firm.preview(command)
    if desk.as_json:
        click.echo(preview.to_json())
        return
    for row in preview.outlook.automations:
        click.echo(f"{row.automation}: {'would run' if row.runs else f'would not run: {row.why}'}")
    for recorded in preview.events:
        name = recorded.event if isinstance(recorded.event, str) else recorded.event._tag or ""
        click.echo(f"would be: {name.replace('_', ' ')}")


@click.command()
@click.argument("task")
@click.option("--override", is_flag=True, help="Although it waits for others.")
@pass_desk
def done(desk: Desk, task: str, override: bool) -> None:
    """Complete a TASK, by identifier or title."""
    tell(desk, desk.firm.execute(set_task_state(task=desk.task(task), state="completed", override=override)))


@click.command()
@click.option("--at", metavar="INSTANT", help="By this instant, such as 2026-04-15T09:00:00-04:00; now.")
@pass_desk
def tick(desk: Desk, at: str | None) -> None:
    """Do what is due: timers, reminders, recurring work, follow-ups."""
    now = instant(at) if at else desk.engine.now()
    records, failures = 0, 0
    while True:
        ticked = desk.engine.tick(now)
        records += len(ticked.outcomes)
        failures += len(ticked.failures)
        for failure in ticked.failures:
            click.echo(f"{click.style('error', fg='red')}: {failure.error.message}", err=True)
        if ticked.next is None or ticked.next > now or not (ticked.outcomes or ticked.failures):
            break
    follow_ups = desk.engine.run_follow_ups()
    found = {"records": records, "failures": failures, "follow_ups": follow_ups, "next": ticked.next}
    words = f"{records} records were due, {follow_ups} follow-ups, {failures} failures"
    desk.answer(found, f"{words}; next at {ticked.next}" if ticked.next else words)


def instant(text: str) -> datetime:
    """An instant that was typed."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    if found.tzinfo is None:
        raise click.BadParameter(f"`{text}` has no time zone; add Z or an offset.", param_hint="--at")
    return found


COMMANDS = [move, done, tick]
