"""Public benchmark data: the clusters and log likelihood ratios that other programs published for them.

- Leukaemia in upstate New York, 1978-82, 281 census tracts: Turnbull et al. (1990), American Journal of Epidemiology
  132, 136-143; Waller and Gotway (2004), *Applied Spatial Statistics for Public Health Data*. Cases rounded down.
  Poisson clusters by SaTScan 9.6 (circles, Cartesian, up to half, or up to a tenth, of all people); binomial ones by
  FleXScan 3.1.2 (circles on a globe of 6,370 km, up to ten tracts).
- Graves of a medieval burial ground at Neresheim, 143 of which 30 with a missing or reduced wisdom tooth: Alt and Vach
  (1991); Waller and Gotway (2004). Bernoulli clusters by SaTScan 9.3.1.

Both are published with the tests of the R packages smerc and smacpod (French).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from localities.hotspots import neighbourhoods
from localities.hotspots.area import Area, Rules, search_area
from localities.hotspots.measures import Measure

HERE = Path(__file__).parent / "benchmarks"


def clusters(
    name: str, model: str, monkeypatch: pytest.MonkeyPatch, *, share: float = 1.0, scale: float = 1.0,
    zones: int = 1_000, on_globe: bool = False,
) -> list[tuple[set[int], int, float, float]]:  # fmt: skip
    """Plain circles: places, cases, ratio and p beyond chance of each cluster, strongest first.

    Circles hold at most a share of all people and at most so many zones.
    """
    monkeypatch.setattr(neighbourhoods, "MOST_ZONES", zones)
    data = pd.read_csv(HERE / f"{name}.csv")
    cases, people = data["cases"].to_numpy(float), data["people"].to_numpy(float)
    points = scale * data[["x", "y"]].to_numpy()
    if on_globe:
        east, north = np.radians(points).T
        points = 6.37e6 * np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
    measure = Measure("cases", "all", model, 1.0, cases, people, people * cases.sum() / people.sum())
    area = Area(name, csr_array((len(data), len(data))), points, data["people"].to_numpy())
    rules = Rules("plain", share * people.sum(), 1.0, 2.0, 99, 999, 0.05)
    found = search_area(area, [measure], rules, np.random.default_rng(1))
    return [
        (set(data["place"].to_numpy()[one.zones]), int(cases[one.zones].sum()), float(one.ratios[0]), one.p_chance)
        for one in found.clusters
    ]


def test_leukaemia_in_upstate_new_york(monkeypatch):
    # places of the first cluster nearest first, cases and log likelihood ratio of each; p of the first 0.00015
    found = clusters("new_york_leukaemia", "poisson", monkeypatch, share=0.5, scale=1e5)
    assert found[0][0] == {
        52, 50, 37, 49, 38, 48, 53, 39, 15, 47, 51, 1, 40, 44, 16, 2, 55, 36, 14, 43, 13, 45, 3, 35, 17, 11, 12, 46,
    }  # fmt: skip
    assert found[1][0] == {89, 88, 87, 84, 90, 86, 92, 85}
    assert [one[1] for one in found[:6]] == [100, 38, 64, 25, 12, 11]
    published = [14.083511, 9.019716, 6.114140, 4.651839, 3.363518, 3.209485]
    assert [one[2] for one in found[:6]] == pytest.approx(published, abs=5e-7)
    assert found[0][3] <= 0.005


def test_leukaemia_in_upstate_new_york_in_circles_of_a_tenth_of_all_people(monkeypatch):
    found = clusters("new_york_leukaemia", "poisson", monkeypatch, share=0.1, scale=1e5)
    assert found[0][0] == {
        49, 48, 50, 47, 1, 15, 51, 2, 13, 14, 3, 35, 16, 52, 36, 37, 12, 11, 5, 17, 10, 4, 6, 38, 18, 9,
    }  # fmt: skip
    assert found[0][1] == 85
    assert found[0][2] == pytest.approx(11.577255, abs=5e-7)
    assert found[1][2] == pytest.approx(9.019716, abs=5e-7)


def test_leukaemia_in_upstate_new_york_as_people_counted_or_not(monkeypatch):
    found = clusters("new_york_leukaemia", "bernoulli", monkeypatch, zones=10, on_globe=True)
    assert [one[0] for one in found[:4]] == [
        {1, 2, 3, 12, 13, 14, 15, 35, 47, 49},
        {85, 86, 87, 88, 89, 90, 91, 92, 93},
        {37, 38, 39, 40, 43, 44, 45, 46, 52, 53},
        {113, 117, 118, 119, 124, 125, 126, 127},
    ]
    assert [one[1] for one in found[:10]] == [41, 42, 44, 28, 25, 11, 10, 11, 5, 11]
    published = [8.47836, 8.29257, 6.43049, 5.77247, 4.65493, 3.82302, 3.77633, 3.21181, 2.62418, 2.29244]
    assert [one[2] for one in found[:10]] == pytest.approx(published, abs=5e-6)
    # by 999 replications: 0.014
    assert found[0][3] == pytest.approx(0.014, abs=0.015)


def test_graves_of_a_medieval_burial_ground(monkeypatch):
    found = clusters("medieval_graves", "bernoulli", monkeypatch, share=0.5)
    assert found[0][0] == {
        126, 124, 125, 132, 120, 113, 140, 141, 112, 41, 136, 30, 133, 108, 31, 143, 110, 139, 75,
    }  # fmt: skip
    assert [one[0] for one in found[1:]] == [{66, 89, 71}, {77, 78}]
    assert [one[1] for one in found] == [11, 3, 2]
    assert [one[2] for one in found] == pytest.approx([7.419340, 4.808517, 3.177442], abs=5e-7)
    # by 999 replications: 0.050, 0.665, 0.997
    assert found[0][3] == pytest.approx(0.050, abs=0.03)
