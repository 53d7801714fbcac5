"""What a run says of itself while it goes, one line for each thing, with its run, step, part and source.

Off until ``LOCALITIES_LOG`` asks for it: ``json``, one object a line for whatever collects logs, or ``text``. It goes
to standard error, so that what a command prints stays whole. Time and peak memory of each step are in it.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from indicators.errors import ConfigError

LOG_VARIABLE = "LOCALITIES_LOG"
_ABOUT: ContextVar[tuple[tuple[str, object], ...]] = ContextVar("_ABOUT", default=())
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())  # else Python itself prints that a step failed, before the command says why


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Have every line that is logged in the block say what it is about, such as ``step="findings"``."""
    token = _ABOUT.set((*_ABOUT.get(), *fields.items()))
    try:
        yield
    finally:
        _ABOUT.reset(token)


def new_run() -> str:
    """Return an id for a run of the command line."""
    return uuid.uuid4().hex[:12]


@contextmanager
def measured(step: str) -> Iterator[None]:
    """Log when a step begins and what became of it, with its seconds and the most memory that the process ever took."""
    start = time.perf_counter()
    with about(step=step):
        _log.info("begun")
        try:
            yield
        except BaseException as error:
            with about(seconds=round(time.perf_counter() - start, 3), error=type(error).__name__):
                _log.error("failed: %s", " ".join(str(error).split()))
            raise
        with about(seconds=round(time.perf_counter() - start, 3), peak_memory_mb=peak_memory_mb()):
            _log.info("done")


def peak_memory_mb() -> float | None:
    """Return the most memory that this process took so far, in megabytes; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1e6 if sys.platform == "darwin" else 1e3), 1)


def start_log(environment: Mapping[str, str] | None = None) -> None:
    """Begin to log, where the environment asks for it.

    Raises
    ------
    ConfigError
        If it asks for a form that there is not.
    """
    form = (os.environ if environment is None else environment).get(LOG_VARIABLE, "").strip().lower()
    if form in ("", "0"):
        return
    forms: dict[str, logging.Formatter] = {"json": _Json(), "text": _Text("%(asctime)s %(levelname)s %(message)s")}
    if form not in forms:
        raise ConfigError("No such form of log", where=LOG_VARIABLE, expected="json or text", found=form)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(forms[form])
    ours = logging.getLogger("pipelines")
    ours.handlers = [handler]
    ours.setLevel(logging.INFO)
    ours.propagate = False


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        line = {"at": when, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        return json.dumps({**line, **dict(_ABOUT.get())}, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in dict(_ABOUT.get()).items())
        return f"{super().format(record)} [{fields}]" if fields else super().format(record)
