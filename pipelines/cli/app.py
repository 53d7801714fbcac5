"""The application: its families of commands, its exit codes, and what becomes of an error.

A family is a module of `pipelines.cli` with a function ``register(app)``. It is named in `FAMILIES` and must import
nothing heavy at its top: `localities --help` imports them all.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from indicators.errors import LocalitiesError
from pipelines.cli.parts.choices import Zones
from pipelines.cli.parts.output import EXIT_CODES, prepare_streams, to_stderr

__all__ = ["FAMILIES", "TRACEBACK_VARIABLE", "app", "main"]

FAMILIES = (
    "run", "candidates", "findings", "explain", "reach", "compare", "inequality", "trends", "annual_progress",
    "targets", "hotspots", "vintages", "validate", "sources", "indicators", "settings", "service",
)  # fmt: skip
TRACEBACK_VARIABLE = "LOCALITIES_TRACEBACK"


class _Guarded(TyperGroup):
    """Turns errors into words and exit codes, for every command beneath."""

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


def _show_traceback_if_asked(ctx: Any) -> bool:
    asked = bool(ctx.params.get("traceback")) or os.environ.get(TRACEBACK_VARIABLE, "") not in ("", "0")
    if asked:
        import traceback

        traceback.print_exc(file=sys.stderr)
    return asked


app = typer.Typer(
    name="localities",
    cls=_Guarded,
    help="Find, with evidence, the places in Scotland whose residents have significantly poorer outcomes.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
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
    pass


for _family in FAMILIES:
    import_module(f"pipelines.cli.{_family}").register(app)


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    prepare_streams()
    app(prog_name="localities")
