"""Who shares the work: nobody where processes may not be started, and never a worker that others may wait for."""

from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from indicators.errors import ConfigError
from pipelines import workers as sharing
from pipelines.workers import SCHEDULER_VARIABLE, is_a_worker, processes_for, workers


def test_as_many_processes_as_cores_parts_and_memory_allow(monkeypatch):
    monkeypatch.setattr(sharing.os, "cpu_count", lambda: 16)
    assert [processes_for(parts) for parts in (1, 3, 40)] == [1, 3, 4]
    monkeypatch.setattr(sharing.os, "cpu_count", lambda: 2)
    assert processes_for(40) == 2


def test_a_process_that_a_nanny_keeps_does_all_by_itself(monkeypatch):
    monkeypatch.setattr(sharing, "current_process", lambda: SimpleNamespace(daemon=True))
    with workers("", parts=40) as others:
        assert others is None


_KILLED = """
import os, signal
from pipelines.workers import workers
if __name__ == "__main__":
    with workers("", parts=2) as others:
        print(others.submit(os.getpid).result(), flush=True)
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def test_processes_end_with_the_one_that_was_killed(tmp_path):
    program, said = tmp_path / "killed.py", tmp_path / "said"
    program.write_text(_KILLED, encoding="utf-8")
    with said.open("wb") as output:
        assert subprocess.run([sys.executable, program], stdout=output, check=False).returncode
    other = int(said.read_text(encoding="utf-8"))
    for _ in range(100):
        if not psutil.pid_exists(other) or psutil.Process(other).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    psutil.Process(other).kill()
    pytest.fail(f"{other} waits for work that nobody will give it")


@pytest.fixture
def distributed(monkeypatch):
    """Dask's library, whose scheduler nobody started."""

    def refuse(address, **_):
        raise OSError(f"nobody at {address}")

    import distributed as found

    monkeypatch.setattr(found, "Client", refuse)
    monkeypatch.setenv(SCHEDULER_VARIABLE, "tcp://127.0.0.1:8786")
    return found


@pytest.mark.usefixtures("distributed")
def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(ConfigError, match=r"(?s)No Dask scheduler answers.*8786.*see that it runs"), workers(parts=1):
        pass


def test_a_worker_of_dasks_asks_no_other(distributed, monkeypatch):
    assert not is_a_worker()
    monkeypatch.setattr(distributed, "get_worker", object)
    assert is_a_worker()
    with workers(parts=1) as others:
        assert others is None
