"""The command line, `localities`: one module per family of commands, and nothing heavy until a command needs it.

Commands ask `pipelines`, `localities` and `indicators` for results and show them; they compute nothing. How things are
shown is in `output`, what people may name (areas, localities) in `choices`, and how the store is read in `reading`.
"""

from __future__ import annotations

from pipelines.cli.app import app, main

__all__ = ["app", "main"]
