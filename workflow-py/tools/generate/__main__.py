"""Writes ``workflow_py.model`` and what goes with it from the JSON Schemas in ``docs/schema``.

The schemas are those of the Rust types, so that what Python calls things cannot drift from them.
Run without arguments to write the files, with ``--check`` to tell whether they are fresh.
"""

from __future__ import annotations

import subprocess
import sys

from methods import commands, methods, orders, questions
from model import model
from schemas import PACKAGE, ROOT, Types, load


def formatted(name: str, text: str) -> str:
    """A file as ``ruff`` leaves it."""
    config = ["--config", str(ROOT / "workflow-py" / "pyproject.toml"), "--stdin-filename", str(PACKAGE / name)]
    for order in (["check", "--fix", "--quiet", "--exit-zero", "--select", "I,D"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *order, *config, "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, check=True, text=True).stdout
    return text


def main() -> int:
    types = Types(load())
    stale = []
    files, homes = model(types)
    files["commands.py"] = commands(types, homes)
    files["_orders.py"] = orders(types, homes)
    files["_questions.py"] = questions(types, homes)
    files["aio/_methods.py"] = methods(types, homes)
    for name, text in files.items():
        text = formatted(name, text)
        path = PACKAGE / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text() != text:
                stale.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if stale:
        print(f"old: {', '.join(stale)}; run workflow-py/tools/generate", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    raise SystemExit(main())
