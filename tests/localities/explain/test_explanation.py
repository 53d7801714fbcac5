"""Explanations of every locality of the sample: sentences that are whole, and numbers that the tables hold."""

from __future__ import annotations

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


def lines(explanation: Explanation) -> dict[str, tuple[str, ...]]:
    return dict(explanation.sections)


@pytest.mark.parametrize("verdict", ["strong_evidence", "some_evidence", "no_evidence"])
def test_sentences_are_whole(tables, verdict) -> None:
    text = explain(tables, first_with(tables, verdict)["locality_id"]).text(10_000)
    words = text.replace("(", " ").replace(")", " ").replace(",", " ").split()
    assert not {"nan", "None", "<NA>", "NaN"} & set(words)
    # two spaces stand where a word is missing
    assert "  " not in text.replace("\n  - ", "\n- ")


def test_a_place_without_a_flag_is_not_called_poorer(tables) -> None:
    verdict = lines(explain(tables, first_with(tables, "no_evidence")["locality_id"]))["The verdict"]
    assert verdict[0].startswith("No evidence of poorer outcomes. Than elsewhere in Scotland: ")
    assert "importantly poorer" not in verdict[0]


def test_thresholds_that_are_not_the_usual_ones_stand_beside_the_verdict(tables) -> None:
    place = first_with(tables, "some_evidence")["locality_id"]
    usual = " ".join(lines(explain(tables, place))["The verdict"])
    assert "other thresholds" not in usual
    other = replace(Settings(), alpha=0.01, reference_set="wards", editions_days=30)
    said = lines(explain(tables, place, settings=other))["The verdict"][-1]
    assert said == (
        "Made with other thresholds than usual: alpha 0.01 (0.05 is usual); reference_set wards "
        "(natural_communities is usual)."
    )


def test_counts_and_values_are_those_of_the_tables(tables) -> None:
    row = first_with(tables, "strong_evidence")
    told = lines(explain(tables, row["locality_id"]))
    place = tables["candidate_localities"].set_index("locality_id").loc[row["locality_id"]]
    assert told["The verdict"][1].startswith(f"{place['population']:,} residents in {place['zone_count']} data zones")
    assert f": {row['people_in_need']:,.0f}. " in told["The verdict"][2]
    estimates = tables["estimates"].set_index(["locality_id", "indicator_id", "period"])
    income = estimates.loc[(row["locality_id"], "simd_income", "2017")]
    (sentence,) = [one for one in told["The 5 strongest findings"] if one.startswith("Income-deprived residents")]
    assert f"({income['numerator']:,.0f} of {income['denominator']:,.0f}, 95% interval " in sentence


def test_the_strongest_findings_come_by_grade(tables) -> None:
    told = lines(explain(tables, first_with(tables, "strong_evidence")["locality_id"]))["The 5 strongest findings"]
    surely = ["surely and importantly poorer" in one for one in told]
    assert surely[0]
    assert surely == sorted(surely, reverse=True)


def test_two_places_are_told_apart(tables) -> None:
    poorer, other = (first_with(tables, one)["locality_id"] for one in ("strong_evidence", "no_evidence"))
    explanation = explain(tables, poorer, other)
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
    line = lines(explain(tables, locality))["Hot spots"][0]
    assert line.startswith(
        f"{sum(zones[one] for one in inside):,} residents in hot spot {spot['rank']} of {spot['cpp_name']}"
    )
    assert f"Beyond chance: {'yes' if spot['is_beyond_chance'] else 'no'}." in line
    assert f"inequality: {'yes' if spot['is_beyond_inequality'] else 'no'} (p " in line


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
    context = pd.DataFrame(rows, columns=names).assign(unit="years", source_id="made-up")
    said = lines(explain({**tables, "council_context": context}, str(place["locality_id"])))
    first, second, last = said["The whole council, for context"]
    assert first == "Children in poverty, 2023/24: 31.0 years."
    assert second == "Life expectancy, males, 2021/23: 71.2 (70.6 to 71.9) years; Scotland 76.8."
    assert "no part in any verdict" in last
    assert "The whole council, for context" not in lines(explain(tables, str(place["locality_id"])))
