"""Commands that look back: what was done is undone, and the log is looked after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..commands import undo as undo_command
from ..model import EntryId, KnownSeal, LogSealedEvent
from ._desk import Desk, identifier, pass_desk

if TYPE_CHECKING:
    from ..model import Kept

ALTERED = 1


@click.command()
@click.argument("entry")
@click.option("--preview", is_flag=True, help="Only tell what would come of it.")
@pass_desk
def undo(desk: Desk, entry: str, preview: bool) -> None:
    """Undo the command of an ENTRY of the history, with everything that followed from it.

    Exits with 1 when it cannot be undone: because it was changed since, or is of a kind that is not undone.
    """
    which = EntryId(identifier(entry, "ENTRY"))
    if preview:
        told = desk.firm.preview(undo_command(entry=which))
        desk.answer(told, f"It would be undone: {len(told.events)} events. Nothing was changed.")
        return
    outcome = desk.firm.undo(entry=which)
    undone = outcome.undone
    if undone is None:
        desk.answer(outcome, f"Nothing was changed: {outcome.unchanged}.")
        return
    followed = len(undone.entries) - 1
    more = f", with {followed} that followed from it" if followed else ""
    desk.answer(undone, "\n".join([f"`{undone.command}` is undone{more}.", *kept(undone.kept)]))


def kept(these: Sequence[Kept]) -> list[str]:
    """What could not be taken back, in words."""
    return [f"Not taken back: {what.why}." for what in these]


@click.command()
@pass_desk
def seal(desk: Desk) -> None:
    """Seal the log: what is altered in it afterwards is found by `workflow verify`.

    Write the last seal's number and head down outside the store.
    """
    sealed, last = 0, None
    while (outcome := desk.firm.seal_log()).unchanged is None:
        for event in outcome.events:
            if isinstance(event, LogSealedEvent):
                last = KnownSeal(number=event.value.number, head=event.value.head)
                sealed += len(event.value.digests) // 32
    last = last or desk.firm.verify_log().last
    if last is None:
        raise click.UsageError("There is nothing in the log yet.")
    desk.answer(last, f"{sealed} entries sealed. Seal {last.number}: {last.head}")


@click.command()
@click.option("--seal", "number", type=int, help="The number of a seal that was written down.")
@click.option("--head", help="Its head.")
@pass_desk
def verify(desk: Desk, number: int | None, head: str | None) -> None:
    """Look whether the records are what the log says, and the log is as it was sealed.

    Exits with 1 when they are not.
    """
    if (number is None) != (head is None):
        raise click.UsageError("--seal and --head go together.")
    known = KnownSeal(number=number, head=head) if number is not None and head is not None else None
    log = desk.firm.verify_log(known=known)
    records = desk.firm.verify()
    if desk.as_json:
        click.echo(log.to_json())
        click.echo(records.to_json())
    else:
        found = list(records.differences)
        found += [f"{log.altered.why} (seal {log.altered.seal})"] if log.altered else []
        for line in found:
            click.echo(f"{click.style('altered', fg='red', bold=True)}: {line}", err=True)
        click.echo(f"{records.entries} entries, {log.sealed} of them sealed; {records.records} records compared.")
    if log.altered or records.differences:
        raise click.exceptions.Exit(ALTERED)


COMMANDS = [undo, seal, verify]
