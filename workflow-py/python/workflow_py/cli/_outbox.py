"""What waits for the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..model import NotificationId
from ._desk import Desk, identifier, pass_desk

if TYPE_CHECKING:
    from ..model import DeadLetter, Waiting


@click.command()
@click.option("--dead", is_flag=True, help="What could not be delivered.")
@click.option("--again", metavar="UUID", help="Send a dead letter again.")
@click.option("--limit", default=50, show_default=True, help="No more than this many.")
@pass_desk
def outbox(desk: Desk, dead: bool, again: str | None, limit: int) -> None:
    """List notifications that wait to be carried out."""
    if again is not None:
        notification = NotificationId(identifier(again, "--again"))
        desk.engine.send_again(firm=desk.firm_id, notification=notification)
        desk.answer({"sent_again": notification}, f"{notification} waits again")
    elif dead:
        letters = desk.firm.dead_letters(page_size=min(limit, 100))
        desk.table(
            "Dead letters",
            (row for row, _ in zip(letters, range(limit), strict=False)),
            [
                ("What", lambda row: intent(row)),
                ("Tries", lambda row: row.attempts),
                ("Why", lambda row: row.why),
                ("Identifier", lambda row: row.notification.id),
            ],
        )
    else:
        rows = desk.firm.queued(queue="outbox", page_size=min(limit, 100))
        desk.table(
            "Outbox",
            (row for row, _ in zip(rows, range(limit), strict=False)),
            [
                ("What", waiting),
                ("Due", lambda row: f"{row.due:%Y-%m-%d %H:%M:%S}"),
                ("Tries", lambda row: row.attempts or None),
                ("Why not yet", lambda row: row.error),
                ("Identifier", lambda row: row.id),
            ],
        )


def intent(letter: DeadLetter) -> str:
    """What a notification asks for, in words."""
    found = letter.notification.intent
    return f"{getattr(found, 'kind', found._tag)} {getattr(found, 'title', '')}".strip()


def waiting(row: Waiting) -> str:
    """What a row of the outbox asks for, in words."""
    notification = getattr(row.body, "value", None)
    found = getattr(notification, "intent", None)
    return f"{getattr(found, 'kind', '')} {getattr(found, 'title', '')}".strip()


COMMANDS = [outbox]
