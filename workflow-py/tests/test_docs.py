"""Examples in docstrings and guides do what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import workflow_py

ROOT = Path(__file__).resolve().parents[1]
GUIDES = [ROOT / "README.md", *sorted(ROOT.parent.glob("docs/python*.md")), ROOT.parent / "docs" / "export.md"]
MODULES = [
    name for _, name, _ in pkgutil.walk_packages(workflow_py.__path__, "workflow_py.") if name != "workflow_py._native"
]


@pytest.mark.parametrize("name", ["workflow_py", *MODULES])
def test_doctests(name: str) -> None:
    module = importlib.import_module(name)
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0


def test_there_are_doctests() -> None:
    finder = doctest.DocTestFinder()
    tests = [test for name in ["workflow_py", *MODULES] for test in finder.find(importlib.import_module(name))]
    assert sum(bool(test.examples) for test in tests) >= 7


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.name)
def test_the_code_of_a_guide_runs(guide: Path, tmp_path: Path) -> None:
    """All blocks of a guide are one program."""
    blocks = re.findall(r"^```python\n(.*?)^```", guide.read_text(), flags=re.M | re.S)
    assert blocks
    program = "\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_main_case_of_every_clause_is_tried_through_python() -> None:
    written = (ROOT.parent / "docs" / "semantics.md").read_text()
    clauses = set(re.findall(r"\*\*(\d+\.\d+)\b", written))
    tests = "".join(path.read_text() for path in (ROOT / "tests").glob("test_*.py"))
    tried = {".".join(numbers) for numbers in re.findall(r"def test_s(\d+)_(\d+)_", tests)}
    assert len(clauses) > 40
    assert clauses <= tried, sorted(clauses - tried)


def expected() -> Iterator[str]:
    """What differs by design: types with a name of their own are texts until somebody looks, or `NewType`s."""
    for name in MODULES:
        source = inspect.getsource(importlib.import_module(name))
        for alias in re.findall(r"^(\w+)(?:: TypeAlias = [\"'(]| = NewType\()", source, flags=re.M):
            yield re.escape(f"{name}.{alias}")
    if sys.version_info >= (3, 13):
        # Tuples with names have it since then; the annotations are looked at as 3.11 has them.
        yield r"workflow_py\..*\.__replace__"


def test_types_are_what_they_are_when_it_runs(tmp_path: Path) -> None:
    """The stub of the native half, and the annotations of everything else, against what is imported."""
    (tmp_path / "expected.txt").write_text("\n".join(expected()))
    options = ["--mypy-config-file", str(ROOT / "pyproject.toml")]
    allowed = ["--allowlist", str(ROOT / "tests" / "stubtest.txt"), "--allowlist", str(tmp_path / "expected.txt")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "workflow_py", *options, *allowed],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_reference_is_built_without_warnings(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reference = (tmp_path / "commands.html").read_text()
    assert "workflow_py.commands.move_job" in reference
