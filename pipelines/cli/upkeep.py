"""`localities doctor`, `backup` and `restore`: can this machine do the work; keeping what only this folder knows."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.parts.choices import AsJson, HomeFolder, home_of
from pipelines.cli.parts.output import screen, table, write_json


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no publisher whether it answers.")] = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Look at whether this machine can do the work: versions, room, rights, locks, clocks, addresses. Changes nothing.

    Ends with exit code 1 where something would stop a run.
    """
    from pipelines.run.doctor import ERROR, addresses, examine, examine_servers

    working = home_of(home)
    found = examine(working)
    if not offline and all(one.state != ERROR for one in found):
        found += examine_servers(addresses(working))
    if as_json:
        write_json([asdict(one) for one in found])
    else:
        table(
            "What a run needs",
            (("What", "left"), ("State", "left"), ("Found", "left"), ("To do", "left")),
            [(one.what, one.state, one.found, one.remedy) for one in found],
            styles={"good": "green", "warning": "yellow", "error": "bold red"},
        )
    if any(one.state == ERROR for one in found):
        raise typer.Exit(1)


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE.zip", help="File to write.")], home: HomeFolder = None
) -> None:
    """Write what only this working folder knows into one file: settings, boundaries, declarations, decisions, editions.

    Downloads, store and publications are left out: the next run makes them.
    """
    from pipelines.run.backup import back_up

    names = back_up(home_of(home), target)
    screen().print(
        f"{len(names):,} files kept in {target} ({target.stat().st_size / 1e6:,.1f} MB). `localities restore {target} "
        "--home FOLDER` puts them back.",
        markup=False,
        soft_wrap=True,
    )


def restore_backup(
    source: Annotated[Path, typer.Argument(metavar="FILE.zip", help="A file that `localities backup` wrote.")],
    home: HomeFolder = None,
) -> None:
    """Put the content of a backup into a working folder. Nothing that is there with other content is replaced."""
    from pipelines.run.backup import restore
    from pipelines.run.workspace import the_only_run

    working = home_of(home)
    with the_only_run(working):
        written = restore(working, source)
    screen().print(f"{len(written):,} files restored into {working.root}. Next: `localities run`.", markup=False)
