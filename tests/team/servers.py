"""The servers that a team works with, each real, on loopback, in a folder of its own: object stores, PostgreSQL, Dask.

Object store: Ceph's gateway over one monitor and one disk of it (Debian: ceph-mon, ceph-osd, radosgw). PostgreSQL from
Debian. The one that has to be refused: s3rver, from npm, which takes every conditional write. All are killed by signal
where a drill asks for it.
"""

from __future__ import annotations

import getpass
import glob
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
BUCKET = "localities"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        return int(taken.getsockname()[1])


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {seconds:.0f} seconds")


def answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1.0):
            return True
    except OSError:
        return False


def absent() -> list[str]:
    """Return what `make team` needs and does not find."""
    debian = {"ceph-mon": "ceph-mon", "ceph-osd": "ceph-osd", "radosgw": "radosgw", "radosgw-admin": "radosgw"}
    lacking = {package for program, package in debian.items() if shutil.which(program) is None}
    return sorted(lacking | (set() if (_postgres() / "initdb").is_file() else {"postgresql"}))


class Ceph:
    """Ceph's object gateway: one monitor, one disk (4 GB, sparse), one gateway."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.key, self.secret = secrets.token_hex(10), secrets.token_hex(20)
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.gateway: subprocess.Popen[bytes] | None = None
        self._daemons: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def start(self) -> None:
        from pyarrow import fs

        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir(parents=True)
        keyring, conf = self.folder / "keyring", self.folder / "ceph.conf"
        monitor = f"[v2:{LOOPBACK}:{free_port()},v1:{LOOPBACK}:{free_port()}]"
        cluster = str(uuid.uuid4())
        conf.write_text(_CONF.format(cluster=cluster, monitor=monitor, folder=self.folder, port=self.port))
        every = [part for kind in ("mon", "osd", "mgr", "mds") for part in ("--cap", kind, "allow *")]
        self._do("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "client.admin", *every)
        self._do("ceph-authtool", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self._do("monmaptool", "--create", "--fsid", cluster, "--addv", "a", monitor, self.folder / "monmap")
        self._do("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.folder / "monmap", "--keyring", keyring)
        self._daemons.append(self._begin("ceph-mon", "-f", "-i", "a"))
        disk = str(uuid.uuid4())
        secret = self._do("ceph-authtool", "--gen-print-key").strip()
        self._do("ceph", "--connect-timeout", "30", "osd", "new", disk, "-i", "-",
                 given=json.dumps({"cephx_secret": secret}))  # fmt: skip
        with keyring.open("a") as stream:
            stream.write(self._do("ceph", "auth", "get", "osd.0"))
        self._do("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._daemons.append(self._begin("ceph-osd", "-f", "-i", "0"))
        wait_until(lambda: '"num_up_osds":1' in self._do("ceph", "osd", "stat", "-f", "json"), "Ceph's disk")
        self._do("radosgw-admin", "user", "create", "--uid", "localities", "--display-name", "localities",
                 "--access-key", self.key, "--secret-key", self.secret)  # fmt: skip
        self.start_gateway()
        fs.S3FileSystem(
            access_key=self.key, secret_key=self.secret, endpoint_override=self.url, allow_bucket_creation=True
        ).create_dir(BUCKET)

    def start_gateway(self) -> None:
        self.gateway = self._begin("radosgw", "-f", "-n", "client.admin", "--keyring", self.folder / "keyring")
        wait_until(lambda: answers(self.port), "Ceph's gateway")

    def kill_gateway(self) -> None:
        if self.gateway is not None:
            self.gateway.kill()
            self.gateway.wait()

    def stop(self) -> None:
        for one in (self.gateway, *reversed(self._daemons)):
            if one is not None and one.poll() is None:
                _end(one)

    def _begin(self, *command: object) -> subprocess.Popen[bytes]:
        log = (self.folder / "output.log").open("ab")
        return subprocess.Popen(self._with_conf(command), stdout=log, stderr=log, start_new_session=True)

    def _do(self, *command: object, given: str | None = None) -> str:
        done = subprocess.run(
            self._with_conf(command), input=given, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def _with_conf(self, command: tuple[object, ...]) -> list[str]:
        tools = ("ceph-authtool", "monmaptool")
        conf = [] if command[0] in tools else ["-c", str(self.folder / "ceph.conf")]
        return [str(command[0]), *conf, *map(str, command[1:])]


class S3rver:
    """A server that speaks S3 and tells every writer that he won."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{self.port}",
            "AWS_ACCESS_KEY_ID": "S3RVER",
            "AWS_SECRET_ACCESS_KEY": "S3RVER",
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(self.folder), "s3rver@3.7.1"], check=True,
                       capture_output=True, timeout=300)  # fmt: skip
        program = self.folder / "node_modules" / ".bin" / "s3rver"
        self.process = subprocess.Popen(
            [program, "-d", self.folder / "files", "-a", LOOPBACK, "-p", str(self.port), "--configure-bucket", BUCKET],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_until(lambda: answers(self.port), "s3rver")

    def stop(self) -> None:
        if self.process is not None:
            _end(self.process)


class Postgres:
    """PostgreSQL with one database; as an ordinary user, which it insists on."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://{self._user}@{LOOPBACK}:{self.port}/postgres"

    @property
    def _user(self) -> str:
        return "postgres" if os.geteuid() == 0 else getpass.getuser()

    def start(self) -> None:
        if not (self.folder / "PG_VERSION").is_file():
            self.folder.mkdir(parents=True)
            self.folder.chmod(0o700)
            if os.geteuid() == 0:
                shutil.chown(self.folder, self._user, self._user)
            subprocess.run([*self._as_user, _postgres() / "initdb", "-D", self.folder, "-A", "trust", "-U", self._user],
                           check=True, capture_output=True, timeout=120)  # fmt: skip
        self.process = subprocess.Popen(
            [*self._as_user, _postgres() / "postgres", "-D", self.folder, "-p", str(self.port), "-h", LOOPBACK,
             "-c", "unix_socket_directories="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_until(self._is_ready, "PostgreSQL")

    def _is_ready(self) -> bool:
        command = [str(_postgres() / "pg_isready"), "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def kill(self) -> None:
        """Kill it and everything that serves a connection, as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            _end(self.process)

    @property
    def _as_user(self) -> list[str]:
        # in the same group of processes, so that all of it can be ended together
        return ["setpriv", "--reuid", self._user, "--regid", self._user, "--clear-groups"] if os.geteuid() == 0 else []


class Dask:
    """A scheduler, and workers of one thread, each with the nanny that starts it again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"tcp://{LOOPBACK}:{self.port}"
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, environments: Sequence[Mapping[str, str]]) -> None:
        """Start a worker in each environment."""
        self.folder.mkdir(parents=True)
        self._begin("scheduler", environments[0], "--port", str(self.port))
        wait_until(lambda: answers(self.port), "Dask's scheduler")
        for number, environment in enumerate(environments, 1):
            self._begin("worker", environment, self.url, "--nthreads", "1", "--local-directory",
                        str(self.folder / f"worker{number}"))  # fmt: skip
        said = self.folder / "worker.log"
        wait_until(lambda: said.read_text(errors="replace").count("Registered to:") == len(environments), "workers")

    def _begin(self, what: str, environment: Mapping[str, str], *given: str) -> None:
        log = (self.folder / f"{what}.log").open("ab")
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", LOOPBACK, "--no-dashboard", *given]
        self._running.append(
            subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env=dict(environment), start_new_session=True
            )
        )

    def stop(self) -> None:
        for one in reversed(self._running):
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


def _postgres() -> Path:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    return Path(found[-1]).parent if found else Path()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


_CONF = """\
[global]
fsid = {cluster}
mon host = {monitor}
mon initial members = a
public addr = 127.0.0.1
public network = 127.0.0.0/8
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail warn = 1
mon data avail crit = 1
run dir = {folder}
admin socket = {folder}/$name.$pid.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = bluestore
bluestore block size = 4294967296
osd memory target = 939524096
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
"""
