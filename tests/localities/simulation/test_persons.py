"""Places whose true ratio is known, drawn person by person with the declared figures of the sample country."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from indicators.catalogue import load_catalogue
from indicators.schema.vocabulary import CORE_VOTES
from localities.evidence.panel import build_panel
from localities.evidence.sums import build_places
from localities.settings import Settings
from localities.simulation.known import known_tables
from localities.simulation.persons import AT_THE_BOUNDARY, persons_tables
from localities.simulation.suite import TABLES_NEEDED
from localities.simulation.worlds import _episodes, fit_process
from localities.zones.graph import neighbour_matrix
from pipelines.cli.parts.reading import open_store
from pipelines.folders import Home
from pipelines.storage.reading import rows_of

SETTINGS = Settings()


@pytest.fixture(scope="module")
def tables(sample_home: Home) -> dict[str, pd.DataFrame]:
    store = open_store(sample_home, *TABLES_NEEDED, is_sample=True)
    return {name: rows_of(store, name) for name in TABLES_NEEDED}


@pytest.fixture(scope="module")
def persons(tables) -> dict[str, pd.DataFrame]:
    """Twenty worlds of five partnerships: 100 places of 4,000 residents at each ratio."""
    zones = tables["zones"].reset_index(drop=True)
    candidates = tables["candidate_localities"]
    own = candidates[candidates["candidate_set"] == "natural_communities"].reset_index(drop=True)
    member = tables["membership"]
    places = build_places(zones, own, member[member["locality_id"].isin(own["locality_id"])])
    catalogue = load_catalogue()
    panel = build_panel(tables["observations"], catalogue, zones["zone_code"].tolist(), headline_only=True).tested()
    panel = panel.take(np.flatnonzero([one.votes for one in panel.indicators]))
    neighbours = neighbour_matrix(pd.Index(zones["zone_code"]), tables["adjacency"])
    return persons_tables(
        places,
        fit_process(panel, neighbours),
        SETTINGS,
        neighbours=np.split(neighbours.indices.astype(np.intp), neighbours.indptr[1:-1]),
        points=zones[["centroid_x", "centroid_y"]].to_numpy(dtype=float),
        base="natural_communities",
        worlds=20,
        seed=7,
        residents=(4_000,),
        episodes=(None, 1.0),
    )


def test_at_the_smallest_important_difference_poorer_is_said_no_oftener_than_alpha(persons):
    findings = persons["person_findings"].query("ratio == @AT_THE_BOUNDARY and comparator == 'cpp'")
    # 1 in 2,000 for each indicator and dispersion to have more by chance
    most = binom.ppf(0.9995, findings["places"], SETTINGS.alpha)
    assert (findings["below"] <= most).all(), findings[findings["below"] > most].to_string()
    # indicators of too few events say nothing at this size; each core vote has one that is assessed in most places
    assert set(CORE_VOTES) <= set(findings.loc[findings["places"] >= 60, "vote"])
    assert findings["poorer"].sum() <= SETTINGS.alpha * findings["places"].sum()


def test_chance_alone_flags_one_in_a_thousand_at_most_and_the_boundary_one_in_twenty(persons):
    verdicts = persons["person_verdicts"]
    assert verdicts["others_strong"].sum() <= 0.001 * verdicts["others"].sum()
    at = verdicts[verdicts["ratio"] <= AT_THE_BOUNDARY]
    assert (at["strong"] <= SETTINGS.alpha * at["places"]).all()


def test_half_of_true_ratios_of_one_and_a_half_and_beyond_are_found_in_each_core_vote(persons):
    votes = persons["person_votes"].query("ratio >= 1.5 and is_core and episodes.isna() and not is_real_elsewhere")
    found = votes.groupby("vote")[["places", "poorer"]].sum()
    assert set(found.index) == set(CORE_VOTES)
    assert (found["poorer"] >= 0.5 * found["places"]).all(), found.to_string()


def test_among_places_that_really_are_poor_more_is_found_than_where_nobody_else_is(persons):
    votes = persons["person_votes"].query("is_core and comparator == 'scotland' and episodes.isna()")
    at = votes[votes["ratio"] == 1.5].groupby("is_real_elsewhere")[["places", "poorer"]].sum()
    share = at["poorer"] / at["places"]
    assert share[True] > share[False]
    # what is poor elsewhere is no error of the method, and the partnership's ratio is not known there
    verdicts = persons["person_verdicts"].query("is_real_elsewhere")
    assert (verdicts["others"] == 0).all()
    assert set(persons["person_findings"].query("is_real_elsewhere")["comparator"]) == {"scotland"}


def test_intervals_hold_the_true_ratio_where_counts_are_known(persons):
    findings = persons["person_findings"].query("comparator == 'cpp' and is_whole")
    assert findings["covered"].sum() / findings["places"].sum() == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("dispersion", [1.0, 2.0, 4.0])
def test_episodes_have_the_mean_and_the_dispersion_asked_for(dispersion):
    drawn = _episodes(np.random.default_rng(1), np.full(200_000, 30.0), dispersion)
    assert drawn.mean() == pytest.approx(30, rel=0.01)
    assert drawn.var() / drawn.mean() == pytest.approx(dispersion, rel=0.03)


def test_verdicts_stand_beside_the_index_in_every_partnership(tables):
    found = known_tables(tables, load_catalogue())
    by_cpp = found["known_cpps"]
    assert len(by_cpp) == 5
    # a fifth of zones, and so about a fifth of residents, is in the worst fifth
    assert np.average(by_cpp["worst_fifth"], weights=by_cpp["residents"]) == pytest.approx(0.2, abs=0.02)
    named = tables["verdicts"].query("candidate_set == 'intermediate_zones'")
    agreement = found["known_agreement"].set_index("rule")
    strong = named["verdict_scotland"] == "strong_evidence"
    assert agreement.loc["scotland", "places"] == strong.sum() > 0
    assert set(found["known_missed"]["verdict_scotland"]) <= {"some_evidence", "no_evidence", "insufficient_evidence"}
    # the ranking names a fifth of every partnership's places, whatever they are
    assert by_cpp["ranking"].between(0.05, 0.4).all()
