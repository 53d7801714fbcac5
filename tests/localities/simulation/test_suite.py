"""The method on a square country where the truth is known: small runs with fixed seeds and stated expectations."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from indicators.comparison import operating_characteristics as coverage
from localities.candidates import draw_set
from localities.drawing.context import DrawingContext
from localities.evidence.findings import assess
from localities.evidence.grading import POORER
from localities.evidence.weighing import sum_localities
from localities.settings import Settings
from localities.simulation.document import document
from localities.simulation.drawn import draw_around_worst, drawn_tables
from localities.simulation.invariance import invariance_table, split_zone, turned
from localities.simulation.nulls import null_tables
from localities.simulation.planted import AS_PLANTED, grow_communities, named_communities, power_table
from localities.simulation.suite import Replications, alternatives_of, validate
from localities.simulation.worlds import SCENARIOS, simulate
from tests.elsewhere import Elsewhere
from tests.localities.simulation.conftest import CATALOGUE

# four indicators in four votes
SETTINGS = Settings(need_indicator="income")
SAMPLING, SCATTERED, SMALL, CLUSTERED = SCENARIOS


@pytest.fixture(scope="module")
def power(square) -> pd.DataFrame:
    return power_table(
        square.places, square.process, SETTINGS, neighbours=square.neighbours, points=square.points,
        background=SAMPLING,
        patterns={"all": ["income_and_work", "health", "education", "crime"], "one": ["income_and_work"]}, worlds=6,
        seed=5, base="blocks", alternatives={}, ratios=(1.0, 1.5, 3.0),
    )  # fmt: skip


def test_by_chance_alone_a_family_has_a_false_finding_no_oftener_than_alpha(square):
    # Benjamini and Hochberg (1995): with every null true, P(any q < alpha) <= alpha in each family
    families = any_poorer = any_important = 0
    for number in range(40):
        world = simulate(square.process, SAMPLING, np.random.default_rng([11, number]))
        for one in assess(sum_localities((square.places, world.panel)), SETTINGS):
            for name in ("blocks", "bands"):
                rows = square.places.candidate_set == name
                families += 4
                any_poorer += int((one.grades.q_value[rows] < SETTINGS.alpha).any(axis=0).sum())
                any_important += int((one.grades.grade[rows] == POORER).any(axis=0).sum())
    assert families == 640
    # 99.9 % of runs at exactly alpha have no more
    assert any_poorer <= binom.ppf(0.999, families, SETTINGS.alpha)
    assert any_important <= any_poorer


def test_by_chance_alone_nobody_gets_strong_evidence_and_p_values_are_uniform(square):
    found = null_tables(square.places, square.process, SETTINGS, worlds=10, seed=2, scenarios=[SAMPLING])
    kinds = found["kinds"].set_index("kind")
    share = kinds["p_below"] / kinds["assessed"]
    assert share.between(0.03, 0.065).all()
    assert (found["sets"][["strong", "truly_strong", "false_strong"]] == 0).all(axis=None)
    assert (kinds["truly_important"] == 0).all()


def test_with_real_differences_findings_are_seldom_false_and_strong_evidence_hardly_ever(square):
    found = null_tables(
        square.places, square.process, SETTINGS, worlds=5, seed=3, scenarios=[SCATTERED, CLUSTERED],
        alternatives={"as set": SETTINGS, "lax": dataclasses.replace(SETTINGS, alpha=0.1)},
    )  # fmt: skip
    clustered = found["kinds"].query("scenario == 'clustered'").sum(numeric_only=True)
    assert clustered["poorer"] > 50
    assert clustered["false_poorer"] <= SETTINGS.alpha * clustered["poorer"]
    assert clustered["found_important"] + clustered["false_poorer"] == clustered["poorer"]
    sets = found["sets"].query("scenario == 'clustered'").sum(numeric_only=True)
    assert sets["strong"] > 5
    assert sets["false_strong"] <= 0.05 * sets["strong"]
    assert sets["found_strong"] + sets["false_strong"] == sets["strong"]
    assert sets["strong"] + sets["some"] + sets["none"] + sets["insufficient"] == sets["localities"] == 5 * 90
    rules = found["rules"].query("scenario == 'clustered'").set_index("rule")
    assert rules.loc["as set", "strong"] == sets["strong"]
    assert rules.loc["lax", "strong"] >= rules.loc["as set", "strong"]


def test_communities_are_contiguous_in_one_partnership_and_of_the_size_asked(square):
    people, cpp = square.places.population, square.places.zone_cpp
    for seed in range(10):
        found = grow_communities(square.neighbours, people, square.points, cpp, np.random.default_rng(seed))
        assert len(found) == 2
        for members in found:
            assert 2_000 <= people[members].sum() <= 9_000
            assert len(set(cpp[members])) == 1
            reached, waiting = {int(members[0])}, [int(members[0])]
            while waiting:
                for near in square.neighbours[waiting.pop()]:
                    if near in members and int(near) not in reached:
                        reached.add(int(near))
                        waiting.append(int(near))
            assert reached == set(members.tolist())


def test_communities_along_names_are_the_zones_of_one_place_of_the_size_asked():
    # a line of eight zones of 1,500 residents in two partnerships: the two parts of A do not touch, B is too small
    near = [np.array([n for n in (z - 1, z + 1) if 0 <= n < 8], dtype=np.intp) for z in range(8)]
    names = np.array(["A", "A", "B", "A", "A", "A", None, "A"], dtype=object)
    cpp = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    people = np.full(8, 1_500.0)
    drawn = [named_communities(names, near, people, cpp, np.random.default_rng(seed)) for seed in range(20)]
    found = {tuple(members.tolist()) for communities in drawn for members in communities}
    assert found == {(0, 1), (3, 4, 5)}
    # one per partnership, and none where it has no place of that size
    assert {len(communities) for communities in drawn} == {1}


def test_a_community_three_times_as_poor_is_found_and_one_like_all_others_is_not(power):
    whole = power[(power["pattern"] == "all") & (power["candidate_set"] == AS_PLANTED)].groupby("ratio")["is_strong"]
    assert whole.size().tolist() == [12, 12, 12]
    assert whole.mean()[3.0] == 1.0
    assert whole.mean()[1.0] == 0.0
    held = power[power["candidate_set"] == AS_PLANTED]["share_held"]
    assert (held == 1.0).all()
    # drawn without it, a locality holds only part of it, and finds less
    blocks = power[(power["pattern"] == "all") & (power["candidate_set"] == "blocks")].groupby("ratio")["is_strong"]
    assert blocks.mean()[3.0] <= whole.mean()[3.0]


def test_one_domain_alone_is_never_strong_evidence(power):
    one = power[(power["pattern"] == "one") & (power["candidate_set"] == AS_PLANTED) & (power["ratio"] == 3.0)]
    assert not one["is_strong"].any()
    assert one["is_some"].all()


def test_what_must_not_matter_does_not(square):
    table = invariance_table(square.places, square.panel, SETTINGS, seed=1)
    must = table[table["expected"] == "none differ"]
    assert len(must) == len(table) == 7
    assert (must["differing"] == 0).all()


def test_turning_directions_swaps_better_and_poorer_and_splitting_keeps_residents(square):
    before, after = (assess(sum_localities((square.places, panel)), SETTINGS)[0].evidence.comparison
                     for panel in (square.panel, turned(square.panel)))  # fmt: skip
    assert np.allclose(before["p_better"], after["p_value"])
    assert not np.allclose(before["p_value"], after["p_value"])
    places, panel = split_zone(square.places, square.panel, 0)
    assert places.population.sum() == square.places.population.sum()
    assert np.nansum(panel.numerator, axis=0) == pytest.approx(np.nansum(square.panel.numerator, axis=0))
    assert places.members.shape[1] == 401


def test_drawing_on_an_outcome_and_testing_it_is_caught_by_the_rule(square):
    context = DrawingContext(square.tables["zones"], square.tables["adjacency"], {}, draw_set, seed=1)
    found = drawn_tables(
        square.places, square.process, SETTINGS, context, worlds=10, seed=1, scenarios=[SAMPLING], outcome="income",
        draws={"worst": draw_around_worst},
    ).set_index("tested_on_what_drew_it")  # fmt: skip
    # 20 places gathered around chance: tested on it nearly all look poorer at 5 %, and none once the rule is kept
    assert found.loc["yes", "own_assessed"] == 40  # two comparators
    assert found.loc["yes", "own_p_below"] >= 30
    assert found.loc["no", "own_assessed"] == 0
    others = found.loc["no", "p_below"] / found.loc["no", "assessed"]
    assert others <= binom.ppf(0.999, found.loc["no", "assessed"], 0.05) / found.loc["no", "assessed"]


def test_the_whole_page_is_the_same_for_the_same_seed(square, monkeypatch):
    # tested in tests/indicators/comparison/test_operating_characteristics.py, and slow
    monkeypatch.setattr(coverage, "_SIZES", (20, 50))
    for name in ("_TWO_PROPORTIONS", "_TWO_RATES"):
        monkeypatch.setattr(coverage, name, tuple(one[:1] for one in getattr(coverage, name)))
    few = Replications(null=1, planted=1, drawn=1, persons=1, ratios=(1.0, 3.0))
    # here one after another; and by workers, to whom everything is sent
    pages = [
        document(validate(square.tables, CATALOGUE, SETTINGS, replications=few, seed=1, workers=workers))
        for workers in (None, Elsewhere())
    ]
    assert pages[0] == pages[1]
    worlds = [null_tables(square.places, square.process, SETTINGS, worlds=1, seed=seed, scenarios=[SAMPLING])
              for seed in (1, 2)]  # fmt: skip
    assert not worlds[0]["kinds"].equals(worlds[1]["kinds"])
    for title in ("Coverage", "findings", "verdicts", "Planted", "Drawn", "Other rules", "must not matter"):
        assert title in pages[0]
    assert "nan" not in pages[0]


def test_alternatives_change_one_setting_each():
    for name, other in alternatives_of(Settings()).items():
        changed = [field.name for field in dataclasses.fields(other)
                   if getattr(other, field.name) != getattr(Settings(), field.name)]  # fmt: skip
        assert len(changed) == (0 if name == "as set" else 1)
