"""``python -m workflow_py`` is ``workflow``."""

from .cli import main

if __name__ == "__main__":
    main()
