"""Readers against published totals, on the real files."""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.catalogue import load_catalogue
from indicators.observations import build_observations
from indicators.readers import sources_of
from indicators.readers.workbooks import side_by_side
from indicators.validation import validate

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def lookup(mirror):
    path = mirror / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv"
    return pd.read_csv(path, encoding="cp1252", dtype=str).set_index("DZ2011_Code")


@pytest.fixture(scope="module")
def table(mirror, lookup):
    from pipelines.sources import load_sources

    sources, catalogue = load_sources(), load_catalogue()
    files = {one: mirror / (sources[one].folder or one) / sources[one].file_name for one in sources_of(catalogue)}
    return build_observations(files, catalogue, zone_codes=lookup.index)


@pytest.fixture(scope="module")
def of(table):
    by_indicator = dict(tuple(table.groupby("indicator_id")))

    def rows(indicator_id: str, period: str | None = None) -> pd.DataFrame:
        found = by_indicator[indicator_id]
        return (found if period is None else found[found["period"] == period]).set_index("area_code")

    return rows


def counts(rows: pd.DataFrame) -> dict[str, int]:
    return rows["status"].value_counts().to_dict()


def test_the_table_is_valid(table):
    validate("observations", table)


def test_scotland_has_the_published_residents_and_income_deprived(of):
    income = of("simd_income")
    # residents of SIMD 2020v2: the total of the published column
    assert income["denominator"].sum() == 5_424_800
    assert income["numerator"].sum() == 654_561
    assert income.index[income["status"] == "not_applicable"].tolist() == ["S01010206", "S01010226", "S01010227"]
    # published to whole per cent in the CSV: 12 % of Scotland
    assert pytest.approx(0.1207, abs=5e-5) == 654_561 / 5_424_800


def test_the_star_of_the_workbook_is_told_apart(of):
    # counted in the CSV: `*` 565 and 178 times; blank 2 times, and n/a 11 times
    assert counts(of("simd_attendance")) == {"observed": 6409, "suppressed": 565, "not_applicable": 2}
    assert counts(of("simd_attainment")) == {"observed": 6787, "suppressed": 178, "not_applicable": 11}
    # two of the 500 zones with suppressed crime have no residents
    assert counts(of("simd_crime")) == {"observed": 6475, "suppressed": 498, "not_applicable": 3}


def test_crime_rates_are_the_published_ones(of, mirror):
    published = pd.read_csv(mirror / "sg-simd-2020v2" / "simd2020_withinds.csv", encoding="utf-8-sig", dtype=str)
    rate = pd.to_numeric(published.set_index("Data_Zone")["crime_rate"], errors="coerce").dropna()
    read = of("simd_crime")["value"].reindex(rate.index)
    assert (read - rate).abs().max() <= 0.51


def test_people_in_households_are_those_of_the_census(of, lookup):
    overcrowded = of("simd_overcrowding")
    # the centroids' ResPop2011 of this zone is 852
    assert overcrowded.loc["S01006506", "denominator"] == 852
    assert counts(overcrowded) == {"observed": 6971, "missing": 5}
    assert overcrowded["numerator"].sum() == 574_352
    # census 2011: 5,295,403 residents, of whom 99,000 in communal establishments; five zones cannot be recovered
    assert 5_190_000 < overcrowded["denominator"].sum() < 5_297_000


def test_local_shares_by_council_are_what_the_published_quintiles_give(of, lookup, mirror):
    published = pd.read_csv(mirror / "sg-simd-2020v2" / "simd2020_withinds.csv", encoding="utf-8-sig", dtype=str)
    published = published.set_index("Data_Zone")
    council = lookup["LA_Name"].reindex(published.index)
    quintile = (published["SIMD2020v2_Quintile"] == "1").groupby(council).mean()
    zones = of("simd_most_deprived_20")
    share = (zones["numerator"] > 0).groupby(council).mean()
    pd.testing.assert_series_equal(share, quintile, check_names=False)
    # by hand from the ranks: 339 of Glasgow's 746 zones and 51 of Inverclyde's 114
    assert share["Glasgow City"] == pytest.approx(339 / 746)
    assert share["Inverclyde"] == pytest.approx(51 / 114)
    assert share[["Na h-Eileanan Siar", "Orkney Islands", "Shetland Islands"]].tolist() == [0, 0, 0]


def test_children_in_low_income_families_reconcile_with_intermediate_zones(of, mirror, lookup):
    path = mirror / "is-cpop" / "CPOP Data - for PHS.xlsx"
    published = side_by_side(path, "Child Poverty - IGZ", ["InterZone"])["Children in low-income households"]
    children = of("cpop_child_poverty")
    for period in ("2014/15", "2017/18", "2020/21"):
        whole = pd.Series(pd.to_numeric(published.column(period)), index=published.column("area"))
        zones = children[children["period"] == period]
        summed = zones["numerator"].groupby(lookup["IZ2011_Code"].reindex(zones.index)).sum()
        # counts by data zone are perturbed for disclosure control, so they meet the totals only about
        assert summed.sum() == pytest.approx(whole.sum(), rel=0.005)
        assert (summed - whole.reindex(summed.index)).abs().max() <= 60
    hidden = children["status"].eq("suppressed").groupby(children["period"]).sum()
    assert hidden.between(410, 560).all()
    assert children["numerator"].min() == 5


def test_claimants_reconcile_with_intermediate_zones(of, mirror, lookup):
    path = mirror / "is-cpop" / "CPOP Data - for PHS.xlsx"
    tables = side_by_side(path, "OOWB - IGZ", ["Average"])
    published = next(iter(tables.values()))
    claims = of("cpop_out_of_work")
    for period in ("2013/14", "2017/18"):
        whole = pd.Series(pd.to_numeric(published.column(period)), index=published.column("area"))
        zones = claims[claims["period"] == period]
        summed = zones["numerator"].groupby(lookup["IZ2011_Code"].reindex(zones.index)).sum()
        assert summed.sum() == pytest.approx(whole.sum(), rel=0.001)
    assert counts(claims[claims["period"] == "2020/21"])["missing"] == 163


def test_deprived_zones_hold_about_a_fifth_of_people(of):
    rows = of("simd_most_deprived_20")
    # quintile 1 has 1,395 zones, all with residents
    assert int((rows["numerator"] > 0).sum()) == 1395
    assert rows["numerator"].sum() / rows["denominator"].sum() == pytest.approx(0.195, abs=0.001)
