"""The command line, as people and scripts call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

import workflow_py as wf
from conftest import RETURN
from workflow_py.cli import workflow

CLIENTS = "id,name,tags,ein\n1,Jane Doe,vip;late,12-34\n2,Bob & Sons,,\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("WORKFLOW_STORE", "WORKFLOW_FIRM", "WORKFLOW_MEMBER"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "return.yaml").write_text(RETURN)
    (tmp_path / "clients.csv").write_text(CLIENTS)
    return tmp_path


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(workflow, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def answers(*arguments: str, code: int = 0) -> list[Any]:
    lines = run("--json", *arguments, code=code).stdout.splitlines()
    return [json.loads(line) for line in lines if line]


@pytest.fixture
def office(folder: Path) -> wf.JobId:
    run("init", "Ledger & Sons", "--time-zone", "America/New_York")
    run("publish", "return.yaml")
    run("import-clients", "clients.csv")
    settings = dict(line.split(" = ") for line in (folder / "workflow.toml").read_text().splitlines())
    with wf.Engine(folder / "practice.db") as engine:
        firm = engine.acting(UUID(json.loads(settings["firm"])), wf.SystemActor("tests"))
        jane = next(account for account in firm.accounts() if account.name == "Jane Doe")
        assert jane.tags == {"vip", "late"}
        assert jane.fields == {"ein": "12-34"}
        job = firm.create_job(account=jane.id, pipeline="return").job
        assert job is not None
        return job


def test_a_firm_from_the_command_line(office: wf.JobId) -> None:
    assert "Jane Doe" in run("board", "return").output
    (board,) = answers("board", "return")
    assert [column["jobs"] for column in board["columns"]] == [1, 0, 0]
    assert "Tax return" in run("jobs").output
    assert [row["id"] for row in answers("jobs", "--pipeline", "return")] == [str(office)]
    assert "Prepare the return of Jane Doe" in run("tasks").output
    assert "We have begun" in run("outbox").output
    assert "would be: job moved" in run("move", "--dry-run", str(office), "done").output
    assert "task state set" in run("done", "prepare the return").output
    assert answers("jobs")[0]["stage"] == "review"
    (outcome,) = answers("move", "jane", "done")
    assert outcome["job"] == str(office)
    assert "nothing changed" in run("move", str(office), "done").output
    assert "job moved" in run("history", str(office)).output
    assert "nothing changed" in run("move", str(office)[-12:], "done").output
    (ticked,) = answers("tick", "--at", "2030-01-01T00:00:00Z")
    assert ticked["failures"] == 0


def test_s11_6_how_long_work_takes_from_the_command_line(office: wf.JobId) -> None:
    run("done", "prepare the return")
    run("move", str(office), "done")
    text = run("measures", "return").output
    assert "1 created, 1 completed" in text
    assert "Waiting for" in text
    (found,) = answers("measures", "return", "--by", "month", "--from", "2026-01-01", "--to", "2026-03-31")
    assert len(found["throughput"]) == 3
    assert "none" in run("forecasts").output
    assert run("export", "measures").output.startswith("id,name,account,account_name,pipeline,stage,status")
    assert "--to" in run("measures", "return", "--to", "tomorrow", code=2).stderr


def test_s11_4_what_was_done_is_undone_from_the_command_line(office: wf.JobId) -> None:
    run("done", "prepare the return")
    entry = answers("history", str(office))[0]["entry"]["id"]
    assert "would be undone" in run("undo", entry, "--preview").output
    assert answers("jobs")[0]["stage"] == "review"
    (undone,) = answers("undo", entry)
    assert (undone["command"], undone["entry"]) == ("set_task_state", entry)
    assert answers("jobs")[0]["stage"] != "review"
    assert "changed since" in run("undo", entry, code=1).stderr
    assert "UUID" in run("undo", "yesterday", code=2).stderr


def test_s11_5_the_log_is_looked_after_from_the_command_line(office: wf.JobId, folder: Path) -> None:
    assert "Seal 1: " in run("seal").output
    (known,) = answers("seal")
    assert known["number"] == 1
    assert "sealed" in run("verify", "--seal", "1", "--head", known["head"]).output
    assert "written down" in run("verify", "--seal", "1", "--head", "0" * 64, code=1).stderr
    assert "go together" in run("verify", "--seal", "1", code=2).stderr
    found, records = answers("verify")
    assert found["sealed"] == found["entries"] - 1 == records["entries"] - 1


def test_s11_3_why_from_the_command_line(office: wf.JobId) -> None:
    text = run("explain", "jane").output
    assert "the system `tests` created it there" in text
    assert "open task" in text
    assert "is planned" in text
    (told,) = answers("explain", str(office))
    assert told["holds"][0]["reason"] == "open_task"
    text = run("explain", "jane", "make the task").output
    assert "runs when the job enters `prepare`" in text
    assert "ran" in text
    (told,) = answers("explain", "jane", "make the task", "--limit", "1")
    assert [occasion["ran"] for occasion in told["occasions"]] == [True]
    assert "did you mean `make the task`" in run("explain", "jane", "make a task", code=1).stderr


def test_s11_5_a_job_as_it_was_from_the_command_line(office: wf.JobId) -> None:
    (logged,) = answers("history", str(office))
    run("done", "prepare the return")
    assert "return / review" in run("job", "jane").output
    text = run("job", "jane", "--at", logged["entry"]["at"]).output
    assert "return / prepare" in text
    assert "as of" in text
    (then,) = answers("job", str(office), "--position", str(logged["position"]))
    assert (then["job"]["stage"], then["revision"]) == ("prepare", 1)
    assert "time zone" in run("job", "jane", "--at", "2026-01-01T00:00:00", code=2).stderr


def test_importing_again_changes_nothing_twice(office: wf.JobId) -> None:
    assert answers("import-clients", "clients.csv") == [{"saved": 2, "refused": 0}]
    assert len(answers("export", "accounts", "--format", "jsonl")) == 2


def test_s11_7_tables_as_csv(office: wf.JobId, folder: Path) -> None:
    run("export", "jobs", "-o", "jobs.csv")
    head, row = (folder / "jobs.csv").read_text().splitlines()
    assert head.startswith("id,revision,name,account")
    assert row.startswith(str(office))
    assert "firm_created" in run("export", "events").output
    (carried,) = answers("export", "firm", "-o", "firm.jsonl")
    assert answers("--store", "sqlite:other.db", "import-firm", "firm.jsonl")[0]["sha256"] == carried["sha256"]
    assert answers("--store", "sqlite:other.db", "jobs")[0]["id"] == str(office)
    assert "--output" in run("export", "firm", code=2).stderr
    yaml = run("export", "pipeline", "--pipeline", "return").output
    assert wf.read_definition(yaml) == wf.read_definition(RETURN)


def test_s11_7_no_cell_of_a_table_is_a_formula(office: wf.JobId, folder: Path) -> None:
    (folder / "more.csv").write_text('name,tags\n"=HYPERLINK(""http://evil.example"")",vip\n')
    run("import-clients", "more.csv")
    assert "'=HYPERLINK" in run("export", "accounts").output
    raw = run("export", "accounts", "--raw").output
    assert '"=HYPERLINK' in raw
    assert "'=HYPERLINK" not in raw
    assert '"name": "=HYPERLINK' in run("export", "accounts", "--format", "jsonl").output
    for wrong in (("accounts", "--format", "jsonl", "--raw"), ("pipeline", "--pipeline", "return", "--raw")):
        assert "--raw is for CSV" in run("export", *wrong, code=2).stderr


def test_s11_7_event_logs_and_tables_for_other_programs(office: wf.JobId, folder: Path) -> None:
    run("move", str(office), "done")
    assert "1 trace, 7 events" in run("export", "xes", "-o", "log.xes").output
    assert (folder / "log.xes").read_text().startswith("<?xml")
    (told,) = answers("export", "ocel", "--detail", "stages", "--pipeline", "return", "-o", "log.json")
    assert told["events"] == 2
    run("export", "csv", "--table", "events", "--detail", "stages", "-o", "events.csv", "--to", "2000-01-01")
    assert (folder / "events.csv").read_text().splitlines()[0].startswith("entry,place,at,event")
    assert "nothing" in run("export", "csv", "--table", "events", "-o", "events.csv", "--to", "2000-01-01").output
    assert answers("export", "csv", "--table", "jobs", "--raw", "-o", "jobs.csv") == [
        {"traces": 0, "objects": 0, "events": 0, "rows": 1}
    ]
    for wrong in (
        ("xes",),
        ("csv", "-o", "x"),
        ("xes", "--table", "jobs", "-o", "x"),
        ("ocel", "--format", "csv", "-o", "x"),
        ("jobs", "--from", "2026-01-01"),
        ("firm", "--raw", "-o", "x"),
        ("xes", "--from", "tomorrow", "-o", "x"),
    ):
        assert "Error" in run("export", *wrong, code=2).stderr
    assert not (folder / "x").exists()


def test_errors_help(office: wf.JobId, folder: Path) -> None:
    result = run("move", str(office), "nowhere", code=1)
    assert "nowhere" in result.stderr
    report = json.loads(run("--json", "move", str(office), "nowhere", code=1).stderr)
    assert report["kind"] == "not_found"
    assert "no open job" in run("move", "nobody", "done", code=2).stderr
    (folder / "bad.yaml").write_text("key: x\nnmae: X\nstages: [{key: a}, {key: b}]\n")
    assert "did you mean `name`?" in run("lint", "bad.yaml", code=1).stderr
    assert "line 2" in run("publish", "bad.yaml", code=1).stderr
    assert "nothing to say" in run("lint", "return.yaml").output
    assert "there already" in run("init", "Another", code=2).stderr
    assert "no column `name`" in run("import-clients", "return.yaml", code=2).stderr
    assert "time zone" in run("tick", "--at", "2026-01-01T00:00:00", code=2).stderr


def test_without_a_firm_it_says_what_to_do(folder: Path) -> None:
    assert "workflow init" in run("jobs", code=2).stderr
    assert "not a UUID" in run("--store", "memory:", "--firm", "x", "jobs", code=2).stderr


def test_a_store_that_fails_has_a_code_of_its_own(folder: Path) -> None:
    (folder / "x.db").write_bytes(b"not a database at all " * 100)
    run("--store", "sqlite:x.db", "--firm", "0190a5d0-0000-7000-8000-000000000001", "jobs", code=3)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(folder: Path, shell: str) -> None:
    assert "_WORKFLOW_COMPLETE" in run("completion", shell).output


def test_the_wheel_has_the_command(office: wf.JobId, folder: Path) -> None:
    """The program that pip installs, beside another host on the same file."""
    program = Path(sys.executable).with_name("workflow")
    with wf.Engine(folder / "practice.db"):
        done = subprocess.run(
            [program, "--json", "jobs"], cwd=folder, capture_output=True, text=True, check=True, env=os.environ
        )
    assert json.loads(done.stdout)["id"] == str(office)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert wf.__version__ in version.stdout
