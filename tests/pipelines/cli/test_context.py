"""`localities context`: figures of whole councils, from a store made by hand."""

from __future__ import annotations

import pandas as pd

from indicators.schema.tables import TABLES

FIGURE = "Drug misuse deaths, standardised by age"


def write(stored) -> None:
    rows = [
        ("S12000036", "City of Edinburgh", "2020-2024", 18.2, 16.9, 19.5),
        ("S12000013", "Na h-Eileanan Siar", "2020-2024", 9.4, 5.0, 16.0),
        ("S92000003", "Scotland", "2020-2024", 22.5, 21.9, 23.1),
        ("S12000036", "City of Edinburgh", "2019-2023", 17.0, 15.8, 18.3),
    ]
    table = pd.DataFrame(rows, columns=["area_code", "area_name", "period", "value", "lower_ci", "upper_ci"])
    table = table.assign(
        context_topic="drug_deaths", context_figure=FIGURE, unit="per 100,000 residents", context_poorer_is="higher",
        source_id="nrs-drug-deaths-council",
    )  # fmt: skip
    stored.write("council_context", table[list(TABLES["council_context"].columns)])


def test_the_latest_figure_of_each_council_stands_beside_scotlands(localities, stored):
    write(stored)
    found = localities("context", "--json").json
    assert [(one["area_name"], one["value"], one["poorer_rank"]) for one in found] == [
        ("Na h-Eileanan Siar", 9.4, 2),
        ("City of Edinburgh", 18.2, 1),
    ]
    assert {one["scotland_value"] for one in found} == {22.5}
    ran = localities("context", "--area", "edinburgh")
    assert "City of Edinburgh (S12000036)" in ran.out
    for word in (FIGURE.split(",")[0], "2020-2024", "18.2", "16.9 to 19.5", "22.5", "1 of 2"):
        assert word in ran.words
    assert "Na h-Eileanan" not in ran.out


def test_a_topic_that_does_not_exist_is_wrong_usage_and_none_there_is_said(localities, stored):
    write(stored)
    assert localities("context", "--topic", "drugs").code == 2
    ran = localities("context", "--topic", "child_poverty")
    assert ran.code == 0
    assert "localities sources list" in ran.words
