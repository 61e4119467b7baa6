"""Errors by kind, the same as in Rust and C."""

from __future__ import annotations

import json
import pickle
from uuid import uuid4

import pytest

import workflow_py as wf
from conftest import Office
from workflow_py import errors


def test_s12_2_every_kind_has_a_class_with_its_code() -> None:
    schema = json.loads(wf._native.schema("error") or "")
    kinds = {variant["const"] for variant in schema["$defs"]["ErrorKind"]["oneOf"]}
    assert kinds <= errors.WorkflowError._kinds.keys()
    for kind in kinds:
        found = errors.WorkflowError._kinds[kind]
        assert found.__name__ in errors.__all__
        assert issubclass(found, errors.StoreError if found.code >= 200 else errors.Rejection)


def test_s12_2_an_error_says_what_was_wrong(desk: Office) -> None:
    nobody = wf.JobId(uuid4())
    with pytest.raises(errors.NotFoundError) as caught:
        desk.firm.move_job(job=nobody, to="done")
    error = caught.value
    assert (error.code, error.kind, error.retryable) == (102, "not_found", False)
    assert (error.detail.what, error.detail.name) == ("job", str(nobody))
    with pytest.raises(errors.NotFoundError) as caught:
        desk.firm.move_job(job=desk.job(), to="nowhere")
    assert "nowhere" in str(caught.value)


def test_s12_2_every_problem_of_a_document_is_told(desk: Office) -> None:
    with pytest.raises(errors.DocumentError) as caught:
        desk.firm.publish("key: x\nnmae: X\nstages:\n  - key: a\n    automvoe: true\n  - key: b\n")
    problems = caught.value.problems
    assert [(problem.line, problem.code) for problem in problems] == [(2, "unknown_field"), (5, "unknown_field")]
    assert "did you mean `name`?" in problems[0].message


def test_s12_2_a_typo_in_a_dictionary_is_told_too(desk: Office) -> None:
    with pytest.raises(errors.DocumentError, match="did you mean `members`"):
        desk.firm.assign_job(job=desk.job(), mode="add", who={"membres": []})  # type: ignore[arg-type]


def test_s12_1_limits_are_clear_errors(desk: Office) -> None:
    job = desk.job()
    with pytest.raises(errors.LimitError) as caught:
        desk.firm.comment_job(job=job, text="x" * 100_000)
    limit = caught.value.detail.limit
    assert limit is not None
    assert limit.actual == 100_000 > limit.max


def test_s10_3_a_key_has_one_effect(desk: Office) -> None:
    job = desk.job()
    once = desk.firm.move_job(job=job, to="review", idempotency_key="move/1")
    again = desk.firm.move_job(job=job, to="review", idempotency_key="move/1")
    assert not once.replayed
    assert again.replayed
    assert again.entries == once.entries
    with pytest.raises(errors.KeyReusedError):
        desk.firm.move_job(job=job, to="done", idempotency_key="move/1")


def test_errors_can_be_pickled(desk: Office) -> None:
    with pytest.raises(errors.NotFoundError) as caught:
        desk.firm.move_job(job=wf.JobId(uuid4()), to="done")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is errors.NotFoundError
    assert (str(copy), copy.detail) == (str(caught.value), caught.value.detail)


def test_s12_2_a_file_that_is_no_store(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("store") / "notes.db"
    path.write_bytes(b"this is not a database, it only looks long enough to be one. " * 50)
    with pytest.raises(errors.StoreError) as caught:
        wf.Engine(path)
    assert caught.value.kind == "not_a_store"


def test_a_closed_engine_says_so(desk: Office) -> None:
    desk.engine.close()
    desk.engine.close()
    assert desk.engine.closed
    with pytest.raises(errors.UnavailableError, match="closed"):
        desk.firm.today()


@pytest.mark.parametrize("store", ["mysql:x", "sqlite:/nowhere/at/all.db"])
def test_a_store_that_cannot_be_opened(store: str) -> None:
    with pytest.raises(errors.StoreError):
        wf.Engine(store)


def test_what_is_no_store_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="a store is"):
        wf.Engine(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a clock is"):
        wf.Engine("memory:", clock=5)  # type: ignore[arg-type]
