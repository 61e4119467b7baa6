"""``python -m workflow_py`` is ``workflow``."""

from .cli import main

main()
