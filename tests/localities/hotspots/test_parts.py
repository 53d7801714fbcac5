"""The parts of the search: windows, growth, fields, scan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from localities.hotspots.field import Fields
from localities.hotspots.growth import Growth
from localities.hotspots.measures import Measure
from localities.hotspots.neighbourhoods import neighbourhoods
from localities.hotspots.scan import Scan, excesses_of
from localities.hotspots.windows import circular_windows
from localities.zones.graph import neighbour_matrix
from tests.localities.hotspots.country import grid_country, neighbours


@pytest.fixture(scope="module")
def grid():
    zones = grid_country(1, 5, 5)
    graph = neighbour_matrix(pd.Index(zones["zone_code"]), neighbours(zones))
    return zones, graph, zones[["centroid_x", "centroid_y"]].to_numpy(), zones["population"].to_numpy()


def measure_of(counts: np.ndarray, people: np.ndarray, model: str = "poisson") -> Measure:
    expected = people * counts.sum() / people.sum()
    return Measure("claimants", "2017", model, 1.0, counts.astype(float), people.astype(float), expected)


def test_neighbourhood_is_the_nearest_zones_and_who_touches(grid):
    _, graph, points, _ = grid
    about = neighbourhoods(points, graph, most=5)
    # the middle of five by five is zone 12; its four sides are 7, 11, 13, 17
    assert about.nearest[12].tolist() == [12, 7, 11, 13, 17]
    assert about.touching[12, 0].tolist() == [False, True, True, True, True]
    assert not about.touching[12, 1:, 1:].any()


def test_circular_windows_by_hand():
    # a row of four zones of 300 residents, at most 700 together: singles and adjoining pairs
    zones = grid_country(1, 1, 4, residents=300)
    graph = neighbour_matrix(pd.Index(zones["zone_code"]), neighbours(zones))
    about = neighbourhoods(zones[["centroid_x", "centroid_y"]].to_numpy(), graph)
    windows, reach = circular_windows(about, zones["population"].to_numpy(), 700)
    found = {tuple(np.flatnonzero(one)) for one in windows.toarray()}
    assert found == {(0,), (1,), (2,), (3,), (0, 1), (1, 2), (2, 3)}
    assert reach.sum(axis=1).tolist() == [2, 2, 2, 2]


def test_zone_with_too_many_residents_is_in_no_window(grid):
    _, graph, points, people = grid
    crowded = people.copy()
    crowded[12] = 12_000
    windows, reach = circular_windows(neighbourhoods(points, graph), crowded, 5_000)
    assert windows[:, [12]].sum() == 0
    assert reach[[12]].sum() == 0
    assert (windows @ crowded).max() <= 5_000


def test_no_window_comes_twice(grid):
    _, graph, points, people = grid
    windows, _ = circular_windows(neighbourhoods(points, graph), people, 9_999)
    sets = [tuple(one) for one in np.split(windows.indices, windows.indptr[1:-1])]
    assert len(sets) == len(set(sets))


def test_strongest_window_is_the_one_that_trying_all_finds(grid):
    _, graph, points, people = grid
    windows, _ = circular_windows(neighbourhoods(points, graph), people, 7_000)
    rng = np.random.default_rng(4)
    draws = rng.poisson(40, (25, 60)).astype(float)
    for model in ("poisson", "bernoulli", "normal"):
        measure = measure_of(draws[:, 0], people, model)
        scan = Scan(windows, [measure])
        excesses = excesses_of([measure], [draws])
        ratio, window = scan.strongest(excesses)
        for number in range(draws.shape[1]):
            one = [more[:, [number]] for more in excesses[0]], [squares[[number]] for squares in excesses[1]]
            everything = scan.ratios(one)[:, 0]
            assert ratio[number] == pytest.approx(everything.max())
            assert everything[window[number]] == pytest.approx(everything.max())


def test_growth_takes_the_worst_neighbour_next(grid):
    _, graph, points, people = grid
    counts = np.full(25, 20.0)
    # a ridge: 6, 7, 8, 13 in a crooked line, steepest at 7
    counts[[7, 8, 13, 6]] = 90, 80, 70, 60
    measure = measure_of(counts, people)
    growth = Growth(neighbourhoods(points, graph), graph, people, 3_300, [measure])
    grown = growth.grow(excesses_of([measure], [counts[:, None]]))
    assert grown.path[0].tolist() == [7, 8, 13, 6]
    assert grown.draw.tolist() == [0]
    # 300 counted of 720, four zones of 25 of them expected: 300 ln(300/115.2) + 420 ln(420/604.8)
    by_hand = 300 * np.log(300 / 115.2) + 420 * np.log(420 / 604.8)
    assert grown.ratio[0, 3, 0] == pytest.approx(by_hand)


def test_field_has_the_covariance_of_the_autoregression(grid):
    _, graph, _, _ = grid
    fields = Fields(graph)
    draws = {order: fields.draw(0.8, fields.innovations(np.random.default_rng(order), 40_000), order)
             for order in (1, 2)}  # fmt: skip
    weights = graph.toarray().astype(float)
    precision = 0.2 * np.eye(25) + 0.8 * (np.diag(weights.sum(axis=1)) - weights)
    for order, made in draws.items():
        wanted = np.linalg.inv(np.linalg.matrix_power(precision, order))
        deviation = np.sqrt(np.diag(wanted))
        assert np.corrcoef(made) == pytest.approx(wanted / np.outer(deviation, deviation), abs=0.03)
    assert np.corrcoef(draws[2])[12, 7] > np.corrcoef(draws[1])[12, 7]


def test_zone_without_neighbours_has_a_field_of_its_own():
    zones = grid_country(1, 1, 3)
    alone = neighbours(zones).query("zone_code != 'S01990002' and neighbour_code != 'S01990002'")
    fields = Fields(neighbour_matrix(pd.Index(zones["zone_code"]), alone))
    drawn = fields.draw(0.9, fields.innovations(np.random.default_rng(0), 5_000))
    assert abs(np.corrcoef(drawn)[2, :2]).max() < 0.05
    assert np.corrcoef(drawn)[0, 1] > 0.5
