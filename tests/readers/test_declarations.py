"""What every declaration must say, whatever it declares."""

from __future__ import annotations

import re
from itertools import groupby

import pytest

from indicators.catalogue import load_catalogue
from indicators.readers import reader_names, sources_of

NATIONAL_OUTCOMES = {
    "Children and Young People", "Communities", "Culture", "Economy", "Education", "Environment",
    "Fair Work and Business", "Health", "Human Rights", "International", "Poverty",
}  # fmt: skip
CATALOGUE = load_catalogue()


@pytest.fixture(params=CATALOGUE, ids=lambda one: one.id)
def indicator(request):
    return request.param


def test_it_names_a_reader_that_is_there(indicator):
    assert indicator.reader in reader_names()


def test_it_speaks_to_one_of_the_eleven_national_outcomes(indicator):
    assert indicator.national_outcome in NATIONAL_OUTCOMES


def test_it_says_what_it_counts(indicator):
    assert indicator.definition.endswith(".")
    assert indicator.denominator
    assert indicator.numerator or indicator.kind == "mean"
    assert indicator.title[0].isupper()


def test_a_percentage_is_a_share_times_a_hundred(indicator):
    assert indicator.unit.startswith("%") == (indicator.multiplier == 100)


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
    from pipelines.sources import load_sources

    assert set(sources_of(CATALOGUE)) <= set(load_sources())


def test_outcomes_of_seven_domains_vote():
    domains = {one.domain for one in CATALOGUE if one.votes}
    assert {"Income", "Work", "Health", "Education", "Housing", "Crime"} <= domains
    assert {one.vote for one in CATALOGUE if one.domain in ("Income", "Work") and one.votes} == {"income_and_work"}


def test_shares_in_the_most_deprived_zones_are_only_described():
    shares = [one for one in CATALOGUE if re.search(r"most_deprived_\d+$", one.id)]
    # four cuts, overall and for seven domains
    assert len(shares) == 32
    assert not any(one.votes or one.is_tested for one in shares)
    by_domain = groupby(sorted(one.id.rsplit("_", 1)[0] for one in shares))
    assert all(len(list(cuts)) == 4 for _, cuts in by_domain)
