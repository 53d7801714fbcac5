"""The application: its families of commands, its exit codes, and what becomes of an error.

`COMMANDS` names the module of `pipelines.cli` in which each command is, and there its function or its family of
commands, which is imported and built only when it is asked for. A module must import nothing heavy at its top:
`localities --help` imports them all. Help is plain text, so that it comes at once and any screen reader can read it.
"""

from __future__ import annotations

import inspect
import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from indicators.errors import LocalitiesError
from pipelines.cli.parts.choices import ZONES_BEFORE, Zones
from pipelines.cli.parts.output import EXIT_CODES, prepare_streams, to_stderr
from pipelines.folders import find_home
from pipelines.run.logs import start_log

COMMANDS = {
    "run": "run:run",
    "candidates": "candidates:candidates",
    "check": "check:check",
    "findings": "findings:findings",
    "explain": "explain:explain",
    "reach": "reach:reach",
    "compare": "compare:compare",
    "groups": "groups:groups",
    "context": "context:context",
    "inequality": "inequality:inequality",
    "trends": "trends:trends",
    "progress": "annual_progress:progress",
    "targets": "targets:targets",
    "decide": "decide:decide",
    "decisions": "decide:decisions",
    "profile": "documents:profile",
    "pack": "documents:pack",
    "report": "documents:report",
    "place-standard": "place_standard:place_standard",
    "hot-spots": "hotspots:hot_spots",
    "vintages": "vintages:vintages",
    "validate": "validate:validate",
    "sources": "sources:sources",
    "indicators": "indicators:indicators",
    "status": "status:show_status",
    "history": "status:history",
    "diff": "status:diff",
    "doctor": "upkeep:doctor",
    "backup": "upkeep:backup",
    "restore": "upkeep:restore_backup",
    "settings": "settings:list_settings",
    "licences": "licences:licences",
    "ui": "service:ui",
    "home": "service:show_home",
}
TRACEBACK_VARIABLE = "LOCALITIES_TRACEBACK"


class _Families(TyperGroup):
    """Builds a command when it is asked for, and turns errors into words and exit codes for every one."""

    def __init__(self, **about: Any) -> None:
        """Know the commands by name, so that a mistyped one is answered with the nearest."""
        super().__init__(**about)
        names: Any = dict.fromkeys(COMMANDS)
        self.commands = names

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name, or None."""
        return get_group(_family_of(cmd_name)).commands[cmd_name] if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands, each with its whole summary; none has to be built for that."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary_of(name)) for name in COMMANDS])

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except LocalitiesError as error:
            _show_traceback_if_asked(ctx)
            to_stderr(f"Error: {error}")
            raise typer.Exit(1) from error
        except Exception as error:
            # what the command-line library raises to say "wrong usage" or "stop" carries its own exit code
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort | BrokenPipeError):
                raise
            from pipelines.cli.parts.machine import in_words

            words = in_words(error)
            if words is not None:
                _show_traceback_if_asked(ctx)
                to_stderr(f"Error: {words}")
                raise typer.Exit(1) from error
            if not _show_traceback_if_asked(ctx):
                to_stderr(f"Unexpected error: {type(error).__name__}: {error}")
                to_stderr(
                    "  This is a fault of the program, not of your data. To see where it happened, repeat the command "
                    f"as `localities --traceback ...` or with {TRACEBACK_VARIABLE}=1."
                )
            raise typer.Exit(1) from error


def _family_of(command: str) -> typer.Typer:
    module, _, name = COMMANDS[command].partition(":")
    found = getattr(import_module(f"pipelines.cli.{module}"), name)
    family = _application()
    if isinstance(found, typer.Typer):
        family.add_typer(found, name=command)
    else:
        family.command(command, epilog=EXIT_CODES)(found)
    return family


def _summary_of(command: str) -> str:
    family = _family_of(command)
    texts = {one.name: inspect.getdoc(one.callback) for one in family.registered_commands if one.callback}
    texts |= {one.name: one.typer_instance.info.help for one in family.registered_groups if one.typer_instance}
    return " ".join((texts[command] or "").partition("\n\n")[0].split())


def _show_traceback_if_asked(ctx: Any) -> bool:
    asked = bool(ctx.params.get("traceback")) or os.environ.get(TRACEBACK_VARIABLE, "") not in ("", "0")
    if asked:
        import traceback

        traceback.print_exc(file=sys.stderr)
    return asked


def _application(**about: Any) -> typer.Typer:
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, **about)


app = _application(
    name="localities",
    cls=_Families,
    help="Find, with evidence, the places in Scotland whose residents have significantly poorer outcomes.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:
    if not asked:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("scottish-localities")
    except PackageNotFoundError:
        found = "not installed (run from a folder)"
    typer.echo(f"localities {found}")
    raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help=f"Show where an error happened (also: {TRACEBACK_VARIABLE}=1).")
    ] = False,
    zones: Zones = None,
) -> None:
    ZONES_BEFORE.set(zones)
    start_log()
    find_home()  # its declarations count for commands that ask for nothing else of it


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    prepare_streams()
    # Arrow's own allocator asks for most pages anew: of reading a few rows of a large table, half of the time
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    app(prog_name="localities")
