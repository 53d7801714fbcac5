"""Progress on standard error: a bar on a terminal, a few lines in a log, nothing when it is not wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.cli.parts.output import side, to_stderr

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Watch:
    """Receives what a run says of itself: steps done, and bytes received."""

    def step(self, what: str, done: int, total: int) -> None:
        """Say what is being done, how many steps are done and how many there are."""

    def received(self, source_id: str, so_far: int, total: int | None) -> None:
        """Say how much of a file has come."""


class _Lines(Watch):
    """For a log: a line for each phase and each table, none for each file."""

    def __init__(self) -> None:
        self._phase = ""

    def step(self, what: str, done: int, total: int) -> None:
        phase = what.split(" ", 1)[0]
        if phase == "Computing":
            to_stderr(f"{what} ({done + 1} of {total})")
        elif phase != self._phase:
            to_stderr(f"{phase} ({total})")
        self._phase = phase


class _Bars(Watch):
    """For a terminal: one bar for the run, and one for the file that is coming in."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._steps = progress.add_task("Starting", total=None)
        self._file: tuple[str, TaskID] | None = None

    def step(self, what: str, done: int, total: int) -> None:
        self._end_file()
        self._progress.update(self._steps, description=_fitted(what), completed=done, total=total)

    def received(self, source_id: str, so_far: int, total: int | None) -> None:
        shown = f"{so_far / 1e6:,.1f}" + (f" of {total / 1e6:,.1f}" if total else "") + " MB"
        if self._file is None or self._file[0] != source_id:
            self._end_file()
            self._file = (source_id, self._progress.add_task(_fitted(f"  {source_id}"), total=total, amount=shown))
        self._progress.update(self._file[1], completed=so_far, total=total, amount=shown)

    def _end_file(self) -> None:
        if self._file is not None:
            self._progress.remove_task(self._file[1])
            self._file = None


def _fitted(text: str, width: int = 40) -> str:
    return f"{text if len(text) <= width else text[: width - 3] + '...':<{width}}"


@contextmanager
def watching(*, is_quiet: bool) -> Iterator[Watch]:
    """Yield what shows the progress of a block, fitting where standard error goes."""
    if is_quiet:
        yield Watch()
        return
    console = side()
    if not console.is_terminal:
        yield _Lines()
        return
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Amount(ProgressColumn):
        """Steps done, or megabytes received."""

        def render(self, task: object) -> Text:
            fields = getattr(task, "fields", {})
            if "amount" in fields:
                return Text(fields["amount"], no_wrap=True)
            total = getattr(task, "total", None)
            return Text(f"{getattr(task, 'completed', 0):.0f} of {total:.0f}" if total else "", no_wrap=True)

    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=16), Amount(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress)
