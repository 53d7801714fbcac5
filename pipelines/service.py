"""Starting Dagster's web page and daemon on a working folder, and stopping them again.

``dagster dev`` starts four processes. They get an absolute ``DAGSTER_HOME`` inside the working folder, with the
project's own ``dagster.yaml`` in it, and learn through the environment which folder, mirror and country to work on.
Works on Linux, macOS and Windows. Not here: what is shown (`pipelines.definitions`).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from indicators.errors import ConfigError
from pipelines.folders import Home, checkout
from pipelines.webserver import ADDRESSES_VARIABLE, EVERYWHERE, addresses_of

INTERRUPT_SECONDS = 30.0
TERMINATE_SECONDS = 10.0


def start(
    home: Home,
    *,
    host: str = "127.0.0.1",
    port: int = 3000,
    sample: bool = False,
    mirror: str | Path | None = None,
    address: str | None = None,
) -> int:
    """Run Dagster's web page and daemon until they are interrupted; return the exit code for the command line.

    Parameters
    ----------
    home
        Working folder.
    host, port
        Where to serve. Dagster asks nobody for a password: keep to this machine, and put a proxy that does in front.
    sample
        Work on the fictional sample, in its own folder inside the working folder.
    mirror
        Asked before the network.
    address
        Where such a proxy serves the page to others, such as ``https://localities.example``.

    Raises
    ------
    ConfigError
        If Dagster's web server is not installed, or the port is taken.
    """
    _require_webserver()
    _require_free(host, port)
    with _terminated_like_interrupted():
        process = launch(home, host=host, port=port, sample=sample, mirror=mirror, address=address)
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            stop(process)


def launch(
    home: Home,
    *,
    host: str = "127.0.0.1",
    port: int = 3000,
    sample: bool = False,
    mirror: str | Path | None = None,
    address: str | None = None,
    output: int | None = None,
) -> subprocess.Popen[bytes]:
    """Return ``dagster dev``, started in a group of processes of its own so that all of it can be stopped.

    Parameters
    ----------
    home, host, port, sample, mirror, address
        As in `start`.
    output
        File descriptor for what it prints; by default the terminal.
    """
    used = home.for_sample() if sample else home
    folder = place_settings(used.dagster)
    code = ["-m", "pipelines.definitions", "-d", str(Path(__file__).resolve().parents[1])]
    # `dg dev`, which it recommends, does the same and wants a further package
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]
    command = [sys.executable, *quiet, "-m", "pipelines.webserver", "dev", *code, "-h", host, "-p", str(port)]
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment_of(home, folder, sample=sample, mirror=mirror)
        | {ADDRESSES_VARIABLE: " ".join(addresses_of(host, port, [address] if address else []))},
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        **apart,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop ``dagster dev`` and what it started: ask by interrupt, then by termination, then kill the whole group."""
    for ask, seconds in ((_interrupt, INTERRUPT_SECONDS), (_terminate, TERMINATE_SECONDS)):
        if process.poll() is None:
            ask(process)
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                continue
            except KeyboardInterrupt:  # asked a second time: no more waiting
                break
    _kill_group(process)
    process.wait()


def place_settings(folder: Path) -> Path:
    """Write the project's ``dagster.yaml`` into a ``DAGSTER_HOME`` and return that folder, absolute.

    Raises
    ------
    ConfigError
        If the installation has no such file.
    """
    root = checkout()
    package = Path(__file__).resolve().parent
    offered = [root / "dagster.yaml"] if root else []
    offered.append(package / "declared" / "dagster.yaml")
    found = next((path for path in offered if path.is_file()), None)
    if found is None:
        raise ConfigError(
            "Dagster's settings are missing from this installation",
            expected=" or ".join(map(str, offered)),
            found="neither" if len(offered) > 1 else "no such file",
            remedy="install scottish-localities again",
        )
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, folder / "dagster.yaml")
    return folder


def environment_of(
    home: Home, dagster_home: Path, *, sample: bool = False, mirror: str | Path | None = None
) -> dict[str, str]:
    """Return the environment of Dagster's processes: ours, and what the code location reads.

    Examples
    --------
    >>> named = environment_of(Home(Path("/data")), Path("/data/dagster_home"), sample=True)
    >>> named["LOCALITIES_SAMPLE"], named["DAGSTER_HOME"] == str(Path("/data/dagster_home"))
    ('1', True)
    """
    from pipelines.definitions import SAMPLE_VARIABLE
    from pipelines.sources.declarations import MIRROR_VARIABLE, mirror_from_environment

    named = {
        **os.environ,
        "DAGSTER_HOME": str(dagster_home),
        "LOCALITIES_HOME": str(home.root),
        SAMPLE_VARIABLE: "1" if sample else "0",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    mirror = mirror if mirror is not None else mirror_from_environment()
    if mirror is not None:
        # the processes run in another folder, so a relative one must not stay so
        named[MIRROR_VARIABLE] = str(mirror) if "://" in str(mirror) else str(Path(mirror).expanduser().resolve())
    return named


def _require_webserver() -> None:
    if importlib.util.find_spec("dagster_webserver") is None:
        raise ConfigError(
            "Dagster's web server is not installed",
            expected="the extra `ui`",
            found="a plain installation",
            remedy='pip install "scottish-localities[ui]"',
        )


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_connection((host if host != EVERYWHERE else "127.0.0.1", port), timeout=1.0):
            taken = True
    except OSError:
        taken = False
    if taken:
        raise ConfigError(
            "The port is taken",
            where=f"{host}:{port}",
            found="something that answers there",
            remedy="stop it, or name another with --port",
        )


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Make a request to terminate end the block as Ctrl-C does, and Ctrl-C work even where it came in ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # SIGHUP: the terminal was closed; Windows has none
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        for number in numbers:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.send_signal(signal.SIGINT)


def _terminate(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the group: also where ``dagster dev`` ended, a run that it started may not have."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/PID", str(process.pid), "/T", "/F"], capture_output=True, check=False)
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
