"""Drills: what goes wrong at night, done on purpose; ``python -m tests.drills`` prints what became of each."""
