"""The main case of the clauses of docs/semantics.md, through Python."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

import workflow_py as wf
from conftest import Office
from workflow_py import commands, errors


def publish(desk: Office, stages: str, more: str = "") -> None:
    desk.firm.publish(f"key: line\nname: Line\nstages:\n{stages}{more}")


def begin(desk: Office, account: wf.AccountId | None = None, **fields: Any) -> wf.Outcome:
    return desk.firm.create_job(account=account or desk.jane, pipeline="line", **fields)


def job_of(desk: Office, outcome: wf.Outcome) -> wf.Job:
    assert outcome.job is not None
    return desk.firm.job(job=outcome.job).job


def member(desk: Office, name: str, **more: Any) -> wf.MemberId:
    identifier = wf.MemberId(uuid4())
    desk.firm.save_member(id=identifier, name=name, **more)
    return identifier


THREE = "  - key: a\n  - key: b\n  - key: c\n"


def test_s1_1_firms_do_not_see_each_other(desk: Office) -> None:
    other = desk.engine.acting(uuid4(), wf.SystemActor("tests"))
    other.save_firm(name="Another")
    with pytest.raises(errors.NotFoundError):
        other.job(job=desk.job())
    assert list(other.accounts()) == []


def test_s1_2_accounts_are_the_hosts(desk: Office) -> None:
    ann = member(desk, "Ann")
    desk.firm.save_firm(name="Ledger & Sons", roles={"preparer"})
    account = wf.AccountId(uuid4())
    desk.firm.save_account(
        id=account, name="Bob", external="C-7", fields={"state": "NY", "fee": 120.5}, roles={"preparer": {ann}}
    )
    found = desk.firm.account_by_external(external="C-7")
    assert found is not None
    assert (found.id, found.fields["fee"], found.roles["preparer"]) == (account, 120.5, {ann})
    assert desk.firm.account_by_external(external="C-8") is None


def test_s1_3_roles_are_seats_on_an_account(desk: Office) -> None:
    ann, bob = member(desk, "Ann"), member(desk, "Bob")
    desk.firm.save_firm(name="Ledger & Sons", roles={"preparer"})
    desk.firm.save_account(id=desk.jane, name="Jane Doe", roles={"preparer": {ann, bob}})
    publish(desk, THREE, "job_defaults:\n  assign: { roles: [preparer] }\n")
    assert job_of(desk, begin(desk)).assignees == {ann, bob}


def test_s1_4_a_job_is_in_one_stage_and_holds_tasks_and_items(desk: Office) -> None:
    publish(desk, THREE)
    job = job_of(desk, begin(desk)).id
    desk.firm.create_task(job=job, task=wf.TaskTemplate(key="t", title="Call"))
    desk.firm.create_item(job=job, kind="invoice", title="Fee")
    view = desk.firm.job(job=job)
    assert (view.job.stage, len(view.tasks), view.items[0].kind) == ("a", 1, "invoice")


def test_s1_5_an_automation_makes_events_and_notifications(desk: Office) -> None:
    publish(desk, "  - key: a\n    on_entry: [{key: n, do: [{request: {kind: email, title: Hello}}]}]\n  - key: b\n")
    created = begin(desk)
    assert any(isinstance(event, wf.NotificationQueuedEvent) for event in created.events)
    (delivery,) = desk.engine.claim_notifications(firm=desk.id)
    assert delivery.notification.job == created.job
    assert desk.engine.acknowledge(delivery.receipt)


def test_s2_1_every_problem_of_a_document_comes_in_one_answer(desk: Office) -> None:
    with pytest.raises(errors.DocumentError) as caught:
        desk.firm.publish("key: x\nnmae: X\nstages:\n  - {key: a, automve: true}\n  - {key: a}\n")
    assert {problem.path for problem in caught.value.problems} >= {"nmae", "stages[0].automve"}


def test_s2_2_stages_branch_and_the_first_is_where_jobs_begin(desk: Office) -> None:
    publish(desk, THREE, "transitions:\n  - {from: a, to: c}\n  - {from: a, to: b}\nmoves: transitions\n")
    created = begin(desk)
    assert job_of(desk, created).stage == "a"
    desk.firm.move_job(job=job_of(desk, created).id, to="c")
    assert job_of(desk, created).status == "completed"


def test_s2_3_a_version_that_drops_a_stage_says_where_jobs_go(desk: Office) -> None:
    publish(desk, THREE)
    created = begin(desk)
    fewer = "  - key: b\n  - key: c\n"
    with pytest.raises(errors.RefusedError) as caught:
        publish(desk, fewer)
    assert [(one.stage, one.jobs) for one in caught.value.detail.stages] == [("a", 1)]
    desk.firm.publish(f"key: line\nname: Line\nstages:\n{fewer}", mapping={"a": "b"})
    assert job_of(desk, created).stage == "b"


def test_s2_4_moves_can_be_restricted(desk: Office) -> None:
    publish(desk, THREE, "moves: transitions\n")
    created = begin(desk)
    with pytest.raises(errors.RefusedError) as caught:
        desk.firm.move_job(job=job_of(desk, created).id, to="c")
    assert caught.value.detail.rule
    desk.firm.move_job(job=job_of(desk, created).id, to="b")


def test_s2_5_what_is_not_for_everybody_is_left_out(desk: Office) -> None:
    ann, bob = member(desk, "Ann"), member(desk, "Bob")
    publish(desk, THREE, f"access: {{ only: {{ members: ['{ann}'] }} }}\n")
    created = begin(desk)
    hers = desk.engine.acting(desk.id, wf.MemberActor(ann))
    his = desk.engine.acting(desk.id, wf.MemberActor(bob))
    assert [row.id for row in hers.jobs()] == [created.job]
    assert list(his.jobs()) == []
    with pytest.raises(errors.Rejection):
        his.move_job(job=job_of(desk, created).id, to="b")


def test_s2_6_lint_finds_what_cannot_be(desk: Office) -> None:
    problems = desk.firm.lint_document(
        "key: x\nname: X\nstages:\n  - {key: a, automove: true}\n  - {key: b, when: {account_tags: {any: [nobody]}}}\n"
        "  - {key: c}\n"
    )
    assert {problem.severity for problem in problems} == {"warning"}
    assert [problem.code for problem in problems] == ["automove_never_fires"]
    assert problems[0].path == "stages[0].automove"


def test_s2_7_a_pipeline_is_drawn(desk: Office) -> None:
    publish(desk, THREE)
    assert desk.firm.graph(pipeline="line").startswith("digraph")
    assert "flowchart" in desk.firm.graph(pipeline="line", notation="mermaid")


def test_s3_1_a_conditional_stage_is_skipped(desk: Office) -> None:
    stages = (
        "  - key: a\n    automove: true\n    on_entry: [{key: t, do: [{create_task: {key: t, title: T}}]}]\n"
        "  - key: b\n    when: {account_tags: {any: [vip]}}\n  - key: c\n"
    )
    publish(desk, stages)
    vip = desk.account("Vip")
    desk.firm.tag_account(account=vip, add={"vip"})
    for account, stage in ((desk.jane, "c"), (vip, "b")):
        created = begin(desk, account)
        desk.firm.complete_task(task=created.tasks_created[0])
        assert job_of(desk, created).stage == stage


def test_s3_2_a_full_stage_refuses(desk: Office) -> None:
    publish(desk, "  - key: a\n  - key: b\n    wip_limit: { max: 1, mode: refuse }\n  - key: c\n")
    first, second = begin(desk).job, begin(desk).job
    assert first is not None
    assert second is not None
    desk.firm.move_job(job=first, to="b")
    with pytest.raises(errors.RefusedError) as caught:
        desk.firm.move_job(job=second, to="b")
    assert caught.value.detail.rule == "wip_limit"
    assert desk.firm.move_job(job=second, to="b", override=True).job == second


def test_s3_2_a_time_limit_marks_the_job(desk: Office) -> None:
    publish(desk, "  - key: a\n    time_limit: 2 days\n  - key: b\n")
    created = begin(desk)
    desk.clock.advance(timedelta(days=3))
    assert desk.engine.tick().outcomes
    (attention,) = job_of(desk, created).attention
    assert isinstance(attention.reason, wf.OverTimeAttentionReason)


ASKING = (
    "  - key: a\n    automove: true\n    on_entry: [{key: ask, do: [{request: {kind: organizer, title: Papers}}]}]\n"
)


def test_s4_1_what_was_linked_by_hand_blocks_as_well(desk: Office) -> None:
    publish(desk, ASKING + "  - key: b\n  - key: c\n")
    created = begin(desk)
    by_hand = desk.firm.create_task(job=created.job, task=wf.TaskTemplate(key="t", title="Call")).tasks_created[0]
    desk.firm.report_item(item=created.items_created[0], status="submitted")
    assert job_of(desk, created).stage == "a"
    desk.firm.complete_task(task=by_hand)
    assert job_of(desk, created).stage == "b"


def test_s4_2_done_is_what_the_kind_says(desk: Office) -> None:
    stages = (
        "  - key: a\n    automove: true\n    on_entry: [{key: p, do: [{request: {kind: proposal, title: Fee}},"
        " {request: {kind: email, title: Hello}}]}]\n  - key: b\n  - key: c\n"
    )
    publish(desk, stages)
    created = begin(desk)
    proposal = next(item.id for item in desk.firm.job(job=job_of(desk, created).id).items if item.kind == "proposal")
    desk.firm.report_item(item=proposal, status="signed")
    assert job_of(desk, created).stage == "a"
    desk.firm.report_item(item=proposal, status="paid")
    assert job_of(desk, created).stage == "b"


def test_s4_4_the_next_stage_is_the_first_whose_condition_holds(desk: Office) -> None:
    publish(desk, ASKING + "  - key: b\n    when: {job_tags: {all: [extend]}}\n  - key: c\n  - key: d\n")
    plain, extended = begin(desk), begin(desk, tags={"extend"})
    for created in (plain, extended):
        desk.firm.report_item(item=created.items_created[0], status="submitted")
    assert (job_of(desk, plain).stage, job_of(desk, extended).stage) == ("c", "b")


def test_s4_5_a_declined_proposal_blocks_and_raises_attention(desk: Office) -> None:
    stages = "  - key: a\n    automove: true\n    on_entry: [{key: p, do: [{request: {kind: proposal, title: Fee}}]}]\n"
    publish(desk, stages + "  - key: b\n")
    created = begin(desk)
    desk.firm.report_item(item=created.items_created[0], status="declined")
    assert (job_of(desk, created).stage, len(job_of(desk, created).attention)) == ("a", 1)
    for status in ("signed", "paid"):
        desk.firm.report_item(item=created.items_created[0], status=status)
    assert job_of(desk, created).stage == "b"


def test_s4_6_a_job_that_is_held_up_moves_when_it_is_active_again(desk: Office) -> None:
    publish(desk, ASKING + "  - key: b\n  - key: c\n", "statuses: [{key: stuck}]\n")
    created = begin(desk)
    job = job_of(desk, created).id
    desk.firm.set_status(job=job, status="stuck")
    desk.firm.report_item(item=created.items_created[0], status="submitted")
    assert job_of(desk, created).stage == "a"
    desk.firm.set_status(job=job, status="active")
    assert job_of(desk, created).stage == "b"


def test_s4_8_what_is_reported_again_changes_nothing_more(desk: Office) -> None:
    publish(desk, ASKING + "  - key: b\n  - key: c\n")
    created = begin(desk)
    for _ in range(2):
        desk.firm.report_item(item=created.items_created[0], status="submitted")
    assert job_of(desk, created).stage == "b"
    assert len(job_of(desk, created).visits) == 2


def test_s5_1_a_signal_of_the_host_sets_an_automation_off(desk: Office) -> None:
    rule = "automations:\n  - {key: r, on: {signal: {name: refund}}, do: [{add_job_tags: [refund]}]}\n"
    publish(desk, THREE, rule)
    created = begin(desk)
    desk.firm.signal_job(job=job_of(desk, created).id, name="refund")
    assert job_of(desk, created).tags == {"refund"}


def test_s5_2_a_condition_is_a_tree_and_what_is_missing_is_false(desk: Office) -> None:
    condition = "{all: [{account_tags: {any: [vip]}}, {not: {job_tags: {all: [done]}}}]}"
    publish(
        desk, f"  - key: a\n    on_entry: [{{key: r, if: {condition}, do: [{{set_priority: high}}]}}]\n  - key: b\n"
    )
    assert job_of(desk, begin(desk)).priority == "medium"
    desk.firm.tag_account(account=desk.jane, add={"vip"})
    assert job_of(desk, begin(desk)).priority == "high"


def test_s5_3_actions_change_job_and_account(desk: Office) -> None:
    actions = "[{add_account_tags: [seen]}, {set_priority: urgent}, {add_job_tags: [x]}, {move_to: c}]"
    publish(desk, f"  - key: a\n    on_entry: [{{key: r, do: {actions}}}]\n  - key: b\n  - key: c\n  - key: d\n")
    created = begin(desk)
    job = job_of(desk, created)
    assert (job.priority, job.tags, job.stage) == ("urgent", {"x"}, "c")
    assert desk.firm.account(account=desk.jane).tags == {"seen"}


def test_s5_4_actions_run_in_order_and_see_what_came_before(desk: Office) -> None:
    rules = (
        "    on_entry:\n      - {key: one, do: [{add_job_tags: [x]}]}\n"
        "      - {key: two, if: {job_tags: {all: [x]}}, do: [{set_priority: low}, {set_priority: high}]}\n"
    )
    publish(desk, f"  - key: a\n{rules}  - key: b\n")
    assert job_of(desk, begin(desk)).priority == "high"


def test_s4_7_where_it_is_already_nothing_changes(desk: Office) -> None:
    publish(desk, THREE)
    job = begin(desk).job
    assert job is not None
    assert desk.firm.move_job(job=job, to="a").unchanged is not None
    assert desk.firm.move_job(job=job, to="a", reenter=True).unchanged is None
    assert len(desk.firm.job(job=job).job.visits) == 2


def test_s5_5_tags_reach_other_jobs(desk: Office) -> None:
    rule = "automations:\n  - key: r\n    on: {account_tag_added: {tag: vip}}\n    do: [{set_priority: urgent}]\n"
    publish(desk, THREE, rule)
    jobs = [job_of(desk, begin(desk)).id for _ in range(3)]
    desk.firm.tag_account(account=desk.jane, add={"vip"})
    assert {desk.firm.job(job=job).job.priority for job in jobs} == {"urgent"}


def test_s5_6_every_entry_fires_unless_it_says_otherwise(desk: Office) -> None:
    rules = (
        "    on_entry:\n      - {key: each, do: [{create_task: {key: t, title: Each}}]}\n"
        "      - {key: once, refire: first_entry, do: [{create_task: {key: u, title: Once}}]}\n"
    )
    publish(desk, f"  - key: a\n{rules}  - key: b\n  - key: c\n")
    created = begin(desk)
    job = job_of(desk, created).id
    desk.firm.move_job(job=job, to="b")
    desk.firm.move_job(job=job, to="a")
    assert [task.title for task in desk.firm.job(job=job).tasks] == ["Each", "Once", "Each"]


def test_s5_7_automations_can_be_left_out(desk: Office) -> None:
    stages = "  - key: a\n  - key: b\n    on_entry: [{key: t, do: [{create_task: {key: t, title: T}}]}]\n  - key: c\n"
    publish(desk, stages)
    job = job_of(desk, begin(desk)).id
    order = commands.move_job(job=job, to="b", leave_out={"t"})
    (looked_at,) = desk.firm.preview(order).outlook.automations
    assert not looked_at.runs
    assert desk.firm.execute(order).tasks_created == ()


def test_s5_8_an_action_waits(desk: Office) -> None:
    stages = "  - key: a\n    on_entry: [{key: w, do: [{wait: {for: 3 days}}, {add_job_tags: [late]}]}]\n  - key: b\n"
    publish(desk, stages)
    created = begin(desk)
    desk.engine.tick()
    assert not job_of(desk, created).tags
    desk.clock.advance(timedelta(days=3))
    desk.engine.tick()
    assert job_of(desk, created).tags == {"late"}


def test_s5_9_a_loop_is_found_before_it_runs(desk: Office) -> None:
    rules = (
        "automations:\n"
        "  - {key: on, on: {job_tag_added: {tag: x}}, do: [{remove_job_tags: [x]}]}\n"
        "  - {key: off, on: {job_tag_removed: {tag: x}}, do: [{add_job_tags: [x]}]}\n"
    )
    with pytest.raises(errors.DocumentError) as caught:
        publish(desk, THREE, rules)
    assert [problem.code for problem in caught.value.problems] == ["automation_loop"]


def test_s5_10_what_cannot_be_done_is_shown_and_retried(desk: Office) -> None:
    desk.firm.save_firm(name="Ledger & Sons", roles={"reviewer"})
    publish(desk, "  - key: a\n    on_entry: [{key: t, do: [{assign: {roles: [reviewer]}}]}]\n  - key: b\n")
    created = begin(desk)
    (failed,) = job_of(desk, created).failed
    assert failed.number
    desk.firm.save_account(id=desk.jane, name="Jane Doe", roles={"reviewer": {member(desk, "Ann")}})
    desk.firm.retry_action(job=job_of(desk, created).id, number=failed.number)
    assert len(job_of(desk, created).assignees) == 1


def test_s5_11_an_automation_can_be_switched_off(desk: Office) -> None:
    publish(desk, "  - key: a\n    on_entry: [{key: t, do: [{add_job_tags: [x]}]}]\n  - key: b\n")
    desk.firm.switch_automation(pipeline="line", automation="t", enabled=False)
    assert not job_of(desk, begin(desk)).tags
    desk.firm.switch_automation(pipeline="line", automation="t", enabled=True)
    assert job_of(desk, begin(desk)).tags == {"x"}


def test_s6_1_a_job_has_its_fields(desk: Office) -> None:
    publish(desk, THREE)
    created = begin(
        desk, name="1040", priority="high", start="2026-02-01", due="2026-03-01", budget_minutes=90, tags={"x"}
    )
    job = job_of(desk, created)
    assert (job.name, job.priority, job.start, job.due) == ("1040", "high", date(2026, 2, 1), date(2026, 3, 1))
    assert (job.budget_minutes, job.tags, job.created) == (90, {"x"}, desk.clock())
    desk.firm.comment_job(job=job.id, text="A remark")
    assert [comment.text for comment in desk.firm.job(job=job.id).comments] == ["A remark"]


def test_s6_2_dates_count_from_others(desk: Office) -> None:
    publish(desk, THREE, "job_defaults:\n  due: 10 business days before statutory\n")
    created = begin(desk, statutory="2026-04-15")
    assert job_of(desk, created).due == date(2026, 4, 1)
    desk.firm.edit_job(job=job_of(desk, created).id, changes=wf.JobChanges(dates={"statutory": "2026-04-22"}))
    assert job_of(desk, created).due == date(2026, 4, 8)


def test_s6_3_shortcodes_are_checked(desk: Office) -> None:
    with pytest.raises(errors.DocumentError, match="account"):
        publish(desk, THREE, 'job_defaults:\n  name: "{{ acount.name }}"\n')


def test_s6_4_an_archived_job_is_put_away(desk: Office) -> None:
    job = desk.job()
    desk.firm.archive_job(job=job)
    assert list(desk.firm.jobs()) == []
    assert [row.id for row in desk.firm.jobs(archived=True)] == [job]
    desk.firm.archive_job(job=job, archived=False)
    assert desk.firm.job(job=job).job.status == "active"


def test_s6_5_a_job_goes_to_another_pipeline_with_all_it_has(desk: Office) -> None:
    publish(desk, THREE)
    job = desk.job()
    desk.firm.move_job(job=job, pipeline="line", to="b")
    view = desk.firm.job(job=job)
    assert (view.job.pipeline, view.job.stage, len(view.tasks), len(view.job.visits)) == ("line", "b", 1, 2)
    desk.firm.delete_job(job=job)
    with pytest.raises(errors.NotFoundError):
        desk.firm.job(job=job)


def test_s6_7_a_circle_of_jobs_is_refused(desk: Office) -> None:
    first, second = desk.job(), desk.job()
    desk.firm.add_job_dependency(job=first, on=second)
    with pytest.raises(errors.CycleError) as caught:
        desk.firm.add_job_dependency(job=second, on=first)
    assert len(caught.value.detail.cycle) >= 2


def test_s7_1_a_task_has_its_fields_and_a_checklist_never_blocks(desk: Office) -> None:
    ann = member(desk, "Ann")
    template = wf.TaskTemplate(
        key="t",
        title="Call",
        due="2026-02-02",
        priority="high",
        tags={"phone"},
        checklist=("One", "Two"),
        assign=wf.Assignment(members={ann}),
    )
    task = desk.firm.create_task(account=desk.jane, task=template).tasks_created[0]
    desk.firm.check_task(task=task, step=0, done=True)
    (row,) = desk.firm.tasks(scope=wf.AssigneeTaskScope(ann))
    assert (row.title, row.due, row.priority, row.tags) == ("Call", date(2026, 2, 2), "high", {"phone"})
    assert [step.done for step in row.checklist] == [True, False]
    desk.firm.complete_task(task=task)
    assert desk.firm.tasks(states={"completed"}).all()[0].state == "completed"


def test_s7_2_a_task_waits_for_another(desk: Office) -> None:
    first = desk.firm.create_task(task=wf.TaskTemplate(key="x", title="First")).tasks_created[0]
    second = desk.firm.create_task(task=wf.TaskTemplate(key="y", title="Second"), waits_for={first}).tasks_created[0]
    with pytest.raises(errors.RefusedError):
        desk.firm.complete_task(task=second)
    desk.firm.complete_task(task=first)
    desk.firm.complete_task(task=second)
    assert list(desk.firm.tasks()) == []


def test_s9_1_days_are_those_of_the_firms_zone(desk: Office) -> None:
    desk.clock.set(datetime(2026, 3, 1, 4, 59, tzinfo=UTC))
    assert desk.firm.today() == date(2026, 2, 28)
    desk.clock.set(datetime(2026, 3, 1, 5, 0, tzinfo=UTC))
    assert desk.firm.today() == date(2026, 3, 1)


def test_s9_2_business_days_leave_holidays_out(desk: Office) -> None:
    desk.firm.save_firm(name="Ledger & Sons", time_zone="America/New_York", holiday_sets={"us-federal"})
    publish(desk, THREE, "job_defaults:\n  due: 1 business day before statutory\n")
    # Monday, May 25th is Memorial Day.
    assert job_of(desk, begin(desk, statutory="2026-05-26")).due == date(2026, 5, 22)


def test_s9_3_a_rule_recurs_in_the_words_of_rfc_5545(desk: Office) -> None:
    publish(desk, THREE)
    series = desk.firm.create_series(
        name="Last Friday",
        makes=wf.JobSeriesWork(wf.SeriesJob(pipeline="line")),
        for_=wf.Audience(accounts={desk.jane}),
        schedule=wf.Schedule(start=date(2026, 1, 1), rule="FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"),
    ).series
    assert series is not None
    days = [occurrence.date for occurrence in desk.firm.series(series=series, upcoming=5).upcoming]
    assert days == [date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 27)]


def test_s9_4_a_series_makes_one_job_for_each_period(desk: Office) -> None:
    publish(desk, THREE)
    series = desk.firm.create_series(
        name="Monthly",
        makes=wf.JobSeriesWork(wf.SeriesJob(pipeline="line")),
        for_=wf.Audience(accounts={desk.jane}),
        schedule=wf.Schedule(start=date(2026, 1, 1), preset=wf.MonthlyPreset(day=10)),
    ).series
    assert series is not None
    for _ in range(3):
        desk.clock.advance(timedelta(days=31))
        for _ in range(2):
            desk.engine.tick()
            desk.engine.run_follow_ups()
    made = list(desk.firm.ledger(of=wf.SeriesLedgerOf(series)))
    assert len(made) == len(list(desk.firm.jobs())) == 3
    assert len({line.period for line in made}) == 3
    assert desk.firm.series(series=series, upcoming=2).upcoming


def test_s11_1_the_calendar_and_the_workload(desk: Office) -> None:
    ann = member(desk, "Ann", weekly_minutes=2_400)
    job = begin_due(desk, date(2026, 1, 15))
    desk.firm.assign_job(job=job, mode="add", who=wf.Assignment(members={ann}))
    days = desk.firm.calendar(from_=date(2026, 1, 12), to=date(2026, 1, 18))
    assert [day.day for day in days if day.jobs] == [date(2026, 1, 15)]
    (load,) = desk.firm.workload()
    assert (load.member, load.jobs.counted) == (ann, 1)


def begin_due(desk: Office, due: date) -> wf.JobId:
    job = desk.firm.create_job(account=desk.jane, pipeline="return", due=due.isoformat()).job
    assert job is not None
    return job


def test_s11_2_a_preview_changes_nothing(desk: Office) -> None:
    job = desk.job()
    before = desk.firm.job(job=job)
    preview = desk.firm.preview(commands.move_job(job=job, to="done"))
    assert any(isinstance(recorded.event, wf.JobMovedEvent) for recorded in preview.events)
    assert desk.firm.job(job=job) == before


def test_s11_4_a_command_is_undone_with_all_that_followed(desk: Office) -> None:
    job = desk.job()
    before = desk.firm.job(job=job).job
    moved = desk.firm.move_job(job=job, to="done")
    outcome = desk.firm.undo(entry=moved.entries[-1].id)
    assert outcome.undone is not None
    assert (outcome.undone.command, outcome.undone.kept) == ("move_job", ())
    after = desk.firm.job(job=job).job
    assert (after.stage, after.visits, after.tasks) == (before.stage, before.visits, before.tasks)
    with pytest.raises(errors.RefusedError) as refused:
        desk.firm.undo(entry=moved.entries[-1].id)
    assert "changed since" in str(refused.value)


def test_s11_4_what_the_host_has_had_is_named(desk: Office) -> None:
    asks = "    on_entry:\n      - key: ask\n        do: [{request: {kind: organizer}}]\n"
    publish(desk, f"  - key: a\n  - key: b\n{asks}  - key: c\n")
    job = job_of(desk, begin(desk)).id
    moved = desk.firm.move_job(job=job, to="b")
    for delivery in desk.engine.claim_notifications():
        desk.engine.acknowledge(delivery.receipt)
    undone = desk.firm.undo(entry=moved.entries[-1].id).undone
    assert undone is not None
    assert {kept.reason for kept in undone.kept} == {"delivered"}
    withdraw = [delivery.notification.intent for delivery in desk.engine.claim_notifications()]
    assert isinstance(withdraw[0], wf.CancelItemIntent)


def test_s11_5_a_sealed_log_tells_whether_it_was_altered(desk: Office) -> None:
    desk.job()
    sealed = desk.firm.seal_log()
    (event,) = sealed.events
    assert isinstance(event, wf.LogSealedEvent)
    found = desk.firm.verify_log()
    assert found.altered is None
    assert found.last == wf.KnownSeal(number=1, head=event.value.head)
    other = desk.firm.verify_log(known=wf.KnownSeal(number=1, head="0" * 64)).altered
    assert other is not None
    assert other.kind == "head"
    assert desk.firm.seal_log().unchanged is not None


def test_s11_5_every_event_has_its_cause(desk: Office) -> None:
    job = desk.job()
    (logged,) = desk.firm.activity(of=wf.JobActivityOf(job))
    assert logged.entry.actor == wf.SystemActor("tests")
    created = [recorded for recorded in logged.entry.events if isinstance(recorded.event, wf.TaskCreatedEvent)]
    assert [recorded.by for recorded in created] == ["make the task"]


def test_s12_1_a_page_has_a_bound(desk: Office) -> None:
    with pytest.raises(errors.Rejection):
        desk.firm.jobs(page_size=1_000_000)
