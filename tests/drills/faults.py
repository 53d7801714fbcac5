"""The drills. Each yields rows: fault, what happened, whether what is served is whole, and what was said."""

from __future__ import annotations

import http.server
import json
import logging
import os
import random
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.folders import Home, sample_folder
from tests.drills.state import Served, copy_of, served

if TYPE_CHECKING:
    from hypothesis import strategies as st

_SETTINGS = "candidate_sets: [intermediate_zones, wards]\npublications: [geopackage]\n"
_OTHER_SETTINGS = f"{_SETTINGS}alpha: 0.01\n"
_LONGEST = 160


@dataclass(frozen=True)
class Row:
    """One fault: what happened, whether everything served was whole and of before or after, what was said."""

    fault: str
    happened: str
    is_intact: bool
    said: str


@dataclass
class Country:
    """Working folders to spoil: one with downloads alone, one whole, one whole with another threshold."""

    room: Path
    mirror: str | None
    seed: int
    kills: int
    in_a_row: int = 1

    def __post_init__(self) -> None:
        """Run once for each state that a fault may leave behind."""
        self.is_real = self.mirror is not None
        self.after_cold = self._made("whole", _SETTINGS)
        cold = copy_of(self.room / "whole", self.room / "cold")
        for name in ("store", "publications", "editions", "cache"):
            shutil.rmtree(self.home("cold").root / name, ignore_errors=True)
        (self.home("cold").root / "last_success.json").unlink(missing_ok=True)
        assert cold.is_dir()
        if not (self.room / "other").exists():
            copy_of(self.room / "whole", self.room / "other")
        self.after_warm = self._made("other", _OTHER_SETTINGS)

    def home(self, name: str) -> Home:
        """Return the working folder of a name, as readers know it."""
        home = Home(self.room / name)
        return home if self.is_real else home.for_sample()

    def run(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run in a process of its own."""
        return subprocess.run(self._command(name, *options), capture_output=True, text=True, check=False)

    def begin(self, name: str, *options: str) -> subprocess.Popen[str]:
        """Begin a run in a process of its own."""
        return subprocess.Popen(
            self._command(name, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def _command(self, name: str, *options: str) -> list[str]:
        mirror = ["--mirror", self.mirror, "--real"] if self.mirror and "--mirror" not in options else []
        return [sys.executable, "-m", "tests.drills.child", str(self.room / name), *mirror, *options]

    def set(self, name: str, settings: str) -> None:
        """Write the settings of a working folder."""
        root = self.home(name).root
        root.mkdir(parents=True, exist_ok=True)
        (root / "settings.yaml").write_text(settings, encoding="utf-8")

    def _made(self, name: str, settings: str) -> Served:
        self.set(name, settings)
        done = self.run(name)
        if done.returncode:
            raise RuntimeError(f"The run without a fault failed: {done.stderr[-2000:]}")
        return served(self.home(name))


def kills(country: Country) -> Iterator[Row]:
    """Kill a run at points drawn by a seed and counted in writes, cold and warm; then let the next run finish it.

    Where more than one may be killed in a row, each goes on from where the one before it was killed, until one comes
    to its end before its point; what is served is looked at after each.
    """
    draw = random.Random(country.seed)
    for start, settings, before, after in (
        ("cold", _SETTINGS, Served({}, {}), country.after_cold),
        ("whole", _OTHER_SETTINGS, country.after_cold, country.after_warm),
    ):
        copy_of(country.room / start, country.room / "spoilt")
        country.set("spoilt", settings)
        writes, left = int(country.run("spoilt").stdout), country.kills
        while left > 0:
            copy_of(country.room / start, country.room / "spoilt")
            country.set("spoilt", settings)
            points: list[int] = []
            seen: list[Served] = []
            while len(points) < min(left, country.in_a_row):
                at = draw.randint(1, writes)
                if country.run("spoilt", "--at", str(at)).returncode == 0:
                    break
                points.append(at)
                seen.append(served(country.home("spoilt")))
            left -= max(1, len(points))
            done = country.run("spoilt")
            is_right = all(one.is_of(before, after) for one in seen)
            listed = ", then ".join(map(str, points)) or "none, it ended before"
            yield Row(
                f"killed at write {listed} of {writes}, {'cold' if start == 'cold' else 'warm'}",
                f"left {', then '.join(f'{len(one.tables)} tables, {len(one.files)} files' for one in seen)}; "
                + ("the next run finished" if done.returncode == 0 else "the next run failed"),
                is_right and done.returncode == 0 and served(country.home("spoilt")).is_of(after),
                "; ".join(fault for one in seen for fault in one.faults) or _said(done),
            )


def full_disks(country: Country) -> Iterator[Row]:
    """Fill the disk at six points of a warm run: every write from then on fails."""
    copy_of(country.room / "whole", country.room / "spoilt")
    country.set("spoilt", _OTHER_SETTINGS)
    writes = int(country.run("spoilt").stdout)
    for sixth in range(6):
        at = 1 + sixth * (writes - 1) // 6
        copy_of(country.room / "whole", country.room / "spoilt")
        country.set("spoilt", _OTHER_SETTINGS)
        failed = country.run("spoilt", "--at", str(at), "--kind", "full")
        between = served(country.home("spoilt"))
        done = country.run("spoilt")
        is_right = between.is_of(country.after_cold, country.after_warm) and "Traceback" not in failed.stderr
        yield Row(
            f"disk full from write {at} of {writes}",
            f"exit {failed.returncode}; the next run " + ("finished" if done.returncode == 0 else "failed"),
            is_right and done.returncode == 0 and served(country.home("spoilt")).is_of(country.after_warm),
            _said(failed),
        )


def damaged_files(country: Country) -> Iterator[Row]:
    """Offer files that came damaged: the good one goes on serving, and it is said."""
    for source in _sources(country):
        good = source.read_bytes()
        for what, content in {
            "cut in half": good[: len(good) // 2],
            "empty": b"",
            "a page of HTML in its place": b"<!DOCTYPE html><html><body>Down for maintenance</body></html>",
            "random bytes": random.Random(country.seed).randbytes(2_000),
            "zeros": bytes(len(good)),
        }.items():
            yield _offered(country, f"{source.parent.name}: {what}", source, content)


def _sources(country: Country) -> list[Path]:
    """Return files of different formats: workbooks, CSV, shapes, lists."""
    from pipelines.sources.declarations import load_sources

    folder = Path(country.mirror) if country.mirror else sample_folder()
    declared = load_sources()
    wanted = ("sg-simd-2020v2", "is-cpop", "phs-hscp-locality-lookup", "nrs-sape-2021", "ons-wards-2025")
    return [folder / declared[name].folder / declared[name].file_name for name in wanted]


def _offered(country: Country, fault: str, source: Path, content: bytes) -> Row:
    """Run on a mirror in which one file has another content; what served before goes on serving."""
    mirror = country.room / "mirror"
    shutil.rmtree(mirror, ignore_errors=True)
    (mirror / source.parent.name).mkdir(parents=True)
    (mirror / source.parent.name / source.name).write_bytes(content)
    copy_of(country.room / "whole", country.room / "spoilt")
    done = country.run("spoilt", "--mirror", str(mirror), *(["--real"] if country.is_real else []))
    after = served(country.home("spoilt"))
    # the table of sources says that one could not be refreshed, and files say so too
    same = {name for name, version in country.after_cold.tables.items() if after.tables.get(name) == version}
    is_right = (
        not after.faults and same >= set(country.after_cold.tables) - {"sources"} and "Traceback" not in done.stderr
    )
    return Row(fault, f"exit {done.returncode}; the good one serves", is_right and bool(done.stderr), _said(done))


_REPLIES: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = {
    "answers 500": lambda request: request.send_error(500),
    "answers 404": lambda request: request.send_error(404),
    "answers 403": lambda request: request.send_error(403),
    "sends less than it announced": lambda request: _reply(request, b"a,b\n1,2\n", announced=10_000),
    "sends a page": lambda request: _reply(request, b"<html><body>Sorry</body></html>"),
    "hangs up": lambda request: request.connection.close(),
    "leads round in a circle": lambda request: _redirect(request),
}


def _reply(request: http.server.BaseHTTPRequestHandler, body: bytes, announced: int | None = None) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(announced or len(body)))
    request.end_headers()
    request.wfile.write(body)


def _redirect(request: http.server.BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", request.path)
    request.end_headers()


def publishers(country: Country) -> Iterator[Row]:
    """Have a server answer every request wrongly, one way after another."""
    for what, answer in _REPLIES.items():
        with _server(answer) as address:
            copy_of(country.room / "whole", country.room / "spoilt")
            done = country.run("spoilt", "--mirror", address, *(["--real"] if country.is_real else []))
            after = served(country.home("spoilt"))
        is_right = not after.faults and "Traceback" not in done.stderr and done.returncode == 0
        same = {name for name, one in country.after_cold.tables.items() if after.tables.get(name) == one}
        yield Row(
            f"the server {what}",
            f"exit {done.returncode}; the good files serve",
            is_right and same >= set(country.after_cold.tables) - {"sources"},
            _said(done),
        )


@contextmanager
def _server(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Wrong(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Wrong)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def side_by_side(country: Country) -> Iterator[Row]:
    """Two runs at once, and a run beside Dagster's: one waits or is refused, and neither mixes with the other."""
    copy_of(country.room / "whole", country.room / "spoilt")
    country.set("spoilt", _OTHER_SETTINGS)
    first, second = country.begin("spoilt"), country.begin("spoilt")
    said = [one.communicate()[1] for one in (first, second)]
    codes = sorted(one.returncode for one in (first, second))
    refused = next((one for one in said if "Another run" in one), "")
    after = served(country.home("spoilt"))
    is_right = after.is_of(country.after_warm) and codes in ([0, 1], [0, 0]) and (codes == [0, 0] or bool(refused))
    yield Row("two runs at once", f"exit {codes[0]} and {codes[1]}", is_right, _short(refused))

    import dagster as dg

    from pipelines.definitions import build_definitions
    from pipelines.defs.resources import Work
    from pipelines.run.workspace import open_workspace, the_only_run

    copy_of(country.room / "whole", country.room / "spoilt")
    work = Work(
        home=str(country.room / "spoilt"), mirror=country.mirror, is_sample=not country.is_real, wait_seconds=0.5
    )
    workspace = open_workspace(Home(country.room / "spoilt"), mirror=country.mirror, is_sample=not country.is_real)
    job = build_definitions(work=work).resolve_job_def("refresh")
    logging.disable()
    with dg.DagsterInstance.ephemeral() as instance, the_only_run(workspace.home):
        done = job.execute_in_process(instance=instance, raise_on_error=False)
    logging.disable(logging.NOTSET)
    failures = [event.event_specific_data.error for event in done.all_events if event.is_failure]
    after = served(country.home("spoilt"))
    yield Row(
        "a run of Dagster beside one of the command line",
        "succeeded" if done.success else "refused",
        not done.success and after.is_of(country.after_cold),
        _short(next((str(one.cause.message) for one in failures if one and one.cause), "")),
    )


def open_files(country: Country) -> Iterator[Row]:
    """Readers and writers on publications while a run replaces them."""
    import sqlite3
    from contextlib import closing

    import duckdb

    for what, mode in (("reads", "ro"), ("writes", "rw")):
        copy_of(country.room / "whole", country.room / "spoilt")
        country.set("spoilt", _OTHER_SETTINGS)
        path = sorted(country.home("spoilt").publications.glob("*.gpkg"))[0]
        with closing(
            sqlite3.connect(f"file:{path.as_posix()}?mode={mode}", uri=True, isolation_level=None)
        ) as connection:
            if mode == "rw":
                connection.execute("pragma journal_mode = wal")
                connection.execute("begin immediate")
                connection.execute("create table note (text)")
            else:
                connection.execute("begin")
                connection.execute("select count(*) from gpkg_contents").fetchall()
            done = country.run("spoilt")
            [(seen,)] = connection.execute("select count(*) from gpkg_contents").fetchall()
            if mode == "rw":
                connection.execute("rollback")
        after = served(country.home("spoilt"))
        yield Row(
            f"another program {what} {path.name}",
            f"exit {done.returncode}; it saw {seen} layers to the end",
            done.returncode == 0 and not after.faults and seen > 0,
            _said(done),
        )
    copy_of(country.room / "whole", country.room / "spoilt")
    country.set("spoilt", _OTHER_SETTINGS)
    path = sorted(country.home("spoilt").publications.glob("*.duckdb"))[0]
    with duckdb.connect(str(path), read_only=True) as connection:
        before = connection.execute("select count(*) from verdicts").fetchall()
        done = country.run("spoilt")
        after_it = connection.execute("select count(*) from verdicts").fetchall()
    yield Row(
        f"another program reads {path.name}",
        f"exit {done.returncode}; it saw the same rows to the end",
        done.returncode == 0 and before == after_it and not served(country.home("spoilt")).faults,
        _said(done),
    )


def older_stores(country: Country) -> Iterator[Row]:
    """A store of another version, a damaged manifest, a table cut short: computed again, and said."""
    for what, spoil in (("of an earlier format", _older), ("with a damaged manifest", _no_json), ("cut short", _cut)):
        copy_of(country.room / "whole", country.room / "spoilt")
        spoil(country.home("spoilt"))
        done = country.run("spoilt")
        after = served(country.home("spoilt"))
        yield Row(
            f"a store {what}",
            f"exit {done.returncode}; computed again",
            done.returncode == 0 and after.is_of(country.after_cold),
            _said(done),
        )


def _older(home: Home) -> None:
    for path in home.store.rglob("current.json"):
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"format": 2}), encoding="utf-8")


def _no_json(home: Home) -> None:
    (home.store / "zones" / "current.json").write_text("{", encoding="utf-8")


def _cut(home: Home) -> None:
    path = next((home.store / "observations").glob("*.parquet"))
    os.truncate(path, path.stat().st_size // 2)


def clock_changes(country: Country) -> Iterator[Row]:
    """The nights on which clocks change: each has one run, and no hour is missed or taken twice."""
    from datetime import UTC, datetime, timedelta

    from dagster._utils.schedules import cron_string_iterator

    from pipelines.defs.schedules import CRON, TIMEZONE

    for day in (datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)):
        start, ticks = day - timedelta(hours=12), []
        for tick in cron_string_iterator(start.timestamp(), CRON, TIMEZONE):
            if tick.timestamp() > (start + timedelta(hours=36)).timestamp():
                break
            ticks.append(tick)
        listed = ", ".join(f"{one:%d %b %H:%M %Z}" for one in ticks)
        yield Row(f"clocks change on {day:%d %B %Y}", f"runs at {listed}", len(ticks) == 1, "")


def mutated_declarations(country: Country) -> Iterator[Row]:
    """Settings and declarations with lines changed at random: taken, or refused in words; never a traceback."""
    from hypothesis import strategies as st

    from indicators.catalogue import declared_folder as indicators
    from indicators.catalogue import load_catalogue
    from localities.settings import load_settings
    from pipelines.sources.declarations import declared_folder as sources
    from pipelines.sources.declarations import load_sources

    scraps = st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [".nan", ".inf", "-1", "0x1F", "010000", "{", "[", "&a [*a]", "null", "yes", "2011-12", "'", "\t"]
        ),
    )

    @st.composite
    def mutated(draw: st.DrawFn, text: str) -> str:
        lines = text.splitlines()
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(0, len(lines) - 1))
            how = draw(st.sampled_from(["drop", "repeat", "value", "cut", "indent"]))
            if how == "drop" and len(lines) > 1:
                del lines[at]
            elif how == "repeat":
                lines.insert(at, lines[at])
            elif how == "value":
                lines[at] = f"{lines[at].partition(':')[0]}: {draw(scraps)}"
            elif how == "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            else:
                lines[at] = f"  {lines[at]}"
        return "\n".join(lines)

    room = country.room / "declared"
    everything = "\n".join(f"{name}: {value}" for name, value in _plain_settings().items())
    one_indicator = (indicators() / "simd_income.yaml").read_text(encoding="utf-8")
    one_source = (sources() / "sg-simd-2020v2.yaml").read_text(encoding="utf-8")
    for what, text, name, load in (
        ("settings", everything, "settings.yaml", lambda folder: load_settings(folder / "settings.yaml")),
        ("an indicator's declaration", one_indicator, "simd_income.yaml", lambda folder: load_catalogue(folder)),
        ("a source's declaration", one_source, "sg-simd-2020v2.yaml", lambda folder: load_sources(folder)),
    ):
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        taken, refused, crashes = _tried(mutated(text), room / name, load, country.seed)
        yield Row(
            f"{what}, lines changed at random",
            f"{taken} taken, {refused} refused in words",
            not crashes,
            _short(crashes[0]) if crashes else "",
        )


def _tried(
    contents: st.SearchStrategy[str], path: Path, load: Callable[[Path], object], seed: int
) -> tuple[int, int, list[str]]:
    """Return how many contents were taken, how many refused in words, and what a person would see as our fault."""
    import hypothesis

    from indicators.errors import LocalitiesError

    counted = {"taken": 0, "refused": 0}
    crashes: list[str] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(max_examples=400, deadline=None, database=None)
    @hypothesis.given(contents)
    def try_one(content: str) -> None:
        path.write_text(content, encoding="utf-8", newline="\n")
        try:
            load(path.parent)
            counted["taken"] += 1
        except LocalitiesError:
            counted["refused"] += 1
        except Exception as error:  # noqa: BLE001 – whatever it is, it is the finding
            crashes.append(f"{type(error).__name__}: {error}")

    try_one()
    return counted["taken"], counted["refused"], crashes


def _plain_settings() -> dict[str, object]:
    from localities.settings import Settings

    return {name: json.dumps(value) for name, value in Settings().to_dict().items()}


def backups(country: Country) -> Iterator[Row]:
    """What only the folder knows, kept, restored into an empty one, and run there."""
    from pipelines.run.backup import back_up, restore

    target = country.room / "backup.zip"
    target.unlink(missing_ok=True)
    names = back_up(country.home("whole"), target)
    shutil.rmtree(country.room / "spoilt", ignore_errors=True)
    restored = restore(country.home("spoilt"), target)
    done = country.run("spoilt")
    with zipfile.ZipFile(target) as archive:
        is_whole = archive.testzip() is None
    same = {name: one for name, one in served(country.home("spoilt")).tables.items() if name != "sources"}
    before = {name: one for name, one in country.after_cold.tables.items() if name != "sources"}
    yield Row(
        "the folder lost, and restored from a backup",
        f"{len(names)} files; the next run " + ("finished" if done.returncode == 0 else "failed"),
        is_whole and names == restored and same == before,
        _said(done),
    )


def _said(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return _short(lines[-1] if "Traceback" in done.stderr and lines else lines[0] if lines else "")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"


DRILLS: dict[str, Callable[[Country], Iterator[Row]]] = {
    "kills": kills,
    "full-disks": full_disks,
    "publishers": publishers,
    "damaged-files": damaged_files,
    "side-by-side": side_by_side,
    "open-files": open_files,
    "older-stores": older_stores,
    "clock-changes": clock_changes,
    "declarations": mutated_declarations,
    "backups": backups,
}
