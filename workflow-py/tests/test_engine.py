"""The main line: a firm, a pipeline, a job, and where it goes."""

from __future__ import annotations

import workflow_py as wf
from conftest import Office


def test_s4_3_a_job_goes_to_its_end(office: Office) -> None:
    firm = office.firm
    created = firm.create_job(account=office.jane, pipeline="return")
    assert [type(event) for event in created.events][:3] == [
        wf.JobCreatedEvent,
        wf.AutomationRanEvent,
        wf.TaskCreatedEvent,
    ]
    assert len(created.notifications) == 1
    moved = firm.complete_task(task=created.tasks_created[0])
    assert [event for event in moved.events if isinstance(event, wf.JobMovedEvent)]
    assert created.job is not None
    assert firm.job(job=created.job).job.stage == "review"
    firm.move_job(job=created.job, to="done")
    job = firm.job(job=created.job).job
    assert (job.stage, job.status) == ("done", "completed")


def test_s11_1_a_board_shows_its_cards(office: Office) -> None:
    job = office.job()
    board = office.firm.board(pipeline="return")
    assert [column.stage for column in board.columns] == ["prepare", "review", "done"]
    (card,) = board.columns[0].cards
    assert (card.id, card.account_name, card.open_blockers) == (job, "Jane Doe", 1)


def test_s11_1_pages_are_hidden_behind_an_iterator(office: Office) -> None:
    jobs = [office.job() for _ in range(7)]
    rows = office.firm.jobs(page_size=3)
    assert {row.id for row in rows} == set(jobs)
    assert rows.first() is None


def test_s10_1_notifications_are_delivered(office: Office) -> None:
    office.job()
    seen: list[wf.Notification] = []
    assert office.engine.deliver(seen.append) == wf.Deliveries(delivered=1, retried=0, rejected=0)
    (notification,) = seen
    assert isinstance(notification.intent, wf.RequestItemIntent)
    assert notification.intent.title == "We have begun"


def test_s11_5_the_records_are_what_the_log_says(office: Office) -> None:
    office.firm.move_job(job=office.job(), to="done")
    found = office.firm.verify()
    assert found.records > 3
    assert not found.differences
