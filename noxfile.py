"""The tests on every Python that the project supports: `make test-pythons`. One that is not installed is a failure."""

from __future__ import annotations

import nox

nox.options.error_on_missing_interpreters = True


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Install the project and run its tests as anyone would, without make."""
    session.install("--constraint", "constraints.txt", ".[test]")
    session.run("pytest", "-n", "3", "--dist", "loadscope", "--no-loadscope-reorder", *session.posargs)
