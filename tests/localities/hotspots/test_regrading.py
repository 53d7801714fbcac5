"""Hot spots under another alpha: what is kept and what is searched again is what a whole search finds."""

from __future__ import annotations

import pandas as pd
import pytest

from localities.hotspots.regrading import areas_decided_by, put_together
from tests.localities.hotspots.country import grid_country, neighbours, observed
from tests.localities.hotspots.test_search import CLAIMANTS, HotSpots, find_hot_spots, planted


def test_only_areas_in_which_it_decides_something_are_searched_again_and_all_are_as_a_whole_search_finds_them():
    """Of two councils, alphas that lie between p of one or of both, or of none."""
    zones = grid_country(2, 6, 6)
    counts, _ = planted(zones, [(3, 3), (3, 4), (4, 4)], 1.5)
    given = zones, neighbours(zones), observed(zones, counts)

    def search(alpha: float, areas: list[str] | None = None) -> HotSpots:
        return find_hot_spots(*given, indicators=[CLAIMANTS], replications=39, alpha=alpha, areas=areas)

    first = search(0.01)
    p = first.hot_spots.set_index("hot_spot_id")["p_inequality"]
    searched = set()
    for alpha in (0.02, float(p.min()), 0.95):
        areas = areas_decided_by(first.hot_spots, 0.01, alpha)
        searched.add(tuple(areas))
        again = search(alpha, areas) if areas else None
        tables = put_together(
            (first.hot_spots, first.hot_spot_zones), again and (again.hot_spots, again.hot_spot_zones), alpha
        )
        whole = search(alpha)
        pd.testing.assert_frame_equal(pd.DataFrame(tables[0]), pd.DataFrame(whole.hot_spots), check_exact=True)
        pd.testing.assert_frame_equal(tables[1], whole.hot_spot_zones)
    assert () in searched
    assert any(len(areas) == 1 for areas in searched)


@pytest.mark.parametrize(("before", "now", "areas"), [(0.05, 0.04, ["B"]), (0.04, 0.05, ["B"]), (0.05, 0.05, []),
                                                      (0.3, 0.05, ["A"]), (0.04, 0.044, [])])  # fmt: skip
def test_an_area_is_decided_where_a_p_lies_between_both(before: float, now: float, areas: list[str]):
    """A p equal to alpha is beyond it: 0.045 is called at 0.05 and not at 0.04."""
    found = pd.DataFrame({"cpp_code": ["A", "A", "B"], "p_inequality": [0.3, 0.01, 0.045]})
    assert areas_decided_by(found, before, now) == areas
