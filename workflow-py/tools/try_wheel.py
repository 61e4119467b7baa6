"""Tries an installed wheel as somebody who has nothing else: ``python try_wheel.py WHEEL``, see ``make wheel-test``.

It is run by the Python of a fresh environment that has the wheel and what it asks for, and nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from uuid import UUID

import workflow_py as wf

LARGEST = 8_000_000
PIPELINE = """
key: return
name: Tax return
stages:
  - key: prepare
    automove: true
    on_entry:
      - key: make the task
        do: [{ create_task: { key: prepare, title: "Prepare the return of {{ account.name }}" } }]
  - key: done
"""


def look_at(wheel: Path) -> None:
    """The file, and what was installed of it."""
    size = wheel.stat().st_size
    assert size < LARGEST, f"{wheel.name} has {size:,} bytes"
    package = Path(wf.__file__).parent
    assert package.is_relative_to(sys.prefix), f"{package} is not of this environment"
    version = metadata.version("workflow-py")
    assert wf.__version__ == version == wheel.name.split("-")[1]
    files = {file.name for file in package.iterdir()}
    assert {"py.typed", "_native.pyi"} <= files
    installed = {Path(str(file)).suffix for file in metadata.files("workflow-py") or ()}
    assert ".rs" not in installed
    print(f"{wheel.name}: {size:,} bytes, on Python {sys.version.split()[0]}")


def workflow(*arguments: str) -> str:
    """What the program that comes with the wheel says."""
    program = Path(sys.executable).with_name("workflow")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WORKFLOW_", "PYTHON"))}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"workflow {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


def a_story() -> None:
    """A firm on SQLite, from the command line and from Python, in the folder where this runs."""
    assert wf.__version__ in workflow("--version")
    Path("return.yaml").write_text(PIPELINE, encoding="utf-8")
    Path("clients.csv").write_text("id,name\n1,Jane Doe\n2,Zoë Nowak\n", encoding="utf-8")
    workflow("init", "Ledger & Sons", "--time-zone", "America/New_York")
    workflow("publish", "return.yaml")
    assert json.loads(workflow("--json", "import-clients", "clients.csv")) == {"saved": 2, "refused": 0}
    firm_id = json.loads(Path("workflow.toml").read_text(encoding="utf-8").split("firm = ")[1])
    with wf.Engine(Path("practice.db")) as engine:
        firm = engine.acting(UUID(firm_id), wf.SystemActor("try"))
        for account in firm.accounts():
            firm.create_job(account=account.id, pipeline="return")
    workflow("done", "prepare the return of jane")
    board = json.loads(workflow("--json", "board", "return"))
    assert [column["jobs"] for column in board["columns"]] == [1, 1]
    assert "Zoë Nowak" in workflow("board", "return")


def main() -> None:
    """Everything, in a folder that is gone afterwards."""
    wheel = Path(sys.argv[1]).resolve()
    look_at(wheel)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        a_story()
        os.chdir("/")


if __name__ == "__main__":
    main()
