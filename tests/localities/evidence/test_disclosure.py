"""Nobody gets back what a source protects: not by drawings that overlap, nor by editions, groups or totals.

The strongest form of that is tested: worlds that differ in protected counts alone give the same bytes everywhere, so
no arithmetic on what is shown can tell them apart.
"""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, load_catalogue
from indicators.errors import ConfigError
from indicators.readers.shared.disclosure import Disclosure, protected, rule_of, with_rules
from localities.evidence.sums import aggregate, places_and_panel

from .conftest import BASE, Country, indicator

RULE = Disclosure(smallest_count=5, rounding=5)
OWN = with_rules(indicator("income"), {BASE.source: RULE})
GIRLS, BOYS = (with_rules(indicator(name), {BASE.source: RULE}) for name in ("girls", "boys"))
# pupils of six zones, and those of them who are concerned: zone 2 has few
PEOPLE = [103, 98, 61, 77, 12, 250]
COUNTS = [22, 3, 11, 40, 0, 97]
# zone 2 is in one of two drawings of the same place, and makes a place with each of its neighbours
PLACES = {
    "one": [1, 2, 3],
    "other": [1, 3],
    "left": [1, 2],
    "right": [2, 3],
    "all": [1, 2, 3, 4, 5, 6],
    "rest": [1, 3, 4, 5, 6],
}


def shown(figures: dict[str, list[float]], people: list[float] = PEOPLE, period: str = "2017") -> pd.DataFrame:
    """Return the sums of every place, for everybody and each group, as everything else is made of."""
    country = Country([1000] * 6, [1] * 6)
    rules = {"income": OWN, "girls": GIRLS, "boys": BOYS}
    for name, counts in figures.items():
        country.add(rules[name], counts, people, period=period)
    for name, zones in PLACES.items():
        country.locality(name, zones)
    observations, catalogue, zones, localities, membership = country.tables()
    kept = protected(observations, [(one, RULE) for one in catalogue])
    places, panel = places_and_panel(kept, catalogue, zones, localities, membership)
    sums = aggregate(places.members, panel, places.population)
    every = {
        f"{one.name} {series}": getattr(sums, one.name)[:, column]
        for one in fields(sums)
        for column, series in enumerate(panel.series["indicator_id"])
    }
    return pd.DataFrame(every, index=list(places.locality_id))


def with_count(count: float, at: int = 1) -> list[float]:
    return [count if place == at else one for place, one in enumerate(COUNTS)]


def test_a_few_cannot_be_told_from_a_few_by_any_drawing():
    worlds = [shown({"income": with_count(count)}) for count in (1, 2, 3, 4)]
    for other in worlds[1:]:
        pd.testing.assert_frame_equal(worlds[0], other)
    # the test would fail without the rule: what is not protected comes back as the difference of two drawings
    open_places = Country([1000] * 6, [1] * 6).add(replace(OWN, columns={}), with_count(3), PEOPLE)
    for name in ("one", "other"):
        open_places.locality(name, PLACES[name])
    observations, catalogue, zones, localities, membership = open_places.tables()
    places, panel = places_and_panel(observations, catalogue, zones, localities, membership)
    sums = dict(
        zip(places.locality_id, aggregate(places.members, panel, places.population).numerator[:, 0], strict=True)
    )
    assert sums["wards:one"] - sums["wards:other"] == 3


def test_counts_that_round_alike_are_alike_in_every_drawing():
    # 38 to 42 are 40; 98 and 102 pupils are 100
    worlds = [shown({"income": with_count(count, 3)}) for count in (38, 40, 42)]
    worlds += [shown({"income": COUNTS}, [103, people, 61, 77, 12, 250]) for people in (98, 102)]
    for other in worlds[1:]:
        pd.testing.assert_frame_equal(worlds[0], other)


def test_a_group_cannot_be_worked_out_from_everybody_and_the_others():
    # 3 girls of 25 with 22 boys, or 1 of 23, or 4 of 26: everybody is 25, boys 20, girls not shown
    worlds = [
        shown({"income": with_count(22 + girls), "boys": with_count(22), "girls": with_count(girls)})
        for girls in (1, 2, 3, 4)
    ]
    for other in worlds[1:]:
        pd.testing.assert_frame_equal(worlds[0], other)


@pytest.mark.parametrize("few", range(1, 5))
def test_whatever_the_others_are_every_small_count_stays_possible(few):
    # everybody less the others, both rounded, is 0 or 5: for a count of 1 to 4 each may stand behind either
    rows = pd.DataFrame({"numerator": np.arange(5.0, 60.0)})
    seen = {}
    for count in range(1, 5):
        total, others = (np.floor(values / 5 + 0.5) * 5 for values in (rows["numerator"] + count, rows["numerator"]))
        seen[count] = set(zip(total.tolist(), others.tolist(), strict=True))
    differences = [{total - others for total, others in pairs} for pairs in seen.values()]
    assert differences[few - 1] == {0.0, 5.0}


def test_the_next_edition_tells_no_more_than_this_one():
    # a zone's count goes from 3 to 4 and back to 1 between editions, and its pupils from 98 to 101
    editions = [
        shown({"income": with_count(count)}, [103, people, 61, 77, 12, 250], period)
        for count, people, period in ((3, 98, "2017"), (4, 101, "2018"), (1, 99, "2019"))
    ]
    for before, after in itertools.pairwise(editions):
        pd.testing.assert_frame_equal(before, after)


def test_none_is_none_all_but_few_is_all_and_few_people_are_not_told_apart():
    country = Country([1000] * 6, [1] * 6).add(OWN, [0, 9, 10, 47, 50, 2], [50, 10, 10, 50, 50, 3])
    rows = protected(country.tables()[0], [(OWN, RULE)])
    assert rows["status"].tolist() == ["observed"] * 5 + ["suppressed"]
    # 9 of 10 and 10 of 10 are alike, as are 47 and 50 of 50: nobody who is the one left out is shown
    assert rows["numerator"].tolist()[:5] == [0, 10, 10, 50, 50]
    assert rows["denominator"].tolist() == [50, 10, 10, 50, 50, 5]
    assert rows["value"].tolist()[:5] == [0, 100, 100, 100, 100]
    assert np.isnan(rows["value"].iloc[5])


def test_published_totals_of_larger_areas_go():
    country = Country([1000] * 6, [1] * 6).add(OWN, COUNTS, PEOPLE)
    rows = country.tables()[0]
    total = rows.iloc[:1].assign(area_code="S02990001", area_type="intermediate_zone", numerator=36.0)
    assert "intermediate_zone" not in set(protected(pd.concat([rows, total]), [(OWN, RULE)])["area_type"])


def test_what_has_no_counts_is_refused():
    mean = with_rules(indicator("income", kind="mean", smallest_important_difference_scale="sd"), {BASE.source: RULE})
    country = Country([1000] * 6, [1] * 6).add(mean, None, PEOPLE, [5.0] * 6)
    with pytest.raises(ConfigError, match="cannot be protected"):
        protected(country.tables()[0], [(mean, RULE)])


def test_other_sources_are_left_as_they_are():
    country = Country([1000] * 6, [1] * 6).add(BASE, COUNTS, PEOPLE)
    rows = country.tables()[0]
    pd.testing.assert_frame_equal(protected(rows, []), rows)
    assert rule_of(BASE, [BASE.source]) is None
    assert rule_of(OWN, [BASE.source]) == RULE
    assert (OWN.suppression.lower, OWN.suppression.upper) == (1.0, 4.0)


def test_no_published_source_is_protected_a_second_time():
    assert all("disclosure" not in one.columns for one in Catalogue(tuple(load_catalogue())))
