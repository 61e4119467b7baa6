"""The programs in ``examples`` do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_a_season(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "error", str(EXAMPLES / "tax_season.py"), "--folder", str(tmp_path)]
    options = ["--clients", "25", "--until", "2026-02-13"]
    done = subprocess.run([*program, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "25 clients" in done.stdout
    assert "The records are what the log says" in done.stdout
    assert "Individual 1040" in (tmp_path / "board-py.html").read_text()
    again = subprocess.run([*program, *options], capture_output=True, text=True, check=True)
    assert "is there already" in again.stdout


# What Jupyter itself warns of is not ours.
@pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")
def test_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    notebook = nbformat.read(EXAMPLES / "firm.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert not any(cell.get("outputs") for cell in notebook.cells), "the notebook is kept without outputs"
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [kind for output in outputs for kind in output.get("data", {})]
    assert {"image/svg+xml", "text/html", "image/png"} <= set(shown)
    assert shown.count("image/png") == 2
    assert not stderr_of(outputs), "nothing is complained about"


def stderr_of(outputs: list[Any]) -> str:
    return "".join(output["text"] for output in outputs if output.get("name") == "stderr")
