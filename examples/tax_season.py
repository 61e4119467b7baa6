"""A firm's season on one SQLite file: ``python examples/tax_season.py``.

Sets a firm up from the files beside this one, imports its clients, opens the season's jobs and the
series of monthly books, and lets a made-up office and its clients work day by day on a clock of its
own. Deadlines come near and pass, reminders go out, waits end, jobs come again. Started again, it
says that the firm is there and shows how it stands.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import track

import workflow_py as wf
from workflow_py import commands

HERE = Path(__file__).parent
FIRM = wf.FirmId(UUID("0190a5d0-0000-7000-8000-000000000001"))
#: Pipelines that others refer to come first.
PIPELINES = ["individual-1040", "business-1120s", "monthly-bookkeeping", "payroll", "client-onboarding"]
#: The statuses that an item of a kind goes through when all goes well.
COURSES = {
    "organizer": ["started", "submitted"],
    "proposal": ["seen", "signed", "paid"],
    "invoice": ["seen", "paid"],
    "document": ["uploaded", "accepted"],
    "signature_request": ["seen", "signed"],
    "chat": ["answered", "resolved"],
}


def stable(name: str) -> UUID:
    """An identifier that follows from a name: the same however often this is run."""
    return uuid5(FIRM, name)


class Season:
    """The firm, and who works in it."""

    def __init__(self, engine: wf.Engine, clock: wf.ManualClock, zone: ZoneInfo, seed: int) -> None:
        self.engine = engine
        self.clock = clock
        self.zone = zone
        self.firm = engine.acting(FIRM, wf.SystemActor("office"))
        self.chance = random.Random(seed)
        self.sent: Counter[str] = Counter()
        self.moved = 0

    # Setting up

    def set_up(self) -> None:
        """The firm, its team and its pipelines, from files."""
        settings = json.loads((HERE / "firm.json").read_text())
        self.firm.execute(wf.command_of("save_firm", settings))
        for member in json.loads((HERE / "team.json").read_text()):
            self.firm.execute(wf.command_of("save_member", member))
        for name in PIPELINES:
            for warning in self.firm.publish(HERE / "pipelines" / f"{name}.yaml").warnings:
                print(f"{name}: {warning.message}")

    def import_clients(self, limit: int | None) -> int:
        """Saves the clients and opens a job for each."""
        members = {member.name: member.id for member in self.firm.members()}
        with (HERE / "clients.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))[:limit]
        orders = [order for row in rows for order in self.orders_of(row, members)]
        refused = [result for result in self.firm.execute_many(orders) if isinstance(result, wf.WorkflowError)]
        for error in refused:
            if not isinstance(error, wf.errors.ExistsError):
                raise error
        self.firm.create_series(
            id=wf.SeriesId(stable("monthly books")),
            name="Monthly books",
            makes=wf.JobSeriesWork(wf.SeriesJob(pipeline="monthly-bookkeeping")),
            for_=wf.Audience(tags={"monthly-books"}),
            schedule=wf.Schedule(
                start=date(2026, 1, 1), preset=wf.MonthlyPreset(day=10), covers="previous", adjust="following"
            ),
            lead="6 business days",
        )
        return len(rows)

    def orders_of(self, row: dict[str, str], members: dict[str, wf.MemberId]) -> Iterator[wf.Command]:
        """What a line of the clients' list asks for."""
        if row["preparer"] not in members or row["reviewer"] not in members:
            return
        account = wf.AccountId(stable(row["external"]))
        tags = {tag.strip() for tag in row["tags"].split(";") if tag.strip()}
        individual = row["entity_type"] == "individual"
        if not individual and int(row["external"][-1]) % 2 == 0:
            tags.add("monthly-books")
        yield commands.save_account(
            id=account,
            name=row["name"],
            external=row["external"],
            fields={"state": row["state"], "entity_type": row["entity_type"]},
            roles={"preparer": {members[row["preparer"]]}, "reviewer": {members[row["reviewer"]]}},
        )
        if tags:
            yield commands.tag_account(account=account, add=tags)
        pipeline = "client-onboarding" if individual and "new-client" in tags else "individual-1040"
        yield commands.create_job(
            id=wf.JobId(stable(f"{row['external']}/season")),
            account=account,
            pipeline=pipeline if individual else "business-1120s",
            period_start=date(2025, 1, 1),
            period_end=date(2025, 12, 31),
        )

    # Working

    def work(self, day: date) -> None:
        """What the office and its clients do on a day."""
        self.at(day, time(10, 30))
        orders = []
        for row in self.firm.jobs():
            if row.status == "completed" or not row.open_blockers:
                continue
            job = self.firm.job(job=row.id)
            orders += [order for task in job.tasks for order in self.on_task(task)]
            orders += [order for item in job.items for order in self.on_item(item)]
        # A refusal is part of life: a task that waits for another is tried again tomorrow.
        done = [outcome for outcome in self.firm.execute_many(orders) if isinstance(outcome, wf.Outcome)]
        self.moved += sum(isinstance(event, wf.JobMovedEvent) for outcome in done for event in outcome.events)

    def on_task(self, task: wf.Task) -> Iterator[wf.Command]:
        """Most tasks are done within some days."""
        if task.state in ("planned", "in_progress") and self.chance.random() < 0.4:
            yield commands.set_task_state(task=task.id, state="completed")

    def on_item(self, item: wf.Item) -> Iterator[wf.Command]:
        """Clients answer sooner or later; most, at least."""
        course = COURSES.get(str(item.kind), [])
        now = course.index(item.status) + 1 if item.status in course else 0
        if now < len(course) and self.chance.random() < 0.3:
            yield commands.report_item(item=item.id, status=course[now])

    def evening(self, day: date) -> None:
        """What is due happens, and what is to be sent is sent."""
        self.at(day, time(18, 0))
        now = self.engine.now()
        while True:
            ticked = self.engine.tick(now)
            if not ticked.outcomes or ticked.next is None or ticked.next > now:
                break
        self.engine.run_follow_ups()
        self.engine.deliver(self.send)

    def send(self, notification: wf.Notification) -> None:
        """Where your software would send the email and create the invoice."""
        intent = notification.intent
        self.sent[str(intent.kind) if isinstance(intent, wf.RequestItemIntent) else type(intent).__name__] += 1

    def at(self, day: date, hour: time) -> None:
        """Sets the clock, by the firm's own."""
        self.clock.set(datetime.combine(day, hour, self.zone))

    def boards(self, console: Console) -> None:
        """How the pipelines stand."""
        for row in self.firm.pipelines():
            board = self.firm.board(pipeline=row.key, cards=2)
            if any(column.jobs for column in board.columns):
                console.print(board)


def days(first: date, last: date) -> list[date]:
    """The days from one to another."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def main() -> None:
    """Goes through the season."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("demo-out"))
    parser.add_argument("--until", type=date.fromisoformat, default=date(2026, 4, 15))
    parser.add_argument("--clients", type=int, help="No more than this many.")
    parser.add_argument("--seed", type=int, default=2026)
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    file = told.folder / "practice-py.db"
    again = file.exists()
    zone = ZoneInfo(json.loads((HERE / "firm.json").read_text())["time_zone"])
    clock = wf.ManualClock(datetime(2026, 1, 2, 7, tzinfo=zone))
    console = Console()
    with wf.Engine(f"sqlite:{file}?durability=process", clock=clock) as engine:
        season = Season(engine, clock, zone, told.seed)
        if again:
            print(f"{season.firm.firm().settings.name} is there already, in {file}")
            season.boards(console)
            return
        season.set_up()
        print(f"{season.import_clients(told.clients)} clients")
        for day in track(days(date(2026, 1, 2), told.until), description="The season", console=console):
            if day.weekday() < 5:
                season.work(day)
            season.evening(day)
        season.boards(console)
        print(f"{season.moved} moves; sent: {', '.join(f'{n} {kind}' for kind, n in season.sent.most_common())}")
        pages = [season.firm.board(pipeline=row.key)._repr_html_() for row in season.firm.pipelines()]
        (told.folder / "board-py.html").write_text("\n".join(["<!doctype html><meta charset=utf-8>", *pages]))
        differences = season.firm.verify().differences
        if differences:
            raise SystemExit("\n".join(differences))
        print(f"The records are what the log says. The boards are in {told.folder / 'board-py.html'}")


if __name__ == "__main__":
    main()
