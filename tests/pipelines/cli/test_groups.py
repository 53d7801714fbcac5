"""`localities groups`: groups of people of a council, from a store made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.schema.tables import TABLES

PLAIN = {
    "indicator_id": "ill_by_age", "group_dimension": "age", "group_name": "Aged 50 to 64", "area_code": "S12000036",
    "area_name": "City of Edinburgh", "period": "2022", "is_headline_period": True, "numerator": 200.0,
    "denominator": 1_000.0, "share_of_people": 0.2, "value": 20.0, "lower_ci": 17.6, "upper_ci": 22.6,
    "ci_method": "Wilson", "confidence": 0.95, "status": "observed", "null_model": "sampling", "test_method": "score",
    "source_id": "a-table",
}  # fmt: skip
AGAINST = [
    {"group_comparator": "cpp", "comparator_value": 8.0, "age_basis": "other_ages", "significance": "poorer"},
    {"group_comparator": "scotland", "comparator_value": 9.0, "age_basis": "other_ages", "significance": "poorer"},
    {
        "group_comparator": "same_group",
        "comparator_value": 19.5,
        "age_basis": "same_ages",
        "significance": "not_different",
    },
]


@pytest.fixture
def grouped(stored):
    rows = [PLAIN | one for one in AGAINST]
    silent = {"value": None, "comparator_value": None, "numerator": None, "denominator": None, "status": "missing",
              "significance": "not_assessed", "reason": "not published for this council"}  # fmt: skip
    siar = {"area_code": "S12000013", "area_name": "Na h-Eileanan Siar"}
    asked = {"denominator": 80.0, "share_of_people": None, "group_dimension": "disability", "group_name": "Disabled"}
    rows += [PLAIN | one | siar | more for one in AGAINST for more in (silent, asked)]
    tables = {
        "group_findings": rows,
        "group_indicators": [
            {"indicator_id": "ill_by_age", "indicator_title": "People who are ill, by age", "group_dimension": "age",
             "definition": "d", "domain": "Health", "role": "outcome", "kind": "proportion", "unit": "% of people",
             "multiplier": 100.0, "poorer_is": "higher", "smallest_important_difference": 1.25,
             "smallest_important_difference_scale": "ratio", "national_outcome": "Health", "source_id": "a-table",
             "is_approximate": False}
        ],
        "group_coverage": [
            {"domain": "Health", "group_dimension": "age", "is_by_group": True, "group_tables": "People who are ill"},
            {"domain": "Education", "group_dimension": "care_experience", "is_by_group": False},
        ],
    }  # fmt: skip
    for name, given in tables.items():
        stored.write(name, pd.DataFrame(given).reindex(columns=list(TABLES[name].columns)))
    return stored


def test_each_group_stands_beside_whom_it_is_held_against(localities, grouped):
    ran = localities("groups", "--area", "edinburgh")
    assert ran.code == 0
    for words in ("People who are ill, by age", "Aged 50 to 64", "poorer (8.00) *", "not different (19.5)"):
        assert words in ran.words
    # that growing old is in two of the comparisons is said, and what nobody publishes
    assert "growing old is in the difference" in ran.words
    assert "Education: care experience" in ran.words
    assert "Eileanan" not in ran.out


def test_people_whom_nobody_counted_are_not_shown_as_a_count(localities, grouped):
    assert "(as of 80): as sure as if 80 had been counted" in localities("groups", "--by", "disability").words


def test_a_council_without_a_figure_says_why(localities, grouped):
    told = localities("groups", "--area", "na-h-eileanan-siar", "--by", "age").words
    assert "not assessed: not published for this council" in told


def test_groups_that_are_poorer_as_rows(localities, grouped):
    found = localities("groups", "--area", "edinburgh", "--poorer", "--json").json
    assert [(one["area_code"], one["group_comparator"], one["significance"]) for one in found] == [
        ("S12000036", "cpp", "poorer"), ("S12000036", "scotland", "poorer"),
        ("S12000036", "same_group", "not_different"),
    ]  # fmt: skip
    assert localities("groups", "--by", "sex", "--json").json == []
    assert localities("groups", "--by", "shoe size").code == 2


def test_where_groups_live(localities, stored):
    row = {"indicator_id": "census_disability", "area_code": "S12000036", "area_name": "City of Edinburgh",
           "period": "2022", "numerator": 100_000.0, "denominator": 500_000.0, "share_of_people": 0.2,
           "share_in_densest_fifth": 0.28, "dissimilarity": 0.15, "share_in_deprived_fifth": 0.26,
           "share_in_flagged_scotland": 0.31, "share_in_flagged_cpp": 0.12, "zones_with_figures": 597}  # fmt: skip
    stored.write("group_places", pd.DataFrame([row]).reindex(columns=list(TABLES["group_places"].columns)))
    ran = localities("groups", "--places", "--area", "edinburgh")
    for words in ("Disabled residents", "100,000", "28%", "26%", "31%", "None of it says that a group is poorer"):
        assert words in ran.words
    assert localities("groups", "--places", "--by", "age").code == 2
