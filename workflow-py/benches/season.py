"""The reference workload, in Python: that of ``src/season.rs``, step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import workflow_py as wf
from workflow_py import commands
from workflow_py.commands import report_item, set_task_state

FIRM = UUID("01900000-0000-7001-8000-000000000001")
ANN, BOB = wf.MemberId(UUID(int=FIRM.int + (1 << 48))), wf.MemberId(UUID(int=FIRM.int + (1 << 48) + 1))
EMAIL = {"request": {"kind": "email", "template": "notice", "title": "News of {{ pipeline.name }}"}}
#: What somebody reports of the item that a step made; a task is completed where there is None.
STATUSES = ["submitted", None, "signed", None, None, "signed", "paid"]


def stage(key: str, *actions: object, **more: object) -> dict[str, object]:
    """A stage that moves on by itself."""
    return {"key": key, "automove": True, "on_entry": [{"key": f"on {key}", "do": list(actions)}], **more}


def task(key: str) -> dict[str, object]:
    """An action that makes a task of a template."""
    return {"create_tasks": [key]}


def item(kind: str, **more: object) -> dict[str, object]:
    """An action that asks for an item."""
    return {"request": {"kind": kind, "template": "1040", **more}}


PIPELINE = {
    "key": "individual-1040",
    "name": "Individual 1040",
    "job_defaults": {
        "name": "{{ account.name }} 1040",
        "due": "2027-04-15",
        "statutory": "2027-04-15",
        "assign": {"roles": ["preparer"]},
    },
    "stages": [
        stage("intake", item("organizer"), EMAIL),
        stage("review docs", task("check"), {"add_job_tags": ["docs-in"]}),
        stage("engagement letter", item("proposal", without_invoice=True)),
        stage("prepare return", task("prepare")),
        stage("extension", task("extend"), when={"job_tags": {"all": ["extend"]}}),
        stage("review", task("review")),
        stage("client signature", item("signature_request"), EMAIL),
        stage("e-file", item("invoice")),
        {"key": "done", "on_entry": [{"key": "tell", "do": [EMAIL, {"add_job_tags": ["filed"]}]}]},
    ],
}


class Season:
    """A firm on an engine, with jobs to be driven to the end."""

    def __init__(self, engine: wf.Engine, jobs: int) -> None:
        self.firm = engine.acting(FIRM, wf.SystemActor("season"))
        self.firm.save_firm(name="Ledger & Sons", time_zone="America/New_York", roles={"preparer", "reviewer"})
        for member, name in ((ANN, "Ann"), (BOB, "Bob")):
            self.firm.save_member(id=member, name=name, admin=True)
        for name, days in (("check", 2), ("prepare", 5), ("extend", 1), ("review", 3)):
            template = {
                "key": name,
                "title": f"{name} for {{{{ account.name }}}}",
                "assign": {"roles": ["reviewer" if name == "review" else "preparer"]},
                "due": f"{days} business days after stage entry",
                "checklist": ["Income", "Deductions", "Credits"],
                "budget_minutes": 60,
            }
            self.firm.execute(wf.command_of("save_template", {"task": template}))
        self.firm.publish(json.dumps(PIPELINE))
        accounts = [wf.AccountId(UUID(int=FIRM.int + (2 << 48) + number)) for number in range(jobs)]
        roles = {"preparer": {ANN}, "reviewer": {BOB}}
        saved = [
            commands.save_account(id=account, name=f"Client {number:06}", roles=roles)
            for number, account in enumerate(accounts)
        ]
        assert all(isinstance(outcome, wf.Outcome) for outcome in self.firm.execute_many(saved))
        orders = [commands.create_job(account=account, pipeline="individual-1040") for account in accounts]
        made = self.firm.execute_many(orders)
        #: What each job did last.
        self.last = [outcome for outcome in made if isinstance(outcome, wf.Outcome)]
        assert len(self.last) == jobs

    def orders(self, number: int) -> list[wf.Command]:
        """The commands of a step of all jobs."""
        status = STATUSES[number]
        if status is None:
            return [set_task_state(task=outcome.tasks_created[0], state="completed") for outcome in self.last]
        return [report_item(item=outcome.items_created[0], status=status) for outcome in self.last]

    def drive(self) -> int:
        """Drives all jobs to the end, side by side, one call a step."""
        firm = self.firm
        for status in STATUSES:
            last = []
            for outcome in self.last:
                if status is None:
                    last.append(firm.set_task_state(task=outcome.tasks_created[0], state="completed"))
                else:
                    last.append(firm.report_item(item=outcome.items_created[0], status=status))
            self.last = last
        return len(STATUSES) * len(self.last)

    def drive_many(self) -> int:
        """Drives all jobs to the end, one call for a step of all."""
        for number in range(len(STATUSES)):
            self.last = self.firm.execute_many(self.orders(number))  # type: ignore[assignment]
        return len(STATUSES) * len(self.last)

    def check(self) -> None:
        """Whether they all are there."""
        board = self.firm.board(pipeline="individual-1040", cards=1)
        assert board.columns[-1].jobs == len(self.last)


def a_season(jobs: int) -> Callable[[], tuple[tuple[Season], dict[str, object]]]:
    """Makes a new season for each round of a benchmark."""
    return lambda: ((Season(wf.Engine("memory:"), jobs),), {})
