"""Why a job is here, why an automation ran or not, and what was so once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

import workflow_py as wf
from conftest import Office
from workflow_py import aio, commands, errors

RULES = """
key: rules
name: Rules
stages:
  - key: intake
    automove: true
    exit: { field: { scope: job, field: checked, is: { equals: true } } }
    on_entry:
      - key: ask
        do: [{ create_task: { key: call, title: Call } }]
  - key: extend
    when: { account_tags: { any: [late] } }
  - key: done
automations:
  - key: hurry
    on: { account_tag_added: { tag: vip } }
    if: { priority: { at_most: medium } }
    do: [{ set_priority: urgent }]
"""


@pytest.fixture
def job(office: Office) -> wf.JobId:
    office.firm.publish(RULES)
    job = office.firm.create_job(account=office.jane, pipeline="rules").job
    assert job is not None
    return job


def test_s11_3_why_a_job_is_here_and_not_moving(office: Office, job: wf.JobId) -> None:
    told = office.firm.explain_job(job=job)
    assert [hold.reason for hold in told.holds] == ["open_task", "exit_requirement"]
    task, unmet = told.holds
    assert (task.title, task.state, task.automation) == ("Call", "planned", "ask")
    assert unmet.condition is not None
    assert (unmet.condition.found, unmet.condition.missing) == ("not set", True)
    assert told.next is not None
    assert (told.next.to, [passed.stage for passed in told.next.passed]) == ("done", ["extend"])
    assert (told.here.how, told.here.actor, told.waiting_for) == (None, wf.SystemActor("tests"), "firm")
    (call,) = office.firm.tasks()
    office.firm.edit_job(job=job, changes=wf.JobChanges(fields={"checked": True}))
    office.firm.set_task_state(task=call.id, state="completed")
    told = office.firm.explain_job(job=job)
    assert [hold.reason for hold in told.holds] == ["completed"]
    assert (told.here.how, told.here.from_, told.here.passed) == ("automove", "intake", ("extend",))
    assert [cause.text for cause in told.here.causes] == [
        "the task `Call` was completed",
        "the system `tests` gave the command `set_task_state`",
    ]


def test_s11_3_why_an_automation_ran_or_did_not(office: Office, job: wf.JobId) -> None:
    assert office.firm.explain_automation(job=job, automation="hurry").last_set_off is None
    for tags in ({"add": {"vip"}}, {"remove": {"vip"}}, {"add": {"vip"}}):
        office.firm.execute(commands.tag_account(account=office.jane, **tags))
    told = office.firm.explain_automation(job=job, automation="hurry")
    assert [occasion.why_not for occasion in told.occasions] == ["condition_fails", None]
    missed, ran = told.occasions
    assert missed.condition is not None
    assert (missed.condition.found, missed.condition.holds) == ("urgent", False)
    assert ran.condition is not None
    assert (ran.condition.found, ran.ran) == ("medium", True)
    assert told.trigger == "the account gets the tag `vip`"
    with pytest.raises(errors.NotFoundError, match="did you mean `hurry`"):
        office.firm.explain_automation(job=job, automation="hury")


def test_s11_5_a_job_at_a_past_instant_is_what_was_stored_then(office: Office, job: wf.JobId) -> None:
    before = office.firm.job(job=job)
    created = office.engine.now()
    office.clock.advance(timedelta(hours=1))
    office.firm.tag_job(job=job, add={"x"})
    then = office.firm.job_at(job=job, at=created)
    assert (then.job, then.revision, list(then.tasks)) == (before.job, before.revision, list(before.tasks))
    now = office.firm.job_at(job=job, at=office.engine.now())
    assert now.job == office.firm.job(job=job).job
    assert office.firm.job_at(job=job, position=then.position).job == before.job
    with pytest.raises(errors.NotFoundError):
        office.firm.job_at(job=job, at=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(errors.InvalidError):
        office.firm.job_at(job=job)
    office.firm.delete_job(job=job)
    with pytest.raises(errors.RefusedError, match="was deleted at"):
        office.firm.job_at(job=job, at=office.engine.now())


def test_s11_3_explanations_are_awaited(desk: Office) -> None:
    async def main() -> None:
        job = desk.job()
        firm = aio.Engine(desk.engine).acting(desk.id, wf.SystemActor("tests"))
        assert (await firm.explain_job(job=job)).here.command == "create_job"
        assert (await firm.explain_automation(job=job, automation="make the task")).occasions[0].ran
        assert (await firm.job_at(job=job, at=desk.engine.now())).job.id == job
        with pytest.raises(errors.NotFoundError):
            await firm.explain_job(job=wf.JobId(uuid4()))

    asyncio.run(main())
