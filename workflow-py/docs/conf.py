"""The reference of workflow_py, for Sphinx: ``make docs-py``."""

from __future__ import annotations

from typing import Any

import workflow_py

project = "workflow-py"
version = release = workflow_py.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_parser"]
source_suffix = {".md": "markdown"}
html_theme = "alabaster"
html_title = f"workflow-py {version}"
nitpicky = False
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": False}
autodoc_preserve_defaults = True
# The same class is found under its own module and under `workflow_py`.
suppress_warnings = ["ref.python"]


def without_signature(_: object, what: str, __: str, obj: object, *rest: Any) -> tuple[str, None] | None:
    """Records are told by their fields; what makes them takes them all, by name."""
    if what == "class" and isinstance(obj, type) and issubclass(obj, workflow_py.Record):
        return "", None
    return None


def setup(app: Any) -> None:
    """Told by Sphinx."""
    app.connect("autodoc-process-signature", without_signature)
