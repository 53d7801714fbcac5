"""Localities redrawn on the zones of another census: people gained and lost, worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.schema.validation import coerce, validate
from localities.change.vintages import build_vintages, changed_zones, membership_on, moved_verdicts
from localities.zones.crosswalk import build_crosswalk
from tests.localities.zones.test_crosswalk import AREAS, O_, A, B, C, D, E, K, L, M, N

# west is A and C, east is B and D, nowhere is E; the set "own_made" is no division of the country
PLACES = {"west": [A, C], "east": [B, D], "nowhere": [E]}


@pytest.fixture
def tables() -> tuple[pd.DataFrame, ...]:
    zones = pd.DataFrame({"zone_code": [A, B, C, D, E], "vintage": "2011"})
    crosswalk = coerce("crosswalk", build_crosswalk(AREAS, zones_2011=zones["zone_code"]))
    places = pd.DataFrame({"locality_id": list(PLACES), "candidate_set": "own_made", "locality_name": list(PLACES),
                           "cpp_code": "S12000047"})  # fmt: skip
    rows = [(place, "own_made", zone, 1.0) for place, zones in PLACES.items() for zone in zones]
    members = pd.DataFrame(rows, columns=["locality_id", "candidate_set", "zone_code", "weight"])
    return zones, crosswalk, places, members


def test_people_gained_and_lost(tables):
    found = validate("vintages", coerce("vintages", build_vintages(*tables))).set_index("locality_id")
    west, east, nowhere = found.loc["west"], found.loc["east"], found.loc["nowhere"]
    # west takes K and N: with N come 10 people of D
    assert west[["zone_count", "changed_zones", "redrawn_zones"]].tolist() == [2, 1, 2]
    assert west[["people", "people_in_changed_zones", "people_kept", "people_lost", "people_gained"]].tolist() == [
        190, 90, 190, 0, 10
    ]  # fmt: skip
    # east takes L, M and O; it loses those 10, and gains the 20 of O whose zone of 2011 nobody knows
    assert east[["zone_count", "changed_zones", "redrawn_zones"]].tolist() == [2, 2, 3]
    assert east[["people", "people_kept", "people_lost", "people_gained"]].tolist() == [180, 170, 10, 20]
    assert nowhere[["people", "unassigned_zones", "redrawn_zones"]].tolist() == [0, 1, 0]


def test_redrawn_and_with_the_boundary_kept(tables):
    redrawn = membership_on(*tables).groupby("locality_id")["zone_code"].agg(list)
    assert redrawn.to_dict() == {"west": [K, N], "east": [L, M, O_]}
    kept = membership_on(*tables, is_redrawn=False).set_index(["locality_id", "zone_code"])["weight"]
    assert kept["west", N] == pytest.approx(0.9)
    assert kept["east", N] == pytest.approx(0.1)
    assert kept["east", O_] == pytest.approx(70 / 90)


def test_some_localities_of_a_whole_membership(tables):
    zones, crosswalk, places, members = tables
    some = membership_on(zones, crosswalk, places[places["locality_id"] == "west"], members)
    assert some[["locality_id", "zone_code"]].to_numpy().tolist() == [["west", K], ["west", N]]


def test_why_a_verdict_moves(tables):
    table = coerce("vintages", build_vintages(*tables)).iloc[[0] * 6].assign(locality_id=list("abcdef"))
    table.loc[:, ["changed_zones", "people_gained", "people_lost"]] = [[1, 5.0, 0.0]] * 3 + [[0, 0.0, 0.0]] * 3
    strong, some, unknown = "strong_evidence", "some_evidence", "insufficient_evidence"

    def verdicts(*words: str) -> pd.DataFrame:
        cannot = "Cannot be assessed on these zones: too many figures"
        reasons = [cannot if one == unknown else "Only 1 of three" for one in words]
        return pd.DataFrame({"locality_id": list("abcdef"), "verdict": words, "reason": reasons})

    found = moved_verdicts(
        table, verdicts(strong, strong, strong, strong, strong, unknown),
        verdicts(strong, strong, some, some, strong, strong), verdicts(strong, some, some, some, unknown, strong),
    )  # fmt: skip
    # figures that are modelled here are the reason too where it can be assessed there
    assert found["moved_by"].fillna("").tolist() == ["", "boundary", "figures", "threshold", "modelled", "modelled"]


def test_zones_that_changed_with_their_people_and_where_they_went(tables):
    zones, crosswalk, *_ = tables
    found = changed_zones(zones, crosswalk).set_index("zone_code")
    assert found["other_zones"].to_dict() == {B: f"{L}, {M}", C: N, D: f"{N}, {O_}", E: "unassigned"}
    assert found["people"].fillna(-1).to_dict() == {B: 100, C: 90, D: 80, E: -1}
    assert A not in found.index


def test_without_lookups_there_is_nothing_to_say(tables):
    zones, crosswalk, places, members = tables
    assert build_vintages(zones, crosswalk.iloc[:0], places, members).empty
