"""Explanations of every locality of the sample: sentences that are whole, and numbers that the tables hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

from indicators.errors import ConfigError
from localities.explain import Explanation, explain
from localities.settings import Settings
from pipelines.storage.store import Store

NAMES = (
    "candidate_localities", "verdicts", "findings", "estimates", "indicators", "sources", "membership", "adjacency",
    "zones", "hot_spots", "hot_spot_zones",
)  # fmt: skip


@pytest.fixture(scope="module")
def tables(sample_home) -> Mapping[str, pd.DataFrame]:
    store = Store(sample_home.store)
    return {name: store.read(name) for name in NAMES}


def first_with(tables, verdict: str) -> pd.Series:
    verdicts = tables["verdicts"]
    return verdicts[verdicts["verdict"] == verdict].sort_values("locality_id").iloc[0]


def technically(tables, place: str, **more) -> dict[str, tuple[str, ...]]:
    return lines(explain(tables, place, is_technical=True, **more))


def lines(explanation: Explanation) -> dict[str, tuple[str, ...]]:
    return dict(explanation.sections)


@pytest.mark.parametrize("is_technical", [False, True])
@pytest.mark.parametrize("verdict", ["strong_evidence", "some_evidence", "no_evidence"])
def test_sentences_are_whole(tables, verdict, is_technical) -> None:
    text = explain(tables, first_with(tables, verdict)["locality_id"], is_technical=is_technical).text(10_000)
    words = text.replace("(", " ").replace(")", " ").replace(",", " ").split()
    assert not {"nan", "None", "<NA>", "NaN"} & set(words)
    # two spaces stand where a word is missing
    assert "  " not in text.replace("\n  - ", "\n- ")


def test_a_domain_is_said_to_be_what_its_vote_is(tables) -> None:
    verdicts = tables["verdicts"].set_index("locality_id")
    # half slightly poorer and half better is slightly poorer, in the answer and below it
    for column, said in (
        ("slightly_votes_scotland", "poorer, not surely by enough to matter, than"),
        ("better_votes_scotland", "better than"),
        ("poorer_votes_scotland", "poorer than"),
    ):
        for place, votes in verdicts[column].dropna().head(4).items():
            told = lines(explain(tables, place))["Where outcomes are poorer"]
            for vote in votes.split("; "):
                (line,) = [one for one in told if one.lower().startswith(vote)]
                assert f": {said} elsewhere in Scotland" in line


def test_a_place_without_a_flag_is_not_called_poorer(tables) -> None:
    verdict = technically(tables, first_with(tables, "no_evidence")["locality_id"])["The verdict"]
    assert verdict[0].startswith("No evidence of poorer outcomes. Than elsewhere in Scotland: ")
    assert "importantly poorer" not in verdict[0]


def test_thresholds_that_are_not_the_usual_ones_stand_beside_the_verdict(tables) -> None:
    place = first_with(tables, "some_evidence")["locality_id"]
    usual = " ".join(lines(explain(tables, place))["In short"])
    assert "other thresholds" not in usual
    other = replace(Settings(), alpha=0.01, reference_set="wards", editions_days=30)
    said = technically(tables, place, settings=other)["The verdict"][-1]
    assert said == lines(explain(tables, place, settings=other))["In short"][-1]
    assert said == (
        "Made with other thresholds than usual: alpha 0.01 (0.05 is usual); reference_set wards "
        "(natural_communities is usual)."
    )


def test_counts_and_values_are_those_of_the_tables(tables) -> None:
    row = first_with(tables, "strong_evidence")
    told = technically(tables, row["locality_id"])
    place = tables["candidate_localities"].set_index("locality_id").loc[row["locality_id"]]
    assert told["The verdict"][1].startswith(f"{place['population']:,} residents in {place['zone_count']} data zones")
    assert f": {row['people_in_need']:,.0f}. " in told["The verdict"][2]
    estimates = tables["estimates"].set_index(["locality_id", "indicator_id", "period"])
    income = estimates.loc[(row["locality_id"], "simd_income", "2017")]
    (sentence,) = [one for one in told["The 5 strongest findings"] if one.startswith("Income-deprived residents")]
    assert f"({income['numerator']:,.0f} of {income['denominator']:,.0f}, 95% interval " in sentence


def test_the_strongest_findings_come_by_grade(tables) -> None:
    told = technically(tables, first_with(tables, "strong_evidence")["locality_id"])["The 5 strongest findings"]
    surely = ["surely and importantly poorer" in one for one in told]
    assert surely[0]
    assert surely == sorted(surely, reverse=True)


def test_two_places_are_told_apart(tables) -> None:
    poorer, other = (first_with(tables, one)["locality_id"] for one in ("strong_evidence", "no_evidence"))
    explanation = explain(tables, poorer, other, is_technical=True)
    assert explanation.title.startswith("Why ")
    assert "The findings that set them apart most" in lines(explanation)


def test_a_name_that_is_no_place_is_refused(tables) -> None:
    with pytest.raises(ConfigError, match="No candidate locality has that name"):
        explain(tables, "Nowhere at all")


def test_hot_spots_that_residents_live_in_are_told_with_both_answers(tables) -> None:
    spots, zones = tables["hot_spots"], tables["zones"].set_index("zone_code")["population"]
    spot = spots.iloc[0]
    codes = set(tables["hot_spot_zones"].query("hot_spot_id == @spot.hot_spot_id")["zone_code"])
    members = tables["membership"].query("candidate_set == 'intermediate_zones'")
    locality = members.loc[members["zone_code"].isin(codes), "locality_id"].iloc[0]
    inside = set(members.loc[members["locality_id"] == locality, "zone_code"]) & codes
    line = technically(tables, locality)["Hot spots"][0]
    assert line.startswith(
        f"{sum(zones[one] for one in inside):,} residents in hot spot {spot['rank']} of {spot['cpp_name']}"
    )
    assert f"Beyond chance: {'yes' if spot['is_beyond_chance'] else 'no'}." in line
    assert f"inequality: {'yes' if spot['is_beyond_inequality'] else 'no'} (p " in line


def test_a_zone_where_nobody_lives_puts_no_resident_in_a_cluster(tables) -> None:
    """Part of a cluster may lie in a place whose own zones of it were cleared of homes, as Sighthill's were."""
    spot = tables["hot_spots"].iloc[[0]].assign(is_beyond_chance=True, is_beyond_inequality=True)
    codes = set(tables["hot_spot_zones"].query("hot_spot_id == @spot.hot_spot_id.iloc[0]")["zone_code"])
    members = tables["membership"].query("candidate_set == 'intermediate_zones'")
    locality = members.loc[members["zone_code"].isin(codes), "locality_id"].iloc[0]
    bare = tables["zones"].assign(
        population=tables["zones"]["population"].mask(tables["zones"]["zone_code"].isin(codes), 0)
    )
    (line,) = lines(explain({**tables, "zones": bare, "hot_spots": spot}, locality))["Hot spots"]
    assert line == f"None of its residents live in a hot spot of {spot['cpp_name'].iloc[0]}."


def test_an_area_without_a_hot_spot_says_so(tables) -> None:
    bare = {**tables, "hot_spots": tables["hot_spots"].head(0)}
    place = tables["candidate_localities"].iloc[0]
    assert lines(explain(bare, place["locality_id"]))["Hot spots"] == (f"{place['cpp_name']} has no clear hot spot.",)


def test_the_council_s_latest_figures_stand_beside_scotland_s_and_have_no_part_in_the_verdict(tables) -> None:
    place = tables["candidate_localities"].iloc[0]
    code = str(place["cpp_code"])
    rows = [
        (code, "Life expectancy, males", "2020/22", 70.5, 69.9, 71.1),
        (code, "Life expectancy, males", "2021/23", 71.25, 70.6, 71.9),
        ("S92000003", "Life expectancy, males", "2021/23", 76.8, 76.7, 76.9),
        (code, "Children in poverty", "2023/24", 31.0, None, None),
        ("S12999999", "Children in poverty", "2023/24", 12.0, None, None),
        (code, "Drug misuse deaths", "2020/24", None, None, None),
    ]
    names = ["area_code", "context_figure", "period", "value", "lower_ci", "upper_ci"]
    context = pd.DataFrame(rows, columns=names).assign(unit="years", source_id="made-up", context_poorer_is=None)
    topics = {"Life": "life_expectancy", "Chil": "child_poverty", "Drug": "drug_deaths"}
    context["context_topic"] = context["context_figure"].str[:4].map(topics)
    said = lines(explain({**tables, "council_context": context}, str(place["locality_id"])))
    life, children, last = said["The whole council, for context"]
    assert children == "Children in poverty, 2023/24: 31.0 years."
    assert life == "Life expectancy, males, 2021/23: 71.2 (70.6 to 71.9) years; Scotland 76.8."
    assert "no part in any verdict" in last
    assert "The whole council, for context" not in lines(explain(tables, str(place["locality_id"])))


def test_plain_words_hold_no_method_no_q_no_depth_and_no_day(tables) -> None:
    """What a councillor met in the explanations of 2026 and could not use."""
    text = " ".join(
        explain(tables, first_with(tables, one)["locality_id"]).text(10_000)
        for one in ("strong_evidence", "some_evidence", "no_evidence")
    )
    jargon = r"Byar|Wilson|Poisson|quasi|depth|\bq [<=]|\bp [<=\d(]|dispersion|alpha|standard deviation|core vote"
    assert re.findall(jargon, text) == []
    assert re.findall(r"\d{4}-\d{2}-\d{2}|\(Scotland = 100\)|nan\b", text) == []


def test_plain_findings_have_the_figures_of_the_store_the_national_outcome_and_the_licence(tables) -> None:
    place = first_with(tables, "strong_evidence")["locality_id"]
    (said,) = [one for one in lines(explain(tables, place))["The 5 strongest findings"] if one.startswith("Income-dep")]
    keyed = tables["estimates"].set_index(["locality_id", "indicator_id", "period"]).loc[(place, "simd_income", "2017")]
    assert f"2017: {keyed['value']:.3g}% of residents (between " in said
    assert f"; {keyed['numerator']:,.0f} of {keyed['denominator']:,.0f})" in said
    assert "National Outcome: Poverty. Source: " in said
    licence = tables["sources"].set_index("source_id").loc[keyed["source_id"], "licence"]
    assert said.endswith(f"({licence}).")


def test_two_findings_of_nothing_do_not_set_places_apart(tables) -> None:
    """An outcome is told only where the two intervals do not meet and one of the places is surely poorer in it."""
    poorer, other = (first_with(tables, one)["locality_id"] for one in ("strong_evidence", "no_evidence"))
    said = lines(explain(tables, poorer, other))["What surely differs"]
    named = {one.partition(",")[0] for one in said}
    findings = tables["findings"].merge(tables["indicators"][["indicator_id", "indicator_title"]], on="indicator_id")
    of_both = findings[findings["locality_id"].isin([poorer, other]) & findings["is_headline_period"]]
    sure = of_both[of_both["significance"].astype("str").isin(["poorer", "slightly_poorer"])]
    assert named
    assert named <= set(sure["indicator_title"])
    same = lines(explain(tables, poorer, poorer))["What surely differs"]
    assert same == ("Nothing: no outcome differs by more than the figures of both leave open.",)


@pytest.mark.parametrize(
    ("is_beyond_chance", "is_beyond_inequality", "called"),
    [
        (True, True, ": a hot spot."),
        (True, False, " has clusters as strong anyway: no hot spot of its own."),
        (False, False, ": no hot spot."),
    ],
)
def test_a_hot_spot_that_is_none_is_called_none(tables, is_beyond_chance, is_beyond_inequality, called) -> None:
    spots = (
        tables["hot_spots"].head(1).assign(is_beyond_chance=is_beyond_chance, is_beyond_inequality=is_beyond_inequality)
    )
    zone = tables["hot_spot_zones"].query("hot_spot_id == @spots.hot_spot_id.iloc[0]")["zone_code"].iloc[0]
    members = tables["membership"].query("candidate_set == 'intermediate_zones'")
    locality = members.loc[members["zone_code"] == zone, "locality_id"].iloc[0]
    (line,) = lines(explain({**tables, "hot_spots": spots}, locality))["Hot spots"]
    assert called in line
