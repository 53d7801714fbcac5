"""The search for hot spots: planted ones are found, none is called where there is none, and each is a place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from indicators.errors import ConfigError, GeographyError
from indicators.schema.tables import TABLES
from indicators.schema.validation import validate
from localities.hotspots import null
from localities.hotspots import search as searching
from localities.hotspots.search import HotSpots
from localities.rules import check_rules
from localities.zones.graph import are_contiguous
from tests.elsewhere import Elsewhere
from tests.localities.hotspots.country import correlated_counts, grid_country, indicator, neighbours, observed

CLAIMANTS = indicator()


def find_hot_spots(*tables: pd.DataFrame, **given) -> HotSpots:
    """The strongest five of each area, with none too weak to be shown unless a test says so."""
    return searching.find_hot_spots(*tables, **{"least_ratio": 1.0, "least_strength": 0.0, "most": 5, **given})


def members(found: HotSpots, hot_spot: str) -> set[str]:
    table = found.hot_spot_zones
    return set(table.loc[table["hot_spot_id"] == hot_spot, "zone_code"])


def planted(zones: pd.DataFrame, at: list[tuple[int, int]], times: float, seed: int = 5) -> tuple[np.ndarray, set[str]]:
    """Counts in a country whose zones differ a little, more in the squares named by column and row."""
    rng = np.random.default_rng(seed)
    places = list(zip(zones["centroid_x"] // 1000, zones["centroid_y"] // 1000, strict=True))
    inside = np.array([(int(x), int(y)) in at for x, y in places])
    chance = 0.1 * np.exp(rng.normal(0, 0.2, len(zones))) * np.where(inside, times, 1.0)
    return rng.binomial(zones["population"], np.minimum(chance, 0.9)), set(zones.loc[inside, "zone_code"])


SQUARE = [(x, y) for x in range(4, 7) for y in range(5, 8)]
"""Nine zones, 7,200 residents, in council 0."""
SNAKE = [(1, 3), (2, 3), (3, 3), (4, 3), (4, 4), (4, 5), (5, 5), (6, 5), (7, 5), (7, 6)]
"""Ten zones in a crooked line, 8,000 residents: no circle is like it."""


@pytest.fixture(scope="module")
def zones():
    return grid_country(2, 12, 12)


@pytest.fixture(scope="module")
def pairs(zones):
    return neighbours(zones)


def test_planted_square_is_found_and_nothing_in_the_other_council(zones, pairs):
    counts, there = planted(zones, SQUARE, 2.2)
    found = find_hot_spots(zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=199)
    first = found.hot_spots.iloc[0]
    same = members(found, first["hot_spot_id"])
    assert first["cpp_code"] == "S12990000"
    assert first["p_chance"] == first["p_inequality"] == 1 / 200
    assert len(same & there) / len(same | there) >= 0.8
    assert first["ratio"] == pytest.approx(2.2, rel=0.15)
    other = found.hot_spots[found.hot_spots["cpp_code"] == "S12990001"]
    assert not other["is_beyond_inequality"].any()


def test_areas_that_others_search_have_the_same_hot_spots():
    small = grid_country(2, 6, 6)
    counts, _ = planted(small, [(3, 3), (3, 4), (4, 4)], 3.0)
    here, there = (
        find_hot_spots(
            small, neighbours(small), observed(small, counts), indicators=[CLAIMANTS], replications=9, workers=workers
        )
        for workers in (None, Elsewhere())
    )
    assert set(here.areas["area_code"]) == {"S12990000", "S12990001"}
    assert len(here.hot_spots)
    for table in ("hot_spots", "hot_spot_zones", "outcomes", "areas"):
        pd.testing.assert_frame_equal(getattr(here, table), getattr(there, table))


def test_figures_of_a_hot_spot_are_those_of_its_zones(zones, pairs):
    counts, _ = planted(zones, SQUARE, 2.2)
    found = find_hot_spots(zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=19)
    first = found.hot_spots.iloc[0]
    inside = zones["zone_code"].isin(members(found, first["hot_spot_id"])).to_numpy()
    council = (zones["cpp_code"] == first["cpp_code"]).to_numpy()
    people = zones["population"].to_numpy()
    rate = counts[council].sum() / people[council].sum()
    outside = council & ~inside
    assert first["observed"] == counts[inside].sum()
    assert first["expected"] == pytest.approx(people[inside].sum() * rate)
    assert first["population"] == people[inside].sum() == 800 * first["zone_count"]
    assert first["ratio"] == pytest.approx(
        (counts[inside].sum() / people[inside].sum()) / (counts[outside].sum() / people[outside].sum())
    )
    assert first["geometry"].area == pytest.approx(1e6 * first["zone_count"])


def test_flexible_windows_follow_a_crooked_line(zones, pairs):
    counts, there = planted(zones, SNAKE, 2.5)
    found = {
        shape: find_hot_spots(
            zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=99, shape=shape
        )
        for shape in ("circular", "flexible")
    }
    flexible = members(found["flexible"], "hot_spot:S12990000-1")
    assert found["flexible"].hot_spots["p_inequality"].iloc[0] <= 0.02
    assert len(flexible & there) / len(flexible | there) >= 0.8
    strength = {shape: one.hot_spots["log_likelihood_ratio"].iloc[0] for shape, one in found.items()}
    assert strength["flexible"] > strength["circular"]


def test_a_second_hot_spot_is_found_apart_from_the_first(zones, pairs):
    far = [(x, y) for x in range(9, 11) for y in range(3)]
    counts, there = planted(zones, SQUARE + far, 2.6)
    found = find_hot_spots(zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=199, most=3)
    own = found.hot_spots[found.hot_spots["cpp_code"] == "S12990000"]
    assert own["rank"].tolist() == [1, 2, 3]
    assert own["log_likelihood_ratio"].is_monotonic_decreasing
    assert own["is_beyond_chance"].tolist()[:2] == [True, True]
    first, second, third = (members(found, one) for one in own["hot_spot_id"])
    assert not first & second
    assert not third & (first | second)
    assert len(first & there) >= 8
    assert len(second & there) >= 5


@pytest.mark.parametrize("shape", ["circular", "flexible", "plain"])
def test_what_is_shown_is_above_the_least_risk_and_strength_and_nothing_above_them_is_left(zones, pairs, shape):
    far = [(x, y) for x in range(9, 11) for y in range(3)]
    counts, there = planted(zones, SQUARE + far, 2.0)
    found = find_hot_spots(
        zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=49, shape=shape, least_ratio=1.5,
        least_strength=60.0, most=99,
    )  # fmt: skip
    spots = found.hot_spots
    assert (spots["ratio"] >= 1.5).all()
    assert (spots["log_likelihood_ratio"] >= 60).all()
    assert set(spots["cpp_code"]) == {"S12990000"}
    shown = set(found.hot_spot_zones["zone_code"])
    assert len(shown & there) >= 13
    # the other council was searched all the same: it has no clear hot spot
    assert set(found.areas["area_code"]) == {"S12990000", "S12990001"}


def test_a_larger_place_of_lower_risk_does_not_hide_the_small_one_inside_it(zones, pairs):
    # five by five zones at 1.35 times the rate about one by three at 2 times
    wide = [(x, y) for x in range(3, 8) for y in range(3, 8)]
    around, _ = planted(zones, wide, 1.35)
    core, inside = planted(zones, [(5, 4), (5, 5), (5, 6)], 2.0)
    counts = np.where(zones["zone_code"].isin(inside), core, around)
    arguments = {"indicators": [CLAIMANTS], "replications": 9, "limit": 30_000}
    every = find_hot_spots(zones, pairs, observed(zones, counts), **arguments)
    marked = find_hot_spots(zones, pairs, observed(zones, counts), **arguments, least_ratio=1.6)
    assert every.hot_spots["ratio"].iloc[0] < 1.6
    assert members(every, "hot_spot:S12990000-1") >= inside
    assert any(len(members(marked, one) & inside) >= 2 for one in marked.hot_spots["hot_spot_id"])
    assert (marked.hot_spots["ratio"] >= 1.6).all()


def test_second_hot_spot_is_judged_after_the_first_is_taken_out(zones, pairs):
    # a first so strong that against the whole area's rate, half as high again, the second looks like nothing much
    far = [(x, y) for x in range(9, 12) for y in range(3)]
    first, at_first = planted(zones, SQUARE, 6.0)
    second, at_second = planted(zones, far, 1.5)
    both = np.where(zones["zone_code"].isin(at_first), first, second)
    ratio = {}
    for name, counts in (("with the first", both), ("alone", second)):
        found = find_hot_spots(zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=199, most=99)
        spots = found.hot_spots.set_index("hot_spot_id")
        spot = next(one for one in spots.index if len(members(found, one) & at_second) >= 2)
        ratio[name] = spots.loc[spot, "log_likelihood_ratio"]
        assert spots.loc[spot, "is_beyond_chance"]
    assert ratio["with the first"] < ratio["alone"]


def test_what_is_beyond_inequality_is_no_measure_for_what_is_weaker(zones, pairs):
    far = [(x, y) for x in range(9, 11) for y in range(3)]
    first, at_first = planted(zones, SQUARE, 5.0)
    second, at_second = planted(zones, far, 2.4)
    counts = np.where(zones["zone_code"].isin(at_first), first, second)
    answers = {}
    # at an alpha that nothing can reach, the first stays in the spread that the second is held against
    for alpha in (0.05, 0.001):
        found = find_hot_spots(
            zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=99, alpha=alpha
        )
        spots = found.hot_spots.set_index("hot_spot_id")
        spot = next(one for one in spots.index if len(members(found, one) & at_second) >= 5)
        answers[alpha] = spots.loc[spot, "p_inequality"]
    assert answers[0.05] <= 0.05 < answers[0.001]


def test_plain_circles_reach_over_water():
    zones = grid_country(1, 6, 10)
    pairs = neighbours(zones)
    column = dict(zip(zones["zone_code"], zones["centroid_x"] // 1000, strict=True))
    firth = pairs[(pairs["zone_code"].map(column) <= 4) == (pairs["neighbour_code"].map(column) <= 4)]
    counts, _ = planted(zones, [(x, y) for x in range(4, 6) for y in range(2, 4)], 3.0)
    sides = {
        shape: {
            column[one] <= 4
            for one in members(
                find_hot_spots(
                    zones, firth, observed(zones, counts), indicators=[CLAIMANTS], replications=9, shape=shape
                ),
                "hot_spot:S12990000-1",
            )
        }
        for shape in ("circular", "plain")
    }
    assert len(sides["circular"]) == 1
    assert sides["plain"] == {True, False}


def test_people_in_need_are_summed_where_they_are_known(zones, pairs):
    counts, _ = planted(zones, SQUARE, 2.2)
    need = pd.DataFrame({"numerator": np.arange(len(zones), dtype=float), "denominator": 700.0, "period": "2017"})
    need.index = zones["zone_code"]
    found = find_hot_spots(
        zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=9, need=need.iloc[1:]
    )
    assert set(found.hot_spots["people_in_need_period"]) == {"2017"}
    for spot in found.hot_spots.itertuples():
        inside = need.iloc[1:].reindex(sorted(members(found, spot.hot_spot_id))).dropna()
        assert spot.people_in_need == inside["numerator"].sum()
        # those whom the count was among, not today's residents
        assert spot.people_in_need_among == 700 * len(inside)


@pytest.mark.parametrize("shape", ["circular", "flexible"])
@pytest.mark.parametrize("within", ["cpp", "scotland"])
def test_hot_spots_are_places(zones, pairs, shape, within):
    # over the council border, so that a search free within Scotland has something to cross it for
    counts, _ = planted(zones, [(x, y) for x in range(10, 14) for y in range(4, 7)], 2.5)
    found = find_hot_spots(
        zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=39, shape=shape, within=within,
        limit=6_500,
    )  # fmt: skip
    spots, of_zones = found.hot_spots, found.hot_spot_zones
    validate("hot_spots", spots)
    validate("hot_spot_zones", of_zones)
    check_rules("hot_spot_zones", of_zones, {"zones": zones, "adjacency": pairs, "hot_spots": spots})
    assert (spots["population"] < 6_500).all()
    assert not of_zones["zone_code"].duplicated().any()
    assert are_contiguous(of_zones.rename(columns={"hot_spot_id": "locality_id"}), pairs).all()
    councils = of_zones.merge(zones, on="zone_code").groupby("hot_spot_id")["cpp_code"].nunique()
    assert (councils.max() == 2) if within == "scotland" else (councils == 1).all()


def test_limit_is_exclusive(pairs, zones):
    # 13 zones of 800 are 10,400; of 12 zones of 800, 9,600. A limit of 9,600 leaves 11.
    counts, _ = planted(zones, [(x, y) for x in range(2, 8) for y in range(2, 8)], 2.5)
    for limit, most in ((9_601, 9_600), (9_600, 8_800)):
        for shape in ("circular", "flexible"):
            found = find_hot_spots(
                zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=9, shape=shape, limit=limit
            )
            assert found.hot_spots["population"].iloc[0] <= most


def test_no_hot_spot_reaches_over_water_without_a_link():
    zones = grid_country(1, 6, 10)
    pairs = neighbours(zones)
    # a firth between columns 4 and 5: as near as ever, and not to be walked
    column = dict(zip(zones["zone_code"], zones["centroid_x"] // 1000, strict=True))
    sides = pairs["zone_code"].map(column) <= 4, pairs["neighbour_code"].map(column) <= 4
    firth = pairs[sides[0] == sides[1]]
    counts, _ = planted(zones, [(x, y) for x in range(3, 7) for y in range(2, 4)], 3.0)
    for shape in ("circular", "flexible"):
        found = find_hot_spots(
            zones, firth, observed(zones, counts), indicators=[CLAIMANTS], replications=19, shape=shape
        )
        assert {column[one] <= 4 for one in members(found, "hot_spot:S12990000-1")} in ({True}, {False})


def test_same_seed_same_tables_another_seed_another_p(zones, pairs):
    counts, _ = planted(zones, SQUARE, 1.25)
    figures = observed(zones, counts)

    def search(seed: int, areas: list[str] | None = None) -> HotSpots:
        return find_hot_spots(zones, pairs, figures, indicators=[CLAIMANTS], replications=99, seed=seed, areas=areas)

    one, again = search(1), search(1)
    pd.testing.assert_frame_equal(pd.DataFrame(one.hot_spots), pd.DataFrame(again.hot_spots))
    pd.testing.assert_frame_equal(one.hot_spot_zones, again.hot_spot_zones)
    assert one.hot_spots["p_inequality"].tolist() != search(2).hot_spots["p_inequality"].tolist()
    # what else is searched makes no difference
    alone = search(1, ["S12990001"]).hot_spots.reset_index(drop=True)
    rest = one.hot_spots.query("cpp_code == 'S12990001'").reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.DataFrame(alone), pd.DataFrame(rest))


@pytest.mark.parametrize("shape", ["circular", "flexible"])
def test_order_and_codes_of_zones_make_no_difference(zones, pairs, shape):
    counts, _ = planted(zones, SQUARE, 1.4)
    rng = np.random.default_rng(8)
    order = rng.permutation(len(zones))
    codes = zones["zone_code"].to_numpy()
    renamed = dict(zip(codes, rng.permutation(codes), strict=True))
    others = zones.assign(zone_code=zones["zone_code"].map(renamed)).iloc[order].reset_index(drop=True)
    other_pairs = pairs.apply(lambda column: column.map(renamed)).sample(frac=1, random_state=4)
    arguments = {"indicators": [CLAIMANTS], "replications": 49, "shape": shape}
    one = find_hot_spots(zones, pairs, observed(zones, counts), **arguments)
    other = find_hot_spots(others, other_pairs, observed(others, counts[order]), **arguments)
    for spot in one.hot_spots["hot_spot_id"]:
        assert {renamed[code] for code in members(one, spot)} == members(other, spot)
    for name in ("p_chance", "p_inequality", "log_likelihood_ratio", "population"):
        assert one.hot_spots[name].tolist() == pytest.approx(other.hot_spots[name].tolist())


def test_expectation_takes_away_what_a_covariate_explains(zones, pairs):
    counts, there = planted(zones, SQUARE, 2.2)
    older = np.where(zones["zone_code"].isin(there), 2.2, 1.0) * zones["population"]
    expected = {"claimants": pd.Series(older.to_numpy(), index=zones["zone_code"])}
    for model in ("bernoulli", "poisson"):
        plain, adjusted = (
            find_hot_spots(
                zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], expected=given, replications=99,
                models={"claimants": model},
            ).hot_spots.iloc[0]
            for given in (None, expected)
        )  # fmt: skip
        assert plain["is_beyond_inequality"]
        assert not adjusted["is_beyond_inequality"]
        assert adjusted["log_likelihood_ratio"] < plain["log_likelihood_ratio"] / 4


def test_direction_of_poorer_turns_the_search_round(zones, pairs):
    low = [(x, y) for x in range(3) for y in range(3)]
    counts, there = planted(zones, low, 0.4)
    for kind in ("proportion", "rate"):
        fewer = indicator(kind=kind, poorer_is="lower")
        found = find_hot_spots(zones, pairs, observed(zones, counts), indicators=[fewer], replications=99)
        first = found.hot_spots.iloc[0]
        assert first["ratio"] < 0.6
        assert len(members(found, first["hot_spot_id"]) & there) >= 7


def test_means_are_scanned_by_the_normal_model(zones, pairs):
    rng = np.random.default_rng(2)
    places = zip(zones["centroid_x"] // 1000, zones["centroid_y"] // 1000, strict=True)
    inside = np.array([(int(x), int(y)) in SQUARE for x, y in places])
    scores = rng.normal(5.0, 0.5, len(zones)) - 1.5 * inside
    worse = indicator(kind="mean", poorer_is="lower")
    found = find_hot_spots(zones, pairs, observed(zones, scores, is_mean=True), indicators=[worse], replications=99)
    first = found.hot_spots.iloc[0]
    assert first["p_inequality"] == 0.01
    assert first["observed"] == pytest.approx(3.5, abs=0.4)
    assert found.outcomes["model"].tolist() == ["normal"] * len(found.outcomes)


def test_outcomes_scanned_together_add_up(zones, pairs):
    one, there = planted(zones, SQUARE, 1.5, seed=5)
    two, _ = planted(zones, SQUARE, 1.5, seed=6)
    figures = pd.concat([observed(zones, one), observed(zones, two, name="patients")])
    outcomes = [CLAIMANTS, indicator("patients", kind="rate")]
    found = find_hot_spots(zones, pairs, figures, indicators=outcomes, replications=99)
    first = found.hot_spots.iloc[0]
    own = found.outcomes[found.outcomes["hot_spot_id"] == first["hot_spot_id"]]
    assert first["indicators"] == "claimants, patients"
    assert first["log_likelihood_ratio"] == pytest.approx(own["log_likelihood_ratio"].sum())
    assert (own["log_likelihood_ratio"] > 0).all()
    assert np.isnan(first["observed"])
    assert first["p_inequality"] <= 0.02
    assert len(members(found, first["hot_spot_id"]) & there) >= 7


@pytest.fixture(scope="module")
def nowhere_special() -> Callable[[], pd.Series]:
    """Forty-eight councils whose zones differ, neighbours alike, and no hot spot: p of the strongest window of each."""
    zones = grid_country(48, 10, 10).drop(columns="geometry")
    pairs = neighbours(zones)
    counts = correlated_counts(zones, pairs, np.random.default_rng(7), spread=0.6, rho=0.8)

    def search() -> pd.Series:
        found = find_hot_spots(
            zones, pairs, observed(zones, counts), indicators=[CLAIMANTS], replications=79, seed=1, most=1
        )
        return found.hot_spots["p_inequality"]

    return search


def test_false_positives_are_as_often_as_they_say(nowhere_special):
    p_values = nowhere_special()
    assert len(p_values) == 48
    # at a tenth, 4.8 of 48 by chance, standard error 2.1: eleven or more happen once in 130 searches like this
    assert (p_values <= 0.1).sum() <= 10
    # half of them below a half, 24 with a standard error of 3.5
    assert 14 <= (p_values <= 0.5).sum() <= 34


def test_without_correlation_in_the_null_most_councils_would_have_a_false_one(nowhere_special, monkeypatch):
    monkeypatch.setattr(null, "FIELDS", ((0.0, 1),))
    assert (nowhere_special() <= 0.1).sum() >= 24


def test_zones_without_figures_or_residents_are_no_obstacle(zones, pairs):
    counts, _ = planted(zones, SQUARE, 2.2)
    empty = zones.assign(population=np.where(np.arange(len(zones)) % 17 == 0, 0, zones["population"]))
    figures = observed(empty, np.where(empty["population"] > 0, counts, 0))
    figures.loc[figures.index[::29], ["numerator", "value"]] = np.nan
    found = find_hot_spots(empty, pairs, figures, indicators=[CLAIMANTS], replications=99)
    validate("hot_spots", found.hot_spots)
    assert found.hot_spots["p_inequality"].iloc[0] == 0.01


def test_area_where_nothing_was_counted_has_no_hot_spot(zones, pairs):
    counts, _ = planted(zones, SQUARE, 2.2)
    none = np.where(zones["cpp_code"] == "S12990001", 0, counts)
    found = find_hot_spots(zones, pairs, observed(zones, none), indicators=[CLAIMANTS], replications=9)
    assert found.hot_spots["cpp_code"].unique().tolist() == ["S12990000"]
    nothing = find_hot_spots(zones, pairs, observed(zones, 0 * counts), indicators=[CLAIMANTS], replications=9)
    assert validate("hot_spots", nothing.hot_spots).empty
    assert list(nothing.hot_spot_zones.columns) == list(TABLES["hot_spot_zones"].columns)


def test_wrong_arguments_are_refused_in_words(zones, pairs):
    figures = observed(zones, np.full(len(zones), 5))
    for wrong in ({"shape": "square"}, {"within": "ward"}, {"replications": 0}, {"least_ratio": 0.5}):
        with pytest.raises(ConfigError):
            find_hot_spots(zones, pairs, figures, indicators=[CLAIMANTS], **wrong)
    with pytest.raises(ConfigError, match="no figures"):
        find_hot_spots(zones, pairs, figures, indicators=[indicator("unheard_of")])
    some = {"claimants": pd.Series(1.0, index=zones["zone_code"].iloc[1:])}
    with pytest.raises(GeographyError, match="S01990000"):
        find_hot_spots(zones, pairs, figures, indicators=[CLAIMANTS], expected=some)
