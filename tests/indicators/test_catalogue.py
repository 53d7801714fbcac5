"""What every declaration must say, whatever it declares."""

from __future__ import annotations

import re
from itertools import groupby

import pytest

from indicators.catalogue import load_catalogue
from indicators.declaring.readers import READERS
from indicators.readers import editions_of, sources_of
from indicators.readers.shared.periods import parse_period

NATIONAL_OUTCOMES = {
    "Children and Young People", "Communities", "Culture", "Economy", "Education", "Environment",
    "Fair Work and Business", "Health", "Human Rights", "International", "Poverty",
}  # fmt: skip
CATALOGUE = load_catalogue()


@pytest.fixture(params=CATALOGUE, ids=lambda one: one.id)
def indicator(request):
    return request.param


def test_it_names_a_reader_that_is_there(indicator):
    assert indicator.reader in READERS


def test_it_speaks_to_one_of_the_eleven_national_outcomes(indicator):
    assert indicator.national_outcome in NATIONAL_OUTCOMES


def test_it_says_what_it_counts(indicator):
    assert indicator.definition.endswith(".")
    assert indicator.denominator
    assert indicator.numerator or indicator.kind == "mean"
    assert indicator.title[0].isupper()


def test_a_percentage_is_a_share_times_a_hundred(indicator):
    if indicator.kind != "mean":
        assert indicator.unit.startswith(("%", "per 100 ", "Scotland = 100")) == (indicator.multiplier == 100)


def test_populations_never_vote(indicator):
    if indicator.role in ("population", "access", "determinant"):
        assert not indicator.votes


def test_twins_name_each_other(indicator):
    """Nearly the same works both ways, except for description that is built from what is tested."""
    for other in indicator.same_as:
        assert other != indicator.id
        if indicator.is_tested:
            assert indicator.id in CATALOGUE[other].same_as


def test_bounds_of_suppressed_counts_belong_to_counts(indicator):
    if indicator.suppression.lower is not None:
        assert indicator.kind != "mean"
        assert indicator.suppression.symbols


def test_every_source_is_declared():
    from pipelines.sources.declarations import load_sources

    assert set(sources_of(CATALOGUE)) <= set(load_sources())


def test_outcomes_of_seven_domains_vote():
    domains = {one.domain for one in CATALOGUE if one.votes}
    assert {"Income", "Work", "Health", "Education", "Housing", "Crime"} <= domains
    assert {one.vote for one in CATALOGUE if one.domain in ("Income", "Work") and one.votes} == {"income_and_work"}


def test_sixty_indicators_and_every_role_without_counting_cuts_of_one_measure():
    measures = {re.sub(r"_most_deprived_\d+$", "_most_deprived", one.id) for one in CATALOGUE}
    assert len(measures) >= 60
    assert {one.role for one in CATALOGUE} == {"outcome", "determinant", "access", "population"}
    assert len({one.domain for one in CATALOGUE}) >= 7


def test_series_have_as_many_periods_as_are_published():
    periods = {
        one.id: sum(len(edition.columns.get("periods", [0])) for edition in editions_of(one)) for one in CATALOGUE
    }
    assert (periods["cpop_child_poverty"], periods["cpop_out_of_work"]) == (7, 8)
    assert sum(count >= 2 for count in periods.values()) >= 30


def test_no_series_runs_over_a_break_in_its_latest_step_unless_declared(indicator):
    """A break lies between periods, never after the last: there it would say nothing."""
    if indicator.breaks:
        labels = [edition.columns.get("periods", [edition.columns.get("period")]) for edition in editions_of(indicator)]
        ends = [parse_period(label).end for some in labels for label in some if label is not None]
        # where a reader finds the periods in the file there is nothing to hold the breaks against
        if not ends:
            return
        assert min(ends) < max(indicator.breaks) <= max(ends)


def test_shares_in_the_most_deprived_zones_are_only_described():
    shares = [one for one in CATALOGUE if re.search(r"most_deprived_\d+$", one.id)]
    # four cuts, overall and for seven domains
    assert len(shares) == 32
    assert not any(one.votes or one.is_tested for one in shares)
    by_domain = groupby(sorted(one.id.rsplit("_", 1)[0] for one in shares))
    assert all(len(list(cuts)) == 4 for _, cuts in by_domain)
