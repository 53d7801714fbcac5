"""Candidates and findings, read from a store made by hand."""

from __future__ import annotations

import csv
import io

import pytest

from indicators.errors import ConfigError


def test_candidates_as_a_table_by_partnership_and_set(localities, stored):
    ran = localities("candidates")
    assert ran.code == 0
    assert ran.err == ""
    assert "City of Edinburgh (S12000036): wards, 2 localities" in ran.out
    assert "City of Edinburgh (S12000036): intermediate_zones, 1 locality" in ran.out
    leith = next(line.split() for line in ran.out.splitlines() if "wards:S13002919" in line)
    # rank, name, id, residents, within the limit, zones, in one piece, compactness, fit, both verdicts, firmness, votes
    assert leith == ["1", "Leith", "wards:S13002919", "24,000", "no", "30", "yes", "0.41", "97%", "strong", "evidence",
                     "strong", "evidence", "1.5", "income", "and", "work"]  # fmt: skip


@pytest.mark.parametrize("width", ["60", "80", "120", "200"])
def test_long_names_fold_and_nothing_is_cut(localities, stored, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    ran = localities("candidates", "--area", "edinburgh")
    assert max(map(len, ran.out.splitlines())) <= int(width)
    # the words of the longest name are all there, whatever lines they fell on
    for word in ("Colinton", "Long", "Village", "Foot", "Hill"):
        assert word in ran.out
    assert "…" not in ran.out


def test_candidates_of_an_area_and_a_set_as_json(localities, stored):
    ran = localities("candidates", "--area", "Edinburgh, City of", "--candidate-set", "wards", "--json")
    assert [one["locality_id"] for one in ran.json] == ["wards:S13002919", "wards:S13002928"]
    leith = ran.json[0]
    assert (leith["population"], leith["is_within_limit"], leith["verdict"]) == (24_000, False, "strong_evidence")
    assert "geometry" not in leith
    assert list(leith) == sorted(leith)
    assert ran.json[1]["poorer_votes_scotland"] is None


def test_json_is_the_same_every_time_and_plain_ascii(localities, stored):
    first = localities("candidates", "--json").out
    assert first == localities("candidates", "--json").out
    assert first.isascii()
    assert "M\\u00f2r \\u0175" in first


def test_csv_is_utf8_whatever_the_terminal(localities, stored):
    ran = localities("candidates", "--area", "Eilean Siar", "--csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["locality_name"] for row in rows] == ["Barraigh agus Bhatarsaigh’s Mòr ŵ"]
    assert rows[0]["is_contiguous"] == "False"
    assert rows[0]["poorer_votes_scotland"] == ""


def test_only_flagged(localities, stored):
    assert [one["locality_id"] for one in localities("candidates", "--flagged", "--json").json] == ["wards:S13002919"]


def test_a_place_poorer_only_within_its_partnership_is_flagged_by_that_answer_alone(localities, stored):
    verdicts = stored.read("verdicts")
    verdicts.loc[verdicts["is_flagged"], "verdict_scotland"] = "some_evidence"
    stored.write("verdicts", verdicts)
    assert localities("candidates", "--flagged", "--json").json == []
    within = localities("candidates", "--flagged-within", "--json").json
    assert [one["locality_id"] for one in within] == ["wards:S13002919"]
    both = localities("candidates", "--flagged", "--flagged-within", "--json").json
    assert both == within


def test_candidates_before_there_are_verdicts(localities, stored):
    (stored.root / "verdicts" / "current.json").unlink()
    assert {one["verdict"] for one in localities("candidates", "--json").json} == {None}
    assert localities("candidates").code == 0


def test_findings_show_the_latest_period_of_both_comparators(localities, stored):
    found = localities("findings", "--locality", "wards:S13002919", "--json").json
    assert [(one["indicator_id"], one["period"], one["comparator"]) for one in found] == [
        ("simd_crime", "2017/18", "cpp"),
        ("simd_income", "2017", "cpp"),
        ("simd_income", "2017", "scotland"),
    ]
    income = found[1]
    assert (income["value"], income["lower_ci"], income["upper_ci"]) == (21.0, 20.5, 21.5)
    assert income["locality_name"] == "Leith"
    assert income["q_important"] == 1e-12  # small probabilities survive
    assert found[0]["value"] is None


def test_findings_are_narrowed_by_every_option(localities, stored):
    def keys(*options: str) -> set[tuple[str, str, str]]:
        found = localities("findings", "--json", *options).json
        return {(one["locality_id"], one["period"], one["comparator"]) for one in found}

    leith, isle = "wards:S13002919", "wards:S13002999"
    assert keys("--significance", "poorer") == {(leith, "2017", "cpp"), (leith, "2017", "scotland")}
    assert keys("--significance", "poorer", "--all-periods", "--comparator", "cpp") == {
        (leith, "2016", "cpp"),
        (leith, "2017", "cpp"),
    }
    assert keys("--area", "na-h-eileanan-siar", "--comparator", "scotland") == {(isle, "2017", "scotland")}
    assert keys("--indicator", "simd_crime") == {(leith, "2017/18", "cpp")}
    # "Leith" is a ward and an intermediate zone: both, unless a set is named
    assert {one[0] for one in keys("--locality", "leith")} == {leith, "intermediate_zones:S02001665"}
    assert {one[0] for one in keys("--locality", "leith", "-s", "intermediate-zones")} == {
        "intermediate_zones:S02001665"
    }
    assert keys("--significance", "better") == set()


def test_findings_as_a_table_say_what_they_leave_out(localities, stored):
    ran = localities("findings", "--limit", "1")
    assert "Showing 1 of 7 findings" in ran.out
    whole = localities("findings", "--limit", "0")
    assert "Showing" not in whole.out
    row = next(line for line in whole.out.splitlines() if "21.0" in line and "CPP" in line)
    assert "Income-deprived residents" in row
    assert "20.5 to 21.5" in row
    assert "1.91" in row  # 21 / 11
    assert "<0.001" in row
    assert row.rstrip().endswith("poorer")


def test_nothing_found_is_said_plainly(localities, stored):
    assert localities("findings", "--significance", "better").out.strip() == "No finding matches."
    assert localities("candidates", "--area", "fife").code == 2  # not among the zones of this store


@pytest.mark.parametrize("command", [("candidates",), ("findings",), ("explain", "Leith")])
def test_an_empty_store_says_what_to_run_first(localities, command):
    ran = localities(*command)
    assert ran.code == 1
    assert ran.out == ""
    assert "Nothing has been computed yet" in ran.err
    assert "run `localities run` first" in ran.err
    assert "Traceback" not in ran.err
    assert "localities run --sample" in localities(*command, "--sample").err


def test_a_store_that_lacks_one_table_names_it(localities, stored):
    (stored.root / "findings" / "current.json").unlink()
    ran = localities("findings")
    assert (ran.code, "no findings" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("candidates", "--area", "Edinbrugh"), "nearest: City of Edinburgh (S12000036)"),
        (("candidates", "--candidate-set", "parishes"), "wards, wards_split"),
        (("candidates", "--json", "--csv"), "not both"),
        (("findings", "--indicator", "simd_incme"), "Nearest: simd_income"),
        (("findings", "--comparator", "england"), "is not one of cpp, scotland"),
        (("findings", "--significance", "dire"), "is not one of poorer"),
        (("findings", "--locality", "Lieth"), "Leith, City of Edinburgh"),
        (("findings", "--limit", "-1"), "--limit"),
        (("explain",), "LOCALITY"),
    ],
)
def test_wrong_usage_is_answered_with_what_could_be_meant(localities, stored, arguments, words):
    ran = localities(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert words in ran.words


def test_a_home_named_on_the_command_line_wins(localities, stored, tmp_path):
    assert localities("candidates", "--home", tmp_path / "elsewhere").code == 1
    assert localities("candidates", "--home", tmp_path / "home").code == 0


def test_one_locality_among_several_of_a_name(stored):
    import typer

    from pipelines.cli.parts.choices import one_locality
    from pipelines.storage.reading import rows_of

    places = rows_of(stored, "candidate_localities")
    with pytest.raises(typer.BadParameter) as failure:
        one_locality("Leith", places, option="LOCALITY")
    assert "may be any of 2 localities" in str(failure.value)
    assert "wards:S13002919  Leith, City of Edinburgh" in str(failure.value)
    assert "intermediate_zones:S02001665" in str(failure.value)
    assert one_locality("s02001665", places, option="LOCALITY") == "intermediate_zones:S02001665"
    assert one_locality("barraigh agus bhatarsaighs mor w", places, option="LOCALITY") == "wards:S13002999"
    assert one_locality("foot of the hill", places, option="LOCALITY") == "wards:S13002928"
    with pytest.raises(typer.BadParameter, match="`localities candidates` lists them all"):
        one_locality("Xyzzy", places, option="LOCALITY")


def test_what_is_mistyped_is_answered_with_the_names_most_like_it_first():
    import pandas as pd
    import typer

    from pipelines.cli.parts.choices import one_locality

    names = ["Meethill", "Methilhill", "Methil Town Centre", "Methil", "Leith"]
    places = pd.DataFrame({"locality_id": [f"wards:{at}" for at in range(5)], "locality_name": names, "cpp_name": "X"})
    with pytest.raises(typer.BadParameter) as failure:
        one_locality("Methill", places.drop(index=1), option="LOCALITY")
    assert [line.split(maxsplit=1)[1] for line in str(failure.value).splitlines()[1:]] == [
        "Methil, X", "Methil Town Centre, X", "Meethill, X"
    ]  # fmt: skip


def test_the_settings_that_tables_were_made_with(stored):
    from pipelines.storage.reading import settings_of

    assert settings_of(stored).alpha == 0.05
    stored.write("verdicts", stored.read("verdicts"), configuration={"alpha": 0.01, "vote_share": 0.4})
    assert (settings_of(stored).alpha, settings_of(stored).vote_share) == (0.01, 0.4)


def test_tables_are_read_when_asked_for(stored):
    from pipelines.cli.parts.reading import StoredTables, open_store

    tables = StoredTables(stored, only={"findings": {"locality_id": ["wards:S13002999"]}})
    assert set(tables) == {"zones", "candidate_localities", "verdicts", "estimates", "findings"}
    assert set(tables["findings"]["locality_id"]) == {"wards:S13002999"}
    assert "geometry" not in tables["zones"]
    assert "observations" not in tables
    with pytest.raises(ConfigError, match="no observations"):
        open_store(_Home(stored), "zones", "observations")


class _Home:
    """Just enough of a working folder: where its store is."""

    def __init__(self, stored) -> None:
        self.store = stored.root
