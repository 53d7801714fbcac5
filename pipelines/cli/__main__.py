"""`python -m pipelines.cli`, where the command `localities` is not on the path."""

from __future__ import annotations

from pipelines.cli import main

if __name__ == "__main__":
    main()
