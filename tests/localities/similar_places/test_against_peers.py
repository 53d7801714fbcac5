"""A locality held against its peers: pooled sums by hand, and what may not be judged by which peers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, People
from indicators.comparison.compare import compare_proportions, compare_rates
from localities.evidence.findings import build_findings
from localities.evidence.reasons import ROUNDED_REASON, SUPPRESSED_REASON
from localities.explain.beside import beside_similar_places
from localities.similar_places.against_peers import build_peer_findings
from localities.similar_places.peers import build_peers

from .conftest import CATALOGUE, SETTINGS, figures


@pytest.fixture
def tables(country) -> dict[str, pd.DataFrame]:
    peers = build_peers(
        country["observations"], CATALOGUE, country["zones"], country["candidate_localities"],
        country["membership"], SETTINGS,
    )  # fmt: skip
    return {**country, "peers": peers, "indicators": CATALOGUE.to_frame()}


_GIVEN = ("zones", "candidate_localities", "membership", "peers")


def beside_peers(tables, locality: str = "wards:4") -> pd.DataFrame:
    """Return what is found of a locality beside its peers, by indicator."""
    given = [tables[name] for name in _GIVEN]
    found = build_peer_findings(tables["observations"], CATALOGUE, *given, SETTINGS)
    return found[found["locality_id"] == locality].set_index("indicator_id")


def pooled(tables, indicator: str, matching: str, locality: str = "wards:4") -> tuple[float, float]:
    """Return the numerator and the denominator of a locality's peers, added up zone by zone."""
    peers = tables["peers"]
    named = peers.loc[(peers["area_id"] == locality) & (peers["matching"] == matching), "peer_id"]
    zones = tables["membership"].loc[tables["membership"]["locality_id"].isin(named), "zone_code"]
    rows = tables["observations"]
    rows = rows[(rows["indicator_id"] == indicator) & rows["area_code"].isin(zones)]
    return rows["numerator"].sum(), rows["denominator"].sum()


def test_counts_of_peers_are_pooled(tables) -> None:
    found = beside_peers(tables)
    events, people = pooled(tables, "crime", "with_deprivation")
    row = found.loc["crime"]
    assert (row["matching"], row["peer_count"]) == ("with_deprivation", 5)
    assert row["value"] == pytest.approx((108 + 109) / 2000 * 10_000)
    assert row["peers_value"] == pytest.approx(events / people * 10_000)
    by_hand = compare_rates(217, 2000, events, people, important=1.25, scale="ratio", poorer_is="higher")
    assert row["depth"] == pytest.approx(by_hand.depth[0])


def test_income_is_held_against_peers_found_without_it(tables) -> None:
    found = beside_peers(tables)
    # the need itself, and benefits, which is declared to be nearly the same
    assert found["matching"].to_dict() == {
        "benefits": "without_deprivation", "crime": "with_deprivation", "score": "with_deprivation",
        "simd_income": "without_deprivation",
    }  # fmt: skip
    events, people = pooled(tables, "simd_income", "without_deprivation")
    mine = tables["observations"].query("indicator_id == 'simd_income'")["numerator"].iloc[[8, 9]].sum()
    by_hand = compare_proportions(mine, 2000, events, people, important=1.25, scale="ratio", poorer_is="higher")
    row = found.loc["simd_income"]
    assert row["peers_value"] == pytest.approx(events / people * 100)
    assert row["depth"] == pytest.approx(by_hand.depth[0])


def test_means_of_peers_are_weighted(tables) -> None:
    found = beside_peers(tables)
    peers = tables["peers"]
    named = peers.loc[(peers["area_id"] == "wards:4") & (peers["matching"] == "with_deprivation"), "peer_id"]
    zones = tables["membership"].loc[tables["membership"]["locality_id"].isin(named), "zone_code"]
    rows = tables["observations"].query("indicator_id == 'score'")
    assert found.loc["score", "peers_value"] == pytest.approx(rows[rows["area_code"].isin(zones)]["value"].mean())


def test_what_hangs_on_rounding_is_not_called_suppressed(tables) -> None:
    # 1,085 per 10,000, as its peers have about, where each zone's figure may be 500 less or more
    rounded = replace(CATALOGUE["crime"], rounding=1000.0, people=People(column="people", per=10_000))
    catalogue = Catalogue(tuple(rounded if one.id == "crime" else one for one in CATALOGUE))
    found = build_peer_findings(tables["observations"], catalogue, *(tables[name] for name in _GIVEN), SETTINGS)
    crime = found[found["indicator_id"] == "crime"]
    assert ROUNDED_REASON in set(crime["reason"])
    assert SUPPRESSED_REASON not in set(crime["reason"])


def test_direction_is_respected(tables) -> None:
    rows = tables["observations"]
    worse = rows[rows["indicator_id"] != "crime"]
    crime = np.full(24, 50.0)
    crime[[8, 9]] = 200
    tables = {**tables, "observations": pd.concat([worse, figures("crime", crime)])}
    assert beside_peers(tables).at["crime", "significance"] == "poorer"
    tables["observations"] = pd.concat([worse, figures("crime", 250 - crime)])
    assert beside_peers(tables).at["crime", "significance"] == "better"


def test_peers_are_no_comparator_of_findings(country) -> None:
    findings = build_findings(
        country["observations"], CATALOGUE, country["zones"], country["candidate_localities"],
        country["membership"], SETTINGS,
    )  # fmt: skip
    assert set(findings["comparator"]) == {"cpp", "scotland"}


def test_a_place_without_peers_gets_an_empty_table(tables) -> None:
    found = beside_peers({**tables, "peers": tables["peers"].head(0)})
    assert found.empty
    assert {"peers_value", "significance"} <= set(found.columns)


def test_every_place_is_held_against_its_own_peers(tables) -> None:
    """One place alone, with its peers, has the rows that it has among all."""
    every = beside_peers(tables, "wards:2")
    alone = {**tables, "peers": tables["peers"].query("area_id == 'wards:2'")}
    pd.testing.assert_frame_equal(beside_peers(alone, "wards:2"), every)
    assert beside_peers(alone, "wards:4").empty


def test_explanation_has_three_lines_and_says_that_they_do_not_count(tables) -> None:
    given = [tables[name] for name in _GIVEN]
    tables["peer_findings"] = build_peer_findings(tables["observations"], CATALOGUE, *given, SETTINGS)
    lines = beside_similar_places(tables, "wards:4", SETTINGS)
    assert len(lines) == 3
    nearest = tables["peers"].query("area_id == 'wards:4' and matching == 'with_deprivation'").iloc[0]["peer_id"]
    assert f"Ward {nearest.removeprefix('wards:')} (Partnership" in lines[0]
    assert "and 1 more" in lines[0]
    assert lines[1].startswith("Of 2 outcomes held against all of them together, ")
    assert "no part in the verdict" in lines[2]


def test_a_store_from_before_peers_tells_nothing(country) -> None:
    assert beside_similar_places(country, "wards:4", SETTINGS) == ()
