"""Similar places: distances worked by hand, and what must hold of every list of peers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.errors import GeographyError, SchemaError
from indicators.schema.validation import validate
from localities.evidence.sums import build_places
from localities.rules import check_rules
from localities.similar_places.peers import PEERS, WEIGHTS, build_peers, describe, described_by, nearest

from .conftest import CATALOGUE, SETTINGS, ZONES


@pytest.fixture
def peers(country) -> pd.DataFrame:
    return validate(
        "peers",
        build_peers(
            country["observations"], CATALOGUE, country["zones"], country["candidate_localities"],
            country["membership"], SETTINGS,
        ),
    )  # fmt: skip


def test_distance_by_hand() -> None:
    # z of settlement figures 0, 3, 6 and of deprivation 10, 10, 40: -1.2247, 0, 1.2247 and -0.7071, -0.7071, 1.4142
    found = nearest(np.array([[0.0, 10.0], [3.0, 10.0], [6.0, 40.0]]), ("settlement", "deprivation"), count=2)
    # two themes of equal weight: the root of half the sum of squares
    first_second, second_third = np.sqrt(1.2247**2 / 2), np.sqrt((1.2247**2 + 2.1213**2) / 2)
    first_third = np.sqrt((2.4495**2 + 2.1213**2) / 2)
    assert found.area.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.peer.tolist() == [1, 2, 0, 2, 1, 0]
    np.testing.assert_allclose(
        found.distance,
        [first_second, first_third, first_second, second_third, second_third, first_third],
        atol=1e-4,
    )
    np.testing.assert_allclose(found.by_theme["deprivation"], [0, 2.1213, 0, 2.1213, 2.1213, 2.1213], atol=1e-4)
    assert np.isnan(found.by_theme["age"]).all()


def test_figures_of_a_theme_share_its_weight() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 2))
    once = nearest(x, ("age", "deprivation"), count=29)
    # the same figure four times over says no more than once
    often = nearest(x[:, [0, 0, 0, 0, 1]], ("age",) * 4 + ("deprivation",), count=29)
    np.testing.assert_allclose(once.distance, often.distance)


def test_a_figure_that_is_the_same_everywhere_and_a_theme_without_weight_have_no_say() -> None:
    x = np.array([[1.0, 5.0, 9.0], [2.0, 5.0, 1.0], [4.0, 5.0, 9.0], [9.0, 5.0, 0.0]])
    found = nearest(x, ("age", "age", "deprivation"), weights={**WEIGHTS, "deprivation": 0.0}, count=1)
    assert found.peer.tolist() == [1, 0, 1, 2]
    assert (found.by_theme["deprivation"] > 0).any()


def test_an_area_without_figures_has_no_peers_and_is_nobodys() -> None:
    found = nearest(np.array([[0.0], [1.0], [np.nan], [5.0]]), ("age",), count=3)
    assert 2 not in {*found.area, *found.peer}
    assert found.area.tolist() == [0, 0, 1, 1, 3, 3]  # two peers each: there are no more


@pytest.mark.parametrize("seed", range(4))
def test_never_its_own_peer_and_distances_the_same_both_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 3))
    x[5:20] = x[5]  # fifteen places exactly alike: more than there are peers
    found = nearest(x, ("settlement", "age", "deprivation"), count=PEERS)
    assert (found.area != found.peer).all()
    assert np.bincount(found.area).tolist() == [PEERS] * 40
    pairs = {(a, b): d for a, b, d in zip(found.area, found.peer, found.distance, strict=True)}
    assert len(pairs) == 40 * PEERS  # none named twice
    both = [(d, pairs[b, a]) for (a, b), d in pairs.items() if (b, a) in pairs]
    assert len(both) > 40
    np.testing.assert_allclose(*np.transpose(both), atol=1e-12)
    # against all distances, worked out one by one
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    every = np.sqrt(((z[:, None] - z[None]) ** 2).mean(axis=2))
    np.fill_diagonal(every, np.inf)
    np.testing.assert_allclose(found.distance.reshape(40, PEERS), np.sort(every, axis=1)[:, :PEERS], atol=1e-9)


def test_what_places_are_described_by(country) -> None:
    zones = country["zones"].copy()
    # the first locality: one zone in a large urban area on one hectare, one very remote rural on ten
    zones.loc[[0, 1], "urban_rural_8_code"] = [1, 8]
    zones.loc[[0, 1], "area_m2"] = [10_000.0, 100_000.0]
    places = build_places(zones, country["candidate_localities"], country["membership"])
    what = describe(described_by(country["observations"], CATALOGUE, zones, SETTINGS), zones, places, SETTINGS)
    row = dict(zip(what.names, what.figures[0], strict=True))
    assert [row[name] for name in ("large_urban", "urban", "urban_or_town", "remote", "very_remote")] == [0.5] * 5
    # half live at 1,000 a hectare and half at 100
    assert row["density"] == pytest.approx(np.log(550))
    # 50 and 50 + 11 * 15 of 1,000 each
    assert row["simd_income"] == pytest.approx((50 + 215) / 2000)
    assert len(what.area_id) == 12 + 4
    assert set(what.group[-4:]) == {"cpp"}


def test_every_place_has_peers_of_its_own_kind_in_both_ways(country, peers) -> None:
    check_rules("peers", peers, country)
    counts = peers.groupby(["candidate_set", "matching"]).size()
    # at most ten, and none as far apart as two drawn at random
    assert (counts["wards"] <= 12 * 10).all()
    assert (counts["cpp"] <= 4 * 3).all()
    assert 0 < peers["distance"].max() <= 2**0.5
    wards = peers[peers["candidate_set"] == "wards"]
    cpp = country["candidate_localities"].set_index("locality_id")["cpp_code"]
    same = wards["area_id"].map(cpp).to_numpy() == wards["peer_id"].map(cpp).to_numpy()
    assert (wards["is_same_cpp"].to_numpy() == same).all()
    assert same.any()
    assert not same.all()


def test_without_deprivation_peers_may_differ_in_it(peers) -> None:
    rank = peers[peers["peer_rank"] <= 3].groupby(["candidate_set", "matching"])["deprivation_distance"].mean()
    assert rank["wards", "without_deprivation"] > rank["wards", "with_deprivation"]


def test_places_are_told_apart_by_figures_not_by_their_order(country, peers) -> None:
    shuffled = {
        name: country[name].sample(frac=1, random_state=3).reset_index(drop=True)
        for name in ("candidate_localities", "membership", "observations")
    }
    again = build_peers(
        shuffled["observations"], CATALOGUE, country["zones"], shuffled["candidate_localities"],
        shuffled["membership"], SETTINGS,
    )  # fmt: skip
    key = ["area_id", "matching", "peer_rank"]
    left, right = (one.sort_values(key, ignore_index=True) for one in (peers, again))
    assert left["peer_id"].tolist() == right["peer_id"].tolist()


def test_a_place_without_residents_has_no_peers(country) -> None:
    zones = country["zones"].assign(population=[0, 0] + [1000] * (ZONES - 2))
    observations = country["observations"].copy()
    empty = observations["area_code"].isin(zones["zone_code"].head(2))
    observations.loc[empty, ["numerator", "denominator", "value"]] = [0.0, 0.0, np.nan]
    table = build_peers(
        observations, CATALOGUE, zones, country["candidate_localities"], country["membership"], SETTINGS
    )
    assert "wards:0" not in {*table["area_id"], *table["peer_id"]}
    assert "wards:1" in set(table["area_id"])


def test_rules_catch_a_place_that_is_its_own_peer_and_one_out_of_order(country, peers) -> None:
    own = peers.assign(peer_id=peers["peer_id"].where(peers.index != 3, peers["area_id"]))
    with pytest.raises(GeographyError, match="the place itself"):
        check_rules("peers", own, country)
    turned = peers.assign(distance=-peers["distance"])
    with pytest.raises(SchemaError, match="from the nearest"):
        check_rules("peers", turned, country)


def test_peers_of_own_boundaries_are_of_the_reference_set_and_share_no_residents(country) -> None:
    """One own area of a partnership, the same zones as ward 4: alone in its set, and yet with peers."""
    ward = country["candidate_localities"]["locality_id"] == "wards:4"
    own = country["candidate_localities"][ward].assign(locality_id="own_plan:1", candidate_set="own_plan")
    zones = country["membership"][country["membership"]["locality_id"] == "wards:4"]
    found = build_peers(
        country["observations"], CATALOGUE, country["zones"],
        pd.concat([country["candidate_localities"], own], ignore_index=True),
        pd.concat([country["membership"], zones.assign(locality_id="own_plan:1", candidate_set="own_plan")],
                  ignore_index=True), SETTINGS,
    ).astype({"area_id": "str", "peer_id": "str", "matching": "str"})  # fmt: skip
    lists = {
        (one, matching): rows.sort_values("peer_rank")[["peer_id", "distance"]]
        for (one, matching), rows in found[found["area_id"].isin(["own_plan:1", "wards:4"])].groupby(
            ["area_id", "matching"]
        )
    }
    for matching in ("with_deprivation", "without_deprivation"):
        mine, same_zones = lists["own_plan:1", matching], lists["wards:4", matching]
        # as like the other wards as the ward of the same zones is, and never held against that
        assert mine["peer_id"].tolist() == same_zones["peer_id"].tolist()
        np.testing.assert_allclose(mine["distance"], same_zones["distance"])
    # nobody else's list is touched by what a partnership draws for itself
    assert not found["peer_id"].str.startswith("own_").any()
