"""Values: frozen, equal, hashable, printable, picklable; the same in documents and objects."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

import workflow_py as wf
from conftest import Office
from workflow_py import commands
from workflow_py._record import Record, Variant

ROOT = Path(__file__).resolve().parents[1]


def test_what_is_generated_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("said", "silent"),
    [
        ("automove: false, on_empty: hold", ""),
        ("wip_limit: {max: 3, mode: warn}", "wip_limit: {max: 3}"),
        (
            "on_entry: [{key: a, enabled: true, refire: every_entry, do: [archive]}]",
            "on_entry: [{key: a, do: [archive]}]",
        ),
        (
            "on_entry: [{key: a, do: [{create_task: {key: t, title: T, priority: medium}}]}]",
            "on_entry: [{key: a, do: [{create_task: {key: t, title: T}}]}]",
        ),
    ],
)
def test_what_is_absent_means_what_python_says(said: str, silent: str) -> None:
    def read(stage: str) -> wf.PipelineDefinition:
        return wf.read_definition(f"key: p\nname: P\nstages: [{{key: x, {stage}}}, {{key: y}}]")

    try:
        assert read(said) == read(silent)
    except wf.errors.DocumentError as error:
        pytest.fail(str(error))


def test_what_is_absent_of_a_pipeline_means_what_python_says() -> None:
    silent = wf.read_definition("key: p\nname: P\nstages: [{key: x}, {key: y}]")
    said = wf.read_definition(
        "key: p\nname: P\nstages: [{key: x}, {key: y}]\naccess: everyone\nmoves: free\nversioning: follow\n"
        "sort: due\ncomplete_at_final: true"
    )
    assert said == silent
    assert silent.complete_at_final
    assert (silent.access, silent.moves, silent.versioning, silent.sort) == ("everyone", "free", "follow", "due")


@pytest.mark.parametrize("name", ["archive_job", "pause_series"])
def test_what_is_absent_of_a_command_means_what_python_says(name: str) -> None:
    which = "job" if name == "archive_job" else "series"
    flag = "archived" if name == "archive_job" else "paused"
    identifier = str(uuid4())
    silent = wf._native.command(json.dumps({name: {which: identifier}}).encode())
    said = wf._native.command(json.dumps({name: {which: identifier, flag: True}}).encode())
    assert said == silent == getattr(commands, name)(**{which: identifier})


def test_flags_that_are_not_told_are_off_but_for_six() -> None:
    """The schemas do not say what an absent flag is: the engine writes none that is what it would be."""
    on = {
        f"{found.__name__}.{name}"
        for found in vars(wf.model).values()
        if isinstance(found, type) and issubclass(found, Record)
        for name in found._fields
        if getattr(found, name, None) is True
    }
    assert on == {"Member.active", "Automation.enabled", "PipelineDefinition.complete_at_final"}


def test_records_are_values(desk: Office) -> None:
    job = desk.job()
    one, other = desk.firm.job(job=job), desk.firm.job(job=job)
    assert one == other
    assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one
    assert one.job.replace(name="another") != one.job
    with pytest.raises(AttributeError, match="frozen"):
        one.job.name = "another"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del one.job.name
    assert isinstance(one.job.created, datetime)
    assert one.job.created.tzinfo is UTC


def test_every_class_can_be_looked_at() -> None:
    """Annotations are resolved when they are first needed: here all are."""
    classes = [found for found in vars(wf.model).values() if isinstance(found, type) and issubclass(found, Record)]
    assert len(classes) > 250
    for found in classes:
        found._look_at_annotations()
        assert found.__doc__


def test_documents_and_records_are_the_same(desk: Office) -> None:
    definition = desk.firm.definition(pipeline="return")
    document = definition.to_document()
    assert wf.PipelineDefinition.from_document(document) == definition
    assert desk.firm.publish(document).unchanged is not None
    assert desk.firm.publish(definition).unchanged is not None
    view = desk.firm.job(job=desk.job())
    assert wf.JobView.from_document(view.to_document()) == view


def test_events_and_entries_go_there_and_back(desk: Office) -> None:
    job = desk.job()
    desk.firm.edit_job(job=job, changes=wf.JobChanges(name="Other", dates={"due": "2026-04-15"}))
    desk.firm.edit_job(job=job, changes=wf.JobChanges(dates={"due": wf.CLEAR}, description="by hand"))
    desk.firm.move_job(job=job, to="done")
    for logged in desk.firm.activity():
        document = logged.to_document()
        assert wf.Logged.from_document(document) == logged
        assert logged.to_json() == wf.Logged.from_document(document).to_json()


def test_a_value_can_be_cleared_or_left(desk: Office) -> None:
    job = desk.job()
    desk.firm.edit_job(job=job, changes=wf.JobChanges(budget_minutes=90, fields={"fee": 12.5}))
    assert desk.firm.job(job=job).job.budget_minutes == 90
    desk.firm.edit_job(job=job, changes=wf.JobChanges(name="x"))
    assert desk.firm.job(job=job).job.budget_minutes == 90
    desk.firm.edit_job(job=job, changes=wf.JobChanges(budget_minutes=wf.CLEAR, fields={"fee": wf.CLEAR}))
    found = desk.firm.job(job=job).job
    assert found.budget_minutes is None
    assert found.fields == {}


def test_naive_datetimes_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        wf.Retry(why="x", at=datetime(2026, 1, 1))
    with pytest.raises((TypeError, ValueError)):
        wf.ManualClock(datetime(2026, 1, 1))


def test_records_say_what_they_need() -> None:
    with pytest.raises(TypeError, match="needs name"):
        wf.AccountRecord(id=wf.AccountId(uuid4()))  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no field 'nmae'"):
        wf.FirmSettings(name="x", nmae="y")  # type: ignore[call-arg]


def test_lists_and_sets_are_kept_frozen() -> None:
    record = wf.TagTest(all=["a"], any={"b"})  # type: ignore[arg-type]
    assert hash(record)
    assert record.to_document() == {"all": ["a"], "any": ["b"]}
    fields = wf.AccountRecord(id=wf.AccountId(uuid4()), name="x", fields={"ein": "1"}).fields
    with pytest.raises(TypeError, match="does not change"):
        fields["ein"] = "2"  # type: ignore[index]


def test_variants_are_told_apart_by_their_class() -> None:
    assert wf.MemberActor(wf.MemberId(uuid4())) != wf.ClientActor(wf.AccountId(uuid4()))
    match wf.SystemActor("billing"):
        case wf.SystemActor(value=name):
            assert name == "billing"
        case _:
            pytest.fail("not matched")
    assert issubclass(wf.SystemActor, Variant)


def test_commands_are_values(desk: Office) -> None:
    job = desk.job()
    one, other = commands.move_job(job=job, to="done"), commands.move_job(job=job, to="done")
    assert one == other
    assert hash(one) == hash(other)
    assert one != commands.move_job(job=job, to="review")
    assert pickle.loads(pickle.dumps(one)) == one
    assert one.name == "move_job"
    assert "done" in repr(one)


def test_outcomes_are_values(desk: Office) -> None:
    outcome = desk.firm.create_job(account=desk.jane, pipeline="return")
    copied = pickle.loads(pickle.dumps(outcome))
    assert copied == outcome
    assert hash(copied) == hash(outcome)
    for name in ("job", "revision", "position", "replayed", "unchanged", "tasks_created", "items_created", "series"):
        assert getattr(copied, name) == getattr(outcome, name), name
    assert repr(outcome).startswith("<Outcome: job_created")


def test_s6_6_a_bulk_answers_for_each(desk: Office) -> None:
    job = desk.job()
    parts = [commands.move_job(job=job, to="done"), commands.move_job(job=wf.JobId(uuid4()), to="done")]
    each = desk.firm.bulk(commands=parts).each
    assert isinstance(each[0], wf.Outcome)
    assert isinstance(each[1], wf.errors.NotFoundError)
    with pytest.raises(wf.errors.DocumentError, match=r"commands\[1\]: there is no job"):
        desk.firm.bulk(commands=[commands.move_job(job=job, to="review"), parts[1]], mode="all_or_nothing")
    assert desk.firm.job(job=job).job.stage == "done"
    many = desk.firm.execute_many([commands.move_job(job=job, to="review"), parts[1]])
    assert isinstance(many[0], wf.Outcome)
    assert isinstance(many[1], wf.errors.NotFoundError)


def test_raw_documents_come_in_any_form(desk: Office) -> None:
    job = desk.job()
    request = {"firm": desk.id, "actor": {"system": "raw"}, "command": {"move_job": {"job": job, "to": "done"}}}
    assert desk.engine.execute(request).job == job
    text = json.dumps(request, default=str)
    assert desk.engine.execute(text).unchanged is not None
    assert isinstance(desk.engine.execute_many([text.encode()])[0], wf.Outcome)
    inquiry = {"firm": desk.id, "actor": {"system": "raw"}, "question": {"job": {"job": job}}}
    assert desk.engine.ask(inquiry)["job"]["stage_name"] == "done"


def test_pipelines_are_built_in_python(desk: Office) -> None:
    definition = wf.PipelineDefinition(
        key="onboarding",
        name="Onboarding",
        stages=[
            wf.Stage(
                key="welcome",
                automove=True,
                on_entry=[
                    wf.Automation(
                        key="greet",
                        if_=wf.AccountTagsCondition(wf.TagTest(none=frozenset({"vip"}))),
                        do=[wf.CreateTaskAction(wf.TaskTemplate(key="call", title="Call {{ account.name }}"))],
                    )
                ],
            ),
            wf.Stage(key="done"),
        ],
    )
    desk.firm.publish(definition)
    assert desk.firm.definition(pipeline="onboarding") == definition
    created = desk.firm.create_job(account=desk.jane, pipeline="onboarding")
    assert len(created.tasks_created) == 1


def test_pipelines_come_from_files(desk: Office, tmp_path: Path) -> None:
    path = tmp_path / "simple.yaml"
    path.write_text("key: simple\nname: Simple\nstages: [{key: a}, {key: b}]\n")
    desk.firm.publish(path)
    assert desk.firm.definition(pipeline="simple").name == "Simple"
    assert desk.firm.lint_document(path) == []
    (problem,) = desk.firm.lint_document("key: x\nname: X\nstages: [{key: a}, {key: a}]")
    assert problem.severity == "error"


def test_dates_are_dates(desk: Office) -> None:
    due = date(2026, 4, 15)
    job = desk.firm.create_job(account=desk.jane, pipeline="return", due=due.isoformat()).job
    assert job is not None
    assert desk.firm.job(job=job).job.due == due
    assert desk.firm.today() == date(2026, 1, 5)


def test_s8_1_items_go_by_either_name(desk: Office) -> None:
    job = desk.job()
    made = desk.firm.create_item(job=job, kind="invoice", title="Fee", external="INV-1").items_created[0]
    desk.firm.report_item(item=made, status="seen")
    desk.firm.report_item(item=wf.ExternalItemRef("INV-1"), status="paid")
    assert desk.firm.job(job=job).items[-1].progress == "done"
    desk.firm.unlink_item(item=made, job=job)
    desk.firm.link_item(item=wf.IdItemRef(made), job=job)
    assert desk.firm.job(job=job).items[-1].id == made
