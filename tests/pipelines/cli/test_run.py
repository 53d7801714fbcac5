"""`localities run`: its options, progress, summary and JSON. The pipeline itself is stood in for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

import pipelines.run.run
import pipelines.run.workspace
from indicators.errors import SourceChanged
from pipelines.folders import Home
from pipelines.run.report import Published, Report
from pipelines.sources.provenance import Fetched
from pipelines.storage.refresh import Plan, Planned


@pytest.fixture
def ran_with(stored, tmp_path, monkeypatch):
    """Stand in for the pipeline; what it was asked for. It recomputes the verdicts and publishes Edinburgh."""
    asked: dict[str, object] = {}
    stale = Fetched(
        source_id="ons-wards-2025",
        path=tmp_path / "wards.gpkg",
        sha256="ab" * 32,
        size=3,
        address_used="https://publisher.example/wards",
        retrieved_at=datetime(2026, 1, 5, tzinfo=UTC),
        from_mirror=False,
        changed=False,
        served_stale=True,
        note="ons-wards-2025 could not be refreshed; the version of 05 January 2026 serves. HTTP 503",
    )
    folder = tmp_path / "home" / "publications"

    def open_workspace(home: Home, **options: object) -> SimpleNamespace:
        asked.update(options, home=home)
        return SimpleNamespace(home=home, store=stored, is_fictional=options["is_sample"])

    def run(workspace, *, progress, received, **options: object) -> Report:
        asked.update(options)
        progress("Fetching ons-wards-2025", 0, 2)
        received("ons-wards-2025", 1_000_000, 3_000_000)
        progress("Fetching sg-simd-2020v2", 1, 2)
        progress("Computing verdicts", 0, 1)
        progress("Writing city-of-edinburgh.gpkg", 0, 2)
        return Report(
            plan=Plan((Planned("verdicts", ("the code changed", "the input findings changed")),), ()),
            fetched={"ons-wards-2025": stale},
            computed={"verdicts": stored.manifests()["verdicts"]},
            published=[
                Published("scotland.duckdb", folder / "scotland.duckdb", "unchanged"),
                Published("city-of-edinburgh.gpkg", folder / "city-of-edinburgh.gpkg", "written", sha256="cd" * 32),
                *(
                    Published(f"parquet/{one}.parquet", folder / "parquet" / f"{one}.parquet", "written")
                    for one in "ab"
                ),
                Published("fife.gpkg", folder / "fife.new.gpkg", "kept_beside", note="fife.gpkg is open in QGIS"),
            ],
            seconds={"fetch": 1.25, "verdicts": 0.5, "plan": 0.01},
        )

    monkeypatch.setattr(pipelines.run.workspace, "open_workspace", open_workspace)
    monkeypatch.setattr(pipelines.run.run, "run", run)
    return asked


def test_the_summary_is_for_reading(localities, ran_with):
    ran = localities("run")
    assert ran.code == 0
    said = ran.words
    assert "Tables recomputed" in said
    assert "verdicts 4 the code changed and 1 more" in said
    assert "Unchanged: candidate_localities, estimates, findings, zones." in said
    # one ward of three is poorer than both: 24,000 of 24,000 + 9,999 + 1,300 residents, 68 %, by either answer
    assert "wards 3 1 0 0 0 2 0 68% 68%" in said
    assert "intermediate_zones 1 0 0 0 0 1 0 0% 0%" in said
    assert "never added up" in said
    assert "city-of-edinburgh.gpkg written" in said
    assert "parquet/*.parquet (2 files) written" in said
    assert "fife.new.gpkg in use by another program: the new one is beside it" in said
    assert "Publications left alone, being up to date: 1 in" in said
    assert "Done in 1.8 seconds (fetch 1.2, verdicts 0.5)." in said
    assert "ictional" not in said


def test_warnings_and_progress_go_to_standard_error(localities, ran_with):
    ran = localities("run")
    assert "Warning: ons-wards-2025: ons-wards-2025 could not be refreshed" in ran.err
    assert "Warning: fife.gpkg: fife.gpkg is open in QGIS" in ran.err
    # in a log: one line for each phase and table, none for each file
    assert [line for line in ran.err.splitlines() if not line.startswith("Warning")] == [
        "Fetching (2)",
        "Computing verdicts (1 of 1)",
        "Writing (2)",
    ]


def test_quiet_leaves_only_warnings(localities, ran_with):
    ran = localities("run", "--quiet")
    assert ran.out == ""
    assert [line.split(":")[0] for line in ran.err.splitlines()] == ["Warning", "Warning"]


def test_json_is_one_document_and_nothing_else(localities, ran_with, tmp_path):
    ran = localities("run", "--json", "--area", "Edinburgh, City of", "--candidate-set", "wards")
    told = ran.json
    assert list(told) == sorted(told)
    assert (told["areas"], told["candidate_sets"], told["is_fictional"]) == (["S12000036"], ["wards"], False)
    assert told["flagged"] == [
        {
            "candidate_set": "wards",
            "localities": 2,
            "poorer_than_both": 1,
            "poorer_than_scotland": 0,
            "poorer_within_cpp_only": 0,
            "some_evidence": 0,
            "no_evidence": 1,
            "insufficient_evidence": 0,
            "residents": 33_999,
            "residents_flagged_scotland": 24_000,
            "residents_flagged_cpp": 24_000,
        }
    ]
    assert [one["table"] for one in told["tables"] if one["is_recomputed"]] == ["verdicts"]
    assert [(one["name"], one["status"]) for one in told["publications"]] == [
        ("city-of-edinburgh.gpkg", "written"),
        ("fife.gpkg", "kept_beside"),
        ("parquet/a.parquet", "written"),
        ("parquet/b.parquet", "written"),
        ("scotland.duckdb", "unchanged"),
    ]
    assert told["sources"][0]["is_stale"] is True
    assert len(told["warnings"]) == 2
    assert told["seconds"] == {"fetch": 1.25, "verdicts": 0.5, "plan": 0.01}


def test_options_reach_the_pipeline(localities, ran_with, tmp_path):
    localities(
        "run", "--area", "city-of-edinburgh", "--area", "S12000036", "--area", "Western Isles",
        "--candidate-set", "Intermediate-Zones", "--out", tmp_path / "out", "--offline", "--mirror", tmp_path,
    )  # fmt: skip
    assert ran_with["home"] == Home(tmp_path / "home")
    assert ran_with["areas"] == ["S12000036", "S12000013"]
    assert ran_with["candidate_sets"] == ["intermediate_zones"]
    assert (ran_with["out"], ran_with["network"], ran_with["mirror"]) == (tmp_path / "out", False, str(tmp_path))

    localities("run", "--area", "all", "--home", tmp_path / "other")
    assert ran_with["home"] == Home(tmp_path / "other")
    assert (ran_with["areas"], ran_with["candidate_sets"], ran_with["out"]) == (None, None, None)
    assert (ran_with["network"], ran_with["is_sample"]) == (True, False)


def test_the_summary_says_which_areas_it_counts(localities, ran_with):
    assert "Localities by answer in City of Edinburgh" in localities("run", "-a", "edinburgh").words
    assert "Localities by answer in" not in localities("run").words


def test_the_sample_is_called_fictional(localities, ran_with):
    ran = localities("run", "--sample")
    assert "Fictional sample: a country that does not exist" in ran.out
    assert ran_with["is_sample"] is True
    assert localities("run", "--sample", "--json").json["is_fictional"] is True


def test_the_next_step_is_one_that_works_as_printed(localities, ran_with, tmp_path):
    said = localities("run", "--sample", "--home", tmp_path).words
    assert f'`localities candidates --sample --home "{tmp_path}"`' in said.replace("\n", " ")


def test_areas_are_known_before_the_first_run(localities, ran_with, tmp_path):
    empty = ("--home", tmp_path / "empty")
    localities("run", *empty, "--area", "Fife")
    assert ran_with["areas"] == ["S12000047"]
    # the sample has its own, and Fife is not among them
    localities("run", *empty, "--sample", "--area", "carrickmorlich")
    assert ran_with["areas"] == ["S12990004"]
    assert localities("run", *empty, "--sample", "--area", "Fife").code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--area", "Glasgwo", "--home", "nowhere"), "nearest: Glasgow City (S12000049)"),
        (("--candidate-set", "parishes"), "No such way of drawing localities: 'parishes'"),
        (("--sample", "--mirror", "somewhere"), "The sample needs no mirror"),
        (("--colour",), "No such option"),
    ],
)
def test_wrong_usage_comes_before_any_work(localities, ran_with, arguments, words):
    ran = localities("run", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.words
    assert ran_with == {}


def test_a_failed_run_says_why_and_nothing_on_standard_output(localities, ran_with, monkeypatch):
    def fail(*_: object, **__: object) -> Report:
        raise SourceChanged("The pinned source sg-simd-2020v2 has other bytes than its declaration lists.")

    monkeypatch.setattr(pipelines.run.run, "run", fail)
    ran = localities("run", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "Error: The pinned source sg-simd-2020v2 has other bytes than its declaration lists.\n"


def test_a_terminal_sees_a_bar_for_the_steps_and_one_for_the_file(monkeypatch, capsys):
    from rich.console import Console

    import pipelines.cli.parts.progress as progress

    monkeypatch.setattr(progress, "side", lambda: Console(force_terminal=True, width=100, file=None, stderr=True))
    with progress.watching(is_quiet=False) as watch:
        watch.step("Fetching a-source-with-a-name-that-goes-on-and-on-and-on-for-ever", 3, 10)
        watch.received("a-source", 1_500_000, 3_000_000)
        watch._progress.refresh()
        shown = capsys.readouterr().err
    assert "Fetching a-source-with-a-name" in shown
    assert "3 of 10" in shown
    assert "1.5 of 3.0 MB" in shown


def test_where_nothing_was_published_nothing_is_said_of_it(localities, ran_with, monkeypatch):
    monkeypatch.setattr(pipelines.run.run, "run", lambda *_, **__: Report(plan=Plan((), ()), seconds={"fetch": 0.2}))
    said = localities("run").words
    assert "Nothing has changed: no table was recomputed." in said
    assert "Publications" not in said
    assert Path("publications").name not in said
