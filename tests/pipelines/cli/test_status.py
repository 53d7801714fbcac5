"""Editions, what moved between two, how things stand, and keeping what only the folder knows."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import pandas as pd
import pytest

from indicators.errors import ConfigError, UnreadableSource
from pipelines.folders import Home
from pipelines.run.backup import back_up, restore
from pipelines.run.differences import difference, write_page
from pipelines.run.doctor import examine, examine_servers
from pipelines.run.history import note_success
from pipelines.storage.editions import Editions

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
LEITH, FLAT = "wards:S13002919", "wards:S13002928"


def _figures(first: float, second: float) -> pd.DataFrame:
    """Two zones' income deprivation: 100 residents each."""
    zones = ["S01008000", "S01008001"]
    return pd.DataFrame(
        {
            "indicator_id": "simd_income",
            "area_code": zones,
            "area_type": "data_zone",
            "vintage": "2011",
            "period_start": dt.date(2017, 1, 1),
            "period_end": dt.date(2017, 12, 31),
            "period": "2017",
            "numerator": [first, second],
            "denominator": 100.0,
            "value": [first, second],
            "status": "observed",
            "is_summable": True,
            "is_lost": False,
            "is_remainder": False,
            "open_by": 0.0,
            "source_id": "sg-simd-2020v2",
        }
    )


def _members(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [(place, "wards", zone, 1.0, 1.0) for place, zone in rows],
        columns=["locality_id", "candidate_set", "zone_code", "weight", "exact_share"],
    )


SOURCE = pd.DataFrame(
    [["sg-simd-2020v2", "SIMD", "SG", "https://example.org", "mirror", "OGL", "Crown", "2011", "a" * 64,
      "2026-11-30T02:00:00Z", 2, False, None, False]],
    columns=["source_id", "title", "publisher", "landing_page", "address_used", "licence", "attribution",
             "source_vintage", "sha256", "retrieved_at", "rows", "is_stale", "note", "is_fictional"],
)  # fmt: skip


@pytest.fixture
def dated(stored, tmp_path):
    """A store with figures, members and sources, and the folder of its editions, the first of which is kept."""
    stored.write("observations", _figures(20.0, 10.0))
    stored.write("membership", _members((LEITH, "S01008000"), (FLAT, "S01008001")))
    stored.write("sources", SOURCE)
    editions = Editions(tmp_path / "home" / "editions")
    assert editions.keep(stored, days=400, now=NOON).id == "2026-11-30"
    return stored, editions


def _verdict(store, place: str, verdict: str) -> None:
    verdicts = store.read("verdicts")
    verdicts.loc[verdicts["locality_id"] == place, "verdict_scotland"] = verdict
    store.write("verdicts", verdicts)


def test_nothing_changed_keeps_no_edition_and_what_is_shared_is_there_once(dated):
    store, editions = dated
    assert editions.keep(store, days=400, now=NOON) is None
    _verdict(store, FLAT, "some_evidence")
    second = editions.keep(store, days=400, now=NOON)
    assert [one.id for one in editions.all()] == ["2026-11-30", "2026-11-30.2"]
    assert editions.find("2026-11-30").id == second.id  # a day means its last
    assert len(list((editions.root / "observations").glob("*.parquet"))) == 1
    assert len(list((editions.root / "verdicts").glob("*.parquet"))) == 2
    with pytest.raises(ConfigError, match=r"2026-11-30\.2, 2026-11-30"):
        editions.find("2025-01-01")


def test_an_old_edition_goes_with_its_files_and_the_newest_two_stay(dated):
    store, editions = dated
    for number, verdict in enumerate(("some_evidence", "strong_evidence"), start=1):
        _verdict(store, FLAT, verdict)
        editions.keep(store, days=400, now=NOON + dt.timedelta(days=500 * number))
    # of editions 0, 500 and 1,000 days old the first goes; the second is older than 400 days and one of the newest two
    assert len(editions.all()) == 2
    assert len(list((editions.root / "verdicts").glob("*.parquet"))) == 2
    assert all(path.is_file() for one in editions.all() for path in editions.files(one, "observations"))


def test_a_revised_figure_and_the_verdict_that_it_touches_are_named(dated):
    store, editions = dated
    store.write("observations", _figures(20.0, 31.0))
    _verdict(store, FLAT, "strong_evidence")
    editions.keep(store, days=400, now=NOON)
    found = difference(editions, *editions.all())
    [figure] = found.figures.to_dict("records")
    assert (figure["indicator_id"], figure["changed"], figure["appeared"], figure["gone"]) == ("simd_income", 1, 0, 0)
    assert figure["largest"] == 21.0
    [moved] = found.verdicts.to_dict("records")
    assert (moved["locality_id"], moved["because"]) == (FLAT, "figures of its zones")
    assert list(moved["indicators"]) == ["simd_income"]
    assert (moved["verdict_scotland_before"], moved["verdict_scotland_after"]) == ("no_evidence", "strong_evidence")


def test_each_cause_is_told_from_the_others(dated):
    store, editions = dated
    # Leith's own zone keeps its figure, so what moved it lies elsewhere; the other place gets another boundary
    store.write("observations", _figures(20.0, 31.0))
    store.write("membership", _members((LEITH, "S01008000"), (FLAT, "S01008000")))
    _verdict(store, LEITH, "some_evidence")
    _verdict(store, FLAT, "some_evidence")
    editions.keep(store, days=400, now=NOON)
    because = difference(editions, *editions.all()).verdicts.set_index("locality_id")["because"]
    assert because.to_dict() == {LEITH: "figures elsewhere", FLAT: "boundary, figures elsewhere"}


def test_thresholds_and_code_are_told_by_candidate_set(dated):
    store, editions = dated
    judged = store.read("verdicts").drop(columns=["drawing_support_scotland", "drawing_support_cpp", "stability"])
    judged = judged.reindex(columns=[*_columns("judgements")])
    wards = judged[judged["candidate_set"] == "wards"].reset_index(drop=True)
    store.write("judgements/wards", wards, configuration={"alpha": 0.05}, code_version="a", is_valid=True)
    _verdict(store, LEITH, "some_evidence")
    editions.keep(store, days=400, now=NOON)
    store.write("judgements/wards", wards, configuration={"alpha": 0.01}, code_version="b", is_valid=True)
    _verdict(store, LEITH, "no_evidence")
    editions.keep(store, days=400, now=NOON)
    found = difference(editions, *editions.all()[-2:])
    assert found.settings == (("alpha", 0.05, 0.01),)
    assert found.code == ("judgements",)
    assert found.verdicts["because"].tolist() == ["thresholds, code"]


def _columns(table: str) -> tuple[str, ...]:
    from indicators.schema.tables import TABLES

    return TABLES[table].columns


def test_a_page_of_what_moved_runs_nothing_that_a_name_holds(dated):
    store, editions = dated
    verdicts = store.read("verdicts")
    verdicts.loc[verdicts["locality_id"] == FLAT, ["locality_name", "verdict_cpp"]] = [
        "<script>x</script>",
        "some_evidence",
    ]
    store.write("verdicts", verdicts)
    made = editions.keep(store, days=400, now=NOON)
    page = editions.root / f"{made.id}.html"
    write_page(difference(editions, *editions.all()), page)
    text = page.read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "&lt;script&gt;x" in text
    assert "no evidence → some evidence" in text


def test_history_and_diff_say_what_was_kept_and_what_moved(localities, dated):
    store, editions = dated
    assert localities("diff").code == 1
    _verdict(store, FLAT, "some_evidence")
    editions.keep(store, days=400, now=NOON + dt.timedelta(days=1))
    first, second = localities("history", "--json").json
    assert (first["edition"], second["edition"], second["changed"]) == ("2026-11-30", "2026-12-01", ["verdicts"])
    said = localities("diff").words
    assert "No figure moved." in said
    assert "no evidence → some evidence" in said
    rows = localities("diff", "2026-11-30", "--json").json
    assert [one["locality_id"] for one in rows["verdicts"]] == [FLAT]
    assert localities("diff", "--area", "Na h-Eileanan Siar", "--json").json["verdicts"] == []


def test_a_dead_scheduler_is_told_by_status(localities, tmp_path):
    """Nothing has run for two days: an exit code of 1 is what cron and the Task Scheduler notice."""
    home = Home(tmp_path / "home")
    said = localities("status", "--fail-if-older", "36h", "--sample")
    assert said.code == 1
    assert "never well" in said.words
    sample = home.for_sample()
    note_success(sample, "a run", "", now=dt.datetime.now(dt.UTC) - dt.timedelta(hours=48))
    assert localities("status", "--fail-if-older", "36h", "--sample").code == 1
    assert localities("status", "--fail-if-older", "3d", "--sample").code == 0
    assert localities("status", "--fail-if-older", "soon", "--sample").code == 1
    states = localities("status", "--sample", "--json").json
    assert {one["state"] for one in states if one["kind"] == "source"} == {"missing"}


def test_status_of_the_sample_looks_for_nobody_elses_tables(localities, tmp_path, monkeypatch):
    """The real folder may be kept with a team's store: that is none of the sample's concern."""
    looked_in = []
    monkeypatch.setattr("pipelines.cli.parts.choices.look_in", lambda home: looked_in.append(home.root))
    assert localities("status", "--sample").code == 0
    assert looked_in == [Home(tmp_path / "home").for_sample().root]


def test_status_names_what_a_changed_threshold_makes_stale(sample_home, localities, tmp_path):
    import shutil

    copy = tmp_path / "home" / "sample_run"
    shutil.copytree(sample_home.root, copy)
    assert {one["state"] for one in localities("status", "--sample", "--json").json} == {"good"}
    (copy / "settings.yaml").write_text("vote_share: 0.6\n", encoding="utf-8")
    stale = {
        one["what"]: one["found"] for one in localities("status", "--sample", "--json").json if one["state"] == "stale"
    }
    # judgements read it; verdicts and what takes them follow; findings do not
    assert stale["judgements"] == "settings changed: vote_share"
    assert {"verdicts", "reach"} <= set(stale)
    assert not {"findings", "estimates", "zones"} & set(stale)


def test_status_says_of_a_file_that_was_altered_what_is_left_out_with_it(sample_home, localities, tmp_path):
    import shutil

    copy = tmp_path / "home" / "sample_run"
    shutil.copytree(sample_home.root, copy, ignore=shutil.ignore_patterns("publications", "editions"))
    (file,) = (copy / "downloads" / "is-cpop").glob("CPOP*.xlsx")
    file.write_bytes(file.read_bytes()[:1000])
    found = {one["what"]: one for one in localities("status", "--sample", "--json").json if one["kind"] == "source"}
    assert found["is-cpop"]["state"] == "missing"
    assert "altered" in found["is-cpop"]["found"]
    assert "cpop_out_of_work" in found["is-cpop"]["found"]
    assert {one["state"] for name, one in found.items() if name != "is-cpop"} == {"good"}


def test_a_backup_holds_what_only_the_folder_knows_and_comes_back(tmp_path):
    home = Home(tmp_path / "home")
    for name, text in {
        "settings.yaml": "alpha: 0.01\n",
        "boundaries/plan/areas.geojson": "{}",
        "decisions/fife.yaml": "cpp_code: S12000047",
        "declarations/indicators/own.yaml": "id: own",
        "editions/2026-11-30.json": "{}",
        "zones_2022/editions/2026-11-30.json": "{}",
        "store/zones/current.json": "{}",
        "downloads/by-hand/a.csv": "a",
        "downloads/fetched/b.csv": "b",
        "publications/fife.gpkg": "x",
    }.items():
        (home.root / name).parent.mkdir(parents=True, exist_ok=True)
        (home.root / name).write_text(text, encoding="utf-8")
    for name, how in (("by-hand/a.csv", "added by hand"), ("fetched/b.csv", "publisher")):
        record = {"source_id": "s", "sha256": "0" * 64, "size": 1, "mtime_ns": 1, "how": how, "address_used": "-",
                  "retrieved_at": "2026-11-30T00:00:00+00:00"}  # fmt: skip
        (home.downloads / f"{name}.provenance.json").write_text(json.dumps(record), encoding="utf-8")
    kept = back_up(home, tmp_path / "one.zip")
    assert kept == [
        "boundaries/plan/areas.geojson",
        "decisions/fife.yaml",
        "declarations/indicators/own.yaml",
        "downloads/by-hand/a.csv",
        "downloads/by-hand/a.csv.provenance.json",
        "editions/2026-11-30.json",
        "settings.yaml",
        "zones_2022/editions/2026-11-30.json",
    ]
    back_up(home, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    other = Home(tmp_path / "other")
    assert restore(other, tmp_path / "one.zip") == kept
    assert all((other.root / name).read_bytes() == (home.root / name).read_bytes() for name in kept)
    assert restore(other, tmp_path / "one.zip") == []
    other.settings_file.write_text("alpha: 0.1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"settings\.yaml"):
        restore(other, tmp_path / "one.zip")
    assert other.settings_file.read_text(encoding="utf-8") == "alpha: 0.1\n"


@pytest.mark.parametrize("name", ["../out.txt", "/etc/x", "store/zones/current.json", "boundaries/../../x", "C:/x"])
def test_a_file_that_is_no_backup_writes_nothing(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("settings.yaml", "alpha: 0.01\n")
        archive.writestr(name, "x")
    with pytest.raises(UnreadableSource, match="no backup"):
        restore(Home(tmp_path / "home"), tmp_path / "bad.zip")
    assert not (tmp_path / "home").exists()


def test_a_backup_cut_short_writes_nothing(tmp_path):
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.settings_file.write_text("alpha: 0.01\n" * 500, encoding="utf-8")
    back_up(home, tmp_path / "whole.zip")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "whole.zip").read_bytes()[:-40])
    with pytest.raises(UnreadableSource):
        restore(Home(tmp_path / "other"), tmp_path / "cut.zip")
    assert not (tmp_path / "other").exists()


def test_the_doctor_finds_a_mistyped_setting_and_says_what_is_good(tmp_path):
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.settings_file.write_text("alhpa: 0.01\n", encoding="utf-8")
    found = {one.what: one for one in examine(home)}
    assert found["declarations and settings"].state == "error"
    assert "alpha" in found["declarations and settings"].found
    assert found["working folder"].state == found["lock"].state == found["Python"].state == "good"
    home.settings_file.unlink()
    assert {one.what: one.state for one in examine(home)}["declarations and settings"] == "good"


def test_the_doctor_tells_a_silent_server_and_a_clock_that_is_wrong(tmp_path):
    import http.server
    import threading

    class Late(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response_only(200)
            self.send_header("Date", "Mon, 01 Jan 2024 00:00:00 GMT")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Late)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    late = f"http://127.0.0.1:{server.server_port}/file.csv"
    [clock] = examine_servers([late])
    server.shutdown()
    server.server_close()
    [silent] = examine_servers([late])
    assert (clock.state, silent.state) == ("warning", "warning")
    assert "clock" in clock.found
    assert "does not answer" in silent.found
