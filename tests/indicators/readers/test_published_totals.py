"""Readers against published totals, on the real files."""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.catalogue import load_catalogue
from indicators.observations.build import build_observations
from indicators.observations.plausibility import compare_observations
from indicators.readers import sources_of
from indicators.readers.shared.workbooks import side_by_side
from indicators.schema.validation import validate

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def lookup(mirror):
    path = mirror / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv"
    return pd.read_csv(path, encoding="cp1252", dtype=str).set_index("DZ2011_Code")


@pytest.fixture(scope="module")
def table(mirror, lookup):
    from pipelines.sources.declarations import load_sources

    sources, catalogue = load_sources(), load_catalogue()
    files = {one: mirror / (sources[one].folder or one) / sources[one].file_name for one in sources_of(catalogue)}
    return build_observations(files, catalogue, zone_codes=lookup.index)


@pytest.fixture(scope="module")
def of(table):
    by_indicator = dict(tuple(table.groupby("indicator_id")))

    def rows(indicator_id: str, period: str = "latest") -> pd.DataFrame:
        found = by_indicator[indicator_id].set_index("area_code")
        # totals of intermediate zones stand beside the figures of data zones for some indicators
        is_zone = found["area_type"] == "data_zone"
        found = found[is_zone] if is_zone.any() else found
        if period == "latest":
            return found[found["period_end"] == found["period_end"].max()]
        return found if period == "all" else found[found["period"] == period]

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
    # S01010226, where nobody lived, has an attendance of 0.8375: a share of nobody is no figure
    assert counts(of("simd_attendance")) == {"observed": 6408, "suppressed": 565, "not_applicable": 3}
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
    children = of("cpop_child_poverty", "all")
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
    claims = of("cpop_out_of_work", "all")
    # earlier years stand at other zones and are not read
    assert set(claims["period"]) == {"2019/20", "2020/21"}
    # blanks of 163 zones, most of West Dunbartonshire among them, are filled from the totals of intermediate zones
    last = claims[claims["period"] == "2020/21"]
    assert counts(last)["modelled"] == 163
    whole = pd.Series(pd.to_numeric(published.column("2020/21")), index=published.column("area"))
    west = lookup["LA_Name"].reindex(last.index) == "West Dunbartonshire"
    inside = lookup.loc[lookup["LA_Name"] == "West Dunbartonshire", "IZ2011_Code"].unique()
    assert last.loc[west, "numerator"].sum() == pytest.approx(whole[inside].sum(), rel=0.002)


def test_no_series_falls_in_two(table):
    """Neighbouring periods are about as alike, over areas, as the others of their series."""
    compare_observations(table.reset_index(), None, where="the mirror")


def test_deprived_zones_hold_about_a_fifth_of_people(of):
    rows = of("simd_most_deprived_20")
    # quintile 1 has 1,395 zones, all with residents
    assert int((rows["numerator"] > 0).sum()) == 1395
    assert rows["numerator"].sum() / rows["denominator"].sum() == pytest.approx(0.195, abs=0.001)


def test_residents_by_age_are_those_published_for_scotland(of):
    # mid-2021 and mid-2020 estimates of National Records of Scotland: 5,479,900 and 5,466,000 residents
    for period, residents, children in (("2021-06-30", 5_479_900, 911_522), ("2020-06-30", 5_466_000, 916_783)):
        rows = of("nrs_children", period)
        assert (rows["denominator"].sum(), rows["numerator"].sum()) == (residents, children)
    change = of("nrs_population_change")
    weighted = (change["value"] * change["denominator"]).sum() / change["denominator"].sum()
    # 5,424,800 residents at mid-2017; zones without residents then are left out with those who came since
    assert weighted == pytest.approx((5_479_900 / 5_424_800 - 1) * 100, abs=0.05)


def test_children_are_counted_alike_by_two_publishers(of):
    """The Improvement Service's population 0-15 of 2020 is the estimate of National Records of Scotland."""
    children, poverty = of("nrs_children", "2020-06-30"), of("cpop_child_poverty", "2020/21")
    plain = poverty["status"] != "modelled"
    same = poverty["denominator"][plain] == children["numerator"].reindex(poverty.index)[plain]
    assert same.mean() > 0.99


@pytest.mark.parametrize(
    ("indicator", "share"),
    [
        # Scotland's Census 2022, published for Scotland: 24.1 % disabled, 22.5 % of households rent socially and
        # 12.9 % privately, 63.2 % own; 7.1 % of people are of minority ethnic groups other than white
        ("census_disability", 24.1),
        ("census_social_renters", 22.5),
        ("census_private_renters", 12.9),
        ("census_owners", 63.2),
        ("census_minority_ethnic", 7.1),
    ],
)
def test_census_shares_are_those_published_for_scotland(of, indicator, share):
    rows = of(indicator)
    assert rows["numerator"].sum() / rows["denominator"].sum() * 100 == pytest.approx(share, abs=0.06)


def test_households_of_the_2011_census_are_complete(of):
    # 2,372,777 households in Scotland, census 2011; this table is not perturbed, so its parts sum
    assert of("census_deprived_households_1")["denominator"].sum() == 2_372_777


def test_shares_of_dwellings_meet_the_value_for_scotland(of):
    # the slice's own row for Scotland: 0.9 % second homes and 37.5 % with one adult; weights are a stand-in
    for indicator, share in (("dwellings_second_homes", 0.9), ("dwellings_single_adult", 37.5)):
        rows = of(indicator)
        weighted = (rows["value"] * rows["denominator"]).sum() / rows["denominator"].sum()
        assert weighted == pytest.approx(share, abs=0.4)


def test_the_edition_of_2016_keeps_its_own_totals(of):
    income = of("simd_income", "2014/15")
    # totals of the published columns of SIMD 2016
    assert (income["denominator"].sum(), income["numerator"].sum()) == (5_347_600, 659_920)
    assert set(income["source_id"]) == {"sg-simd-2016-indicators"}
    assert counts(of("simd_attainment", "2011/12-2013/14")) == {"observed": 6962, "not_applicable": 14}
    # 434 zones are suppressed, one of them without residents
    assert counts(of("simd_crime", "2014/15"))["suppressed"] == 433


def test_most_of_what_is_published_more_than_once_has_its_series(table):
    periods = table.groupby("indicator_id")["period"].nunique()
    assert (periods >= 2).sum() >= 30
    assert periods["cpop_child_poverty"] == 7


def test_outcomes_by_intermediate_zone_have_their_published_years(of):
    # raw data of the workbook: attainment 2013/14 to 2020/21, participation 2016/17 to 2021/22, the others 2010/11 on
    for indicator, first, last, periods in (
        ("cpop_attainment", "2013/14", "2020/21", 8),
        ("cpop_participation", "2016/17", "2021/22", 6),
        ("cpop_crime", "2010/11", "2021/22", 12),
        ("cpop_emergency_admissions", "2010/11", "2021/22", 12),
        # five years each; the averages that begin anew with 2014/15 are not read before they cover five again
        ("cpop_early_mortality", "2006/07-2010/11", "2017/18-2021/22", 8),
    ):
        rows = of(indicator, "all")
        assert (rows["period"].min(), rows["period"].max(), rows["period"].nunique()) == (first, last, periods)
        assert len(rows) == 1279 * periods
    # first row of the workbook: Culter, 2016/17
    assert of("cpop_participation", "2016/17").loc["S02001236", "value"] == pytest.approx(94.87179487179486)
    # Scotland's participation measure was 92.4 % in 2022 and 90.4 to 91.1 % in 2016 and 2017
    rows = of("cpop_participation", "2016/17")
    assert (rows["value"] * rows["denominator"]).sum() / rows["denominator"].sum() == pytest.approx(90.4, abs=0.5)


def test_the_depopulation_index_is_the_inverse_of_growth(of, lookup):
    """Against the estimates of National Records of Scotland: where residents grew the index falls."""
    index = of("cpop_depopulation", "2020/21")["value"] / of("cpop_depopulation", "2017/18")["value"]
    residents = of("nrs_children", "2020-06-30")["denominator"], of("simd_income")["denominator"]
    now, then = (one.groupby(lookup["IZ2011_Code"].reindex(one.index)).sum() for one in residents)
    assert index.corr(now / then) < -0.95
