"""Tells what a run of the benches noted: a line for each."""

from __future__ import annotations

import json
import sys
from pathlib import Path

for bench in json.loads(Path(sys.argv[1]).read_text())["benchmarks"]:
    noted = ", ".join(f"{name}: {value}" for name, value in bench["extra_info"].items())
    print(f"{bench['name'].removeprefix('test_').replace('_', ' ')}: {noted or bench['stats']['median']}")
