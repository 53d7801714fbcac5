"""The main job on all of Scotland: published totals, conservation, findings worked by hand, and what is recomputed."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, norm

from indicators.readers.nrs_population import read_residents
from indicators.schema.vocabulary import SIGNIFICANCES
from localities.publishing.explorer.content import short
from localities.wording.periods import period_in_words
from pipelines.folders import Home
from pipelines.run.run import run
from pipelines.run.workspace import open_workspace
from pipelines.storage.store import Store

pytestmark = pytest.mark.mirror

SHOWN = ("glasgow-city", "highland", "na-h-eileanan-siar", "clackmannanshire")
COMPLETE = ("intermediate_zones", "wards", "sub_council_areas", "wards_split")


@pytest.fixture(scope="module")
def tables(scotland: Home) -> dict[str, pd.DataFrame]:
    store = Store(scotland.store)
    return {name: store.read(name) for name in store.manifests()}


def headline(table: pd.DataFrame, indicator: str) -> pd.DataFrame:
    return table[(table["indicator_id"] == indicator) & table["is_headline_period"]]


def test_scotland_has_its_zones_and_partnerships(tables) -> None:
    zones = tables["zones"]
    assert len(zones) == 6_976
    assert zones["intermediate_zone_code"].nunique() == 1_279
    assert zones["cpp_code"].nunique() == 32
    # National Records of Scotland, mid-2021
    assert zones["population"].sum() == 5_479_900


def test_simd_has_its_residents(tables) -> None:
    income = tables["observations"].query("indicator_id == 'simd_income' and period == '2017'")
    assert income["denominator"].sum() == 5_424_800


def test_complete_sets_hold_every_zone_once_and_every_resident(tables) -> None:
    zones, localities, members = tables["zones"], tables["candidate_localities"], tables["membership"]
    for name in COMPLETE:
        mine = members[members["candidate_set"] == name]
        assert sorted(mine["zone_code"]) == sorted(zones["zone_code"]), name
        assert (mine["weight"] == 1).all()
        people = localities.loc[localities["candidate_set"] == name, "population"]
        assert people.sum() == zones["population"].sum(), name
    split = localities[localities["candidate_set"] == "wards_split"]
    assert split["is_within_limit"].all()


def test_the_income_deprived_are_the_same_people_in_every_set(tables) -> None:
    income = headline(tables["estimates"], "simd_income")
    of_set = income["locality_id"].str.partition(":")[0]
    total = tables["observations"].query("indicator_id == 'simd_income' and period == '2017'")["numerator"].sum()
    for name in COMPLETE:
        assert income.loc[of_set == name, "numerator"].sum() == pytest.approx(total, abs=0.5), name


def test_the_local_share_of_the_most_deprived_fifth_is_what_the_ranks_give(tables, mirror: Path) -> None:
    # the published ranks, read here without the project's own reader: 1 to 1,395 are the most deprived 20 % of 6,976
    published = pd.read_csv(mirror / "sg-simd-2020v2" / "simd2020_withinds.csv", encoding="utf-8-sig")
    rank = published.set_index("Data_Zone")["SIMD2020v2_Rank"]
    zones = tables["zones"].set_index("zone_code")
    by_ranks = (rank <= 1_395).groupby(zones["cpp_name"].reindex(rank.index)).mean()
    ours = tables["observations"].query("indicator_id == 'simd_most_deprived_20'")
    ours = ours[ours["period_end"] == ours["period_end"].max()].set_index("area_code")
    empty = (zones.index.map(rank) <= 1_395) & (zones["population"] == 0)
    marked = (ours["numerator"] > 0).reindex(zones.index) | empty
    shares = marked.groupby(zones["cpp_name"]).mean()
    pd.testing.assert_series_equal(shares.sort_index(), by_ranks.sort_index(), check_names=False, atol=0.002)
    # Glasgow City has 339 of its 746 zones in the fifth, Orkney none of 29
    assert shares["Glasgow City"] == pytest.approx(339 / 746)
    assert shares["Orkney Islands"] == 0


def test_what_the_documentation_says_of_scotland_holds(tables) -> None:
    # docs/METHODS.md, section 1: two in five intermediate zones differ surely; flags go with Scotland's worst fifth
    verdicts, zones = tables["verdicts"], tables["zones"].set_index("zone_code")
    income = headline(tables["findings"], "simd_income")
    income = income[(income["comparator"] == "scotland") & income["locality_id"].str.startswith("intermediate_zones:")]
    assert (income["p_value"] < 0.05).mean() == pytest.approx(0.4, abs=0.02)
    people = tables["candidate_localities"].set_index("locality_id")["population"]
    flagged = verdicts[
        (verdicts["candidate_set"] == "intermediate_zones") & (verdicts["verdict_scotland"] == "strong_evidence")
    ]
    worst = tables["observations"].query("indicator_id == 'simd_most_deprived_20'")
    worst = worst[worst["period_end"] == worst["period_end"].max()].set_index("area_code")["value"]
    of = zones.groupby("cpp_code")["population"].sum()
    in_worst = zones["population"].where(worst.reindex(zones.index) > 0, 0).groupby(zones["cpp_code"]).sum()
    in_flagged = flagged["locality_id"].map(people).groupby(flagged["cpp_code"]).sum().reindex(of.index, fill_value=0)
    assert (in_worst / of).corr(in_flagged / of, method="spearman") == pytest.approx(0.9, abs=0.03)
    # section 7: a core vote that is better has never taken a flag away
    for comparator in ("scotland", "cpp"):
        poorer, better = (
            sum(
                verdicts[f"{name}_votes_{comparator}"].fillna("").str.contains(vote).astype(int)
                for vote in ("income and work", "health", "education")
            )
            for name in ("poorer", "better")
        )
        assert not ((poorer >= 2) & (better >= 1)).any()
    # docs/inequality-and-change.md: children in low-income families became more in every partnership, not in each place
    children = tables["progress"].query("indicator_id == 'cpop_child_poverty'")
    ways = children.groupby(children["candidate_set"].astype("str"))["change_direction"].value_counts()
    assert (ways["cpp", "worsening"], ways["intermediate_zones", "improving"]) == (32, 16)


def finding(tables, locality: str, indicator: str, comparator: str) -> pd.Series:
    found = headline(tables["findings"], indicator)
    return found[(found["locality_id"] == locality) & (found["comparator"] == comparator)].iloc[0]


def test_income_in_possil_park_by_hand(tables, mirror: Path) -> None:
    # Possil Park (S02001942), straight from the publisher's workbook. Seven data zones, 1,864 of 6,022 residents income
    # deprived: 30.95 %. Scotland: 653,650 or so of 5,424,800; the rest of Scotland is what remains after these seven.
    book = pd.read_excel(
        mirror / "sg-simd-2020v2" / "SIMD+2020v2+-+indicators.xlsx", sheet_name="Data", engine="calamine"
    )
    here = book["Intermediate_Zone"] == "Possil Park"
    x1, n1 = book.loc[here, "Income_count"].sum(), book.loc[here, "Total_population"].sum()
    x2, n2 = book.loc[~here, "Income_count"].sum(), book.loc[~here, "Total_population"].sum()
    assert (here.sum(), x1, n1) == (7, 1_864, 6_022)
    row = finding(tables, "intermediate_zones:S02001942", "simd_income", "scotland")
    assert row["comparator_value"] == pytest.approx(100 * x2 / n2)
    assert row["ratio"] == pytest.approx((x1 / n1) / (x2 / n2))
    # pooled score test: (0.3095 - 0.1203) / sqrt(p (1 - p) (1 / 6,022 + 1 / 5,418,778)), about 45 standard errors
    p = (x1 + x2) / (n1 + n2)
    z = (x1 / n1 - x2 / n2) / np.sqrt(p * (1 - p) * (1 / n1 + 1 / n2))
    assert z > 40
    assert row["p_value"] == pytest.approx(norm.sf(z), abs=1e-12)
    # Newcombe's hybrid limits from two Wilson intervals
    l1, u1 = wilson(x1, n1)
    l2, u2 = wilson(x2, n2)
    d = x1 / n1 - x2 / n2
    assert row["difference_lower_ci"] == pytest.approx(100 * (d - np.hypot(x1 / n1 - l1, u2 - x2 / n2)), rel=1e-6)
    assert row["difference_upper_ci"] == pytest.approx(100 * (d + np.hypot(u1 - x1 / n1, x2 / n2 - l2)), rel=1e-6)
    assert row["significance"] == "poorer"


def wilson(x: float, n: float) -> tuple[float, float]:
    z = 1.959963984540054
    middle, half = x / n + z**2 / (2 * n), z * np.sqrt(x / n * (1 - x / n) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def test_mortality_in_possil_park_by_hand(tables, mirror: Path) -> None:
    # SMR is published per zone without counts. Deaths expected are residents by age times Scotland's rates by age over
    # four years; observed are these times the ratio. Both sides Poisson, so given their sum binomial.
    book = pd.read_excel(
        mirror / "sg-simd-2020v2" / "SIMD+2020v2+-+indicators.xlsx", sheet_name="Data", engine="calamine"
    )
    rates = ((0, 44, 0.004), (45, 64, 0.025), (65, 74, 0.074), (75, 84, 0.198), (85, 90, 0.61))
    people = read_residents(mirror / "nrs-sape-2021" / "sape-2021-persons.xlsx", "data_zone_2011")
    deaths = sum(people.aged(first, last) * rate for first, last, rate in rates)
    expected = pd.Series(deaths, index=people.areas).reindex(book["Data_Zone"]).to_numpy()
    ratio = pd.to_numeric(book["SMR"], errors="coerce").to_numpy() / 100
    known = np.isfinite(ratio) & (expected > 0)
    here = (book["Intermediate_Zone"] == "Possil Park").to_numpy() & known
    x1, e1 = (ratio * expected)[here].sum(), expected[here].sum()
    x2, e2 = (ratio * expected)[known & ~here].sum(), expected[known & ~here].sum()
    row = finding(tables, "intermediate_zones:S02001942", "simd_smr", "scotland")
    assert row["comparator_value"] == pytest.approx(100 * x2 / e2)
    assert row["ratio"] == pytest.approx(x1 / e1 / (x2 / e2))
    assert row["null_model"] == "sampling"
    # P(at least x1 of x1 + x2), continued between whole counts by the incomplete beta function
    assert norm.isf(row["p_value"]) == pytest.approx(norm.isf(beta.cdf(e1 / (e1 + e2), x1, x2 + 1)), rel=0.02)


def test_children_in_a_locality_with_suppressed_zones_by_hand(tables) -> None:
    # an intermediate zone with one suppressed zone: the visible counts, plus the middle of 0 to 4
    members = tables["membership"].query("candidate_set == 'intermediate_zones'")
    latest = tables["observations"].query("indicator_id == 'cpop_child_poverty' and period == '2020/21'")
    figures = members.merge(latest, left_on="zone_code", right_on="area_code")
    hidden = figures["status"].eq("suppressed").groupby(figures["locality_id"]).sum()
    locality = hidden.index[hidden == 1][0]
    mine = figures[figures["locality_id"] == locality]
    estimate = headline(tables["estimates"], "cpop_child_poverty").set_index("locality_id").loc[locality]
    visible = mine["numerator"].sum()
    assert visible <= estimate["numerator"] <= visible + 4
    assert estimate["denominator"] == pytest.approx(mine["denominator"].sum())
    assert estimate["status"] == "modelled"
    assert estimate["coverage"] < 1


def test_nothing_missing_became_zero(tables) -> None:
    observed = tables["observations"]
    hidden = observed[observed["status"].isin(["suppressed", "missing"])]
    assert len(hidden) > 1_000
    assert hidden["value"].isna().all()
    assert hidden.loc[hidden["status"] == "suppressed", "numerator"].isna().all()
    # a count that is published stays where what it is a share of is not: nobody without central heating, of how many?
    assert (hidden["numerator"].isna() | hidden["denominator"].isna()).all()
    # where nobody lives the published count is a true zero, and there is no value
    nobody = observed[observed["status"] == "not_applicable"]
    assert nobody["value"].isna().all()
    assert (nobody["numerator"].isna() | (nobody["denominator"] == 0)).all()


@pytest.mark.gdal
def test_every_geopackage_is_valid_and_has_its_layers(scotland: Home, tables, gpkg_checker) -> None:
    slugs = sorted(set(tables["zones"]["cpp_slug"]))
    assert len(slugs) == 32
    for slug in slugs:
        path = scotland.publications / f"{slug}.gpkg"
        # each shape and each cell of a few: three quarters of a minute for all
        checker = gpkg_checker(str(path), extra_checks=slug in SHOWN, abort_at_first_error=False)
        checker.check()
        assert not checker.errors, (path.name, checker.errors[:3])
    with sqlite3.connect(f"file:{scotland.publications / 'glasgow-city.gpkg'}?mode=ro", uri=True) as connection:
        layers = [name for (name,) in connection.execute("select table_name from gpkg_contents order by table_name")]
        styled = [name for (name,) in connection.execute("select f_table_name from layer_styles")]
    spatial = [name for name in layers if name.startswith("Localities – ")]
    places = tables["candidate_localities"]
    assert len(spatial) == places.loc[places["cpp_code"] == "S12000049", "candidate_set"].nunique() >= len(COMPLETE)
    assert set(spatial) <= set(styled)
    for wanted in ("Data zones", "Findings", "Sources", "Thresholds"):
        assert wanted in layers


def test_the_national_file_holds_every_table(scotland: Home, tables) -> None:
    import duckdb

    with duckdb.connect(str(scotland.publications / "scotland.duckdb"), read_only=True) as connection:
        names = {name for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()}
        assert set(tables) <= names
        for name, table in tables.items():
            assert connection.execute(f'select count(*) from "{name}"').fetchall() == [(len(table),)], name


def test_a_second_run_recomputes_nothing(scotland: Home, mirror: Path) -> None:
    files = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in scotland.publications.glob("*.gpkg")}
    report = run(open_workspace(scotland, mirror=mirror), network=False)
    assert report.plan.tables == ()
    assert {one.status for one in report.published} == {"unchanged"}
    assert files == {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


_OF_ESTIMATES = ("value", "lower_ci", "upper_ci")
_OF_FINDINGS = ("comparator_value", "difference", "difference_lower_ci", "difference_upper_ci")


def as_shown(values: Iterable[float]) -> list[Any]:
    return [None if pd.isna(one) else short(float(one)) for one in values]


@pytest.fixture(scope="module")
def shown(tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimates and findings of headline periods, by place and indicator."""
    keys = ["locality_id", "indicator_id"]
    estimates, findings = (tables[name][tables[name]["is_headline_period"]] for name in ("estimates", "findings"))
    return estimates.set_index(keys), findings.set_index(keys)


@pytest.mark.parametrize("slug", SHOWN)
def test_every_figure_in_page_and_workbook_is_that_of_the_store(scotland, tables, shown, slug):
    text = (scotland.publications / f"{slug}.html").read_text(encoding="utf-8")
    found = re.search(r'id="content">(.*?)</script>', text, re.DOTALL)
    assert found
    content = json.loads(found[1])
    places = pd.Index(content["places"]["locality_id"])
    indicators = pd.Index([one["indicator_id"] for one in content["indicators"]])
    estimates, findings = shown

    def cells(table: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
        ids = (table.index.get_level_values(level) for level in (0, 1))
        place, indicator = (known.get_indexer(one) for known, one in zip((places, indicators), ids, strict=True))
        here = (place >= 0) & (indicator >= 0)
        return table[here], (place * len(indicators) + indicator)[here]

    rows, at = cells(estimates)
    assert len(rows) > 1_000
    for name in _OF_ESTIMATES:
        assert [content["findings"][name][cell] for cell in at] == as_shown(rows[name])
    evidence = pd.read_excel(scotland.publications / f"{slug}.xlsx", sheet_name="Evidence", engine="calamine")
    evidence = evidence.set_index(["Candidate locality (code)", "Indicator (code)"])
    titles = dict(zip(_OF_ESTIMATES, ("Value", "Value, lower limit", "Value, upper limit"), strict=True))
    for name, title in titles.items():
        np.testing.assert_allclose(pd.to_numeric(evidence[title]), estimates.loc[evidence.index, name], rtol=1e-12)
    titles = dict(
        zip(
            _OF_FINDINGS,
            ("Comparator value (the rest)", "Difference from the rest", "Difference, lower limit",
             "Difference, upper limit"),
            strict=True,
        )
    )  # fmt: skip
    for comparator, words in (("scotland", "the rest of Scotland"), ("cpp", "elsewhere in this partnership")):
        against = findings[findings["comparator"] == comparator]
        rows, at = cells(against)
        grades = content["findings"][f"grade_{comparator}"]
        assert [SIGNIFICANCES[int(grades[cell])] for cell in at] == rows["significance"].tolist()
        for name, title in titles.items():
            assert [content["findings"][f"{name}_{comparator}"][cell] for cell in at] == as_shown(rows[name])
            stored = against[name].reindex(evidence.index)
            np.testing.assert_allclose(pd.to_numeric(evidence[f"{title}, against {words}"]), stored, rtol=1e-12)
    zones = tables["observations"]
    for indicator, one in content["zone_figures"].items():
        area = {"data_zone": "zone_code", "intermediate_zone": "intermediate_zone_code"}[one["area"]]
        codes = tables["zones"].set_index("zone_code", drop=False).loc[content["zones"]["code"], area]
        published = zones[zones["indicator_id"] == indicator]
        published = published[published["period"].map(period_in_words) == one["period"]]
        published = published[published["area_type"] == one["area"]].set_index("area_code").reindex(codes)
        assert one["values"] == as_shown(published["value"].where(published["status"].isin(["observed", "modelled"])))


def test_the_page_of_clackmannanshire_knows_the_postcodes_of_alloa(scotland):
    # they begin with FK10
    assert '"FK10 ' in (scotland.publications / "clackmannanshire.html").read_text(encoding="utf-8")


def test_pages_stay_small_enough_to_be_sent(scotland):
    sizes = {page.name: page.stat().st_size for page in scotland.publications.glob("*.html")}
    assert len(sizes) == 33
    assert sizes.pop("scotland.html") < 15_000_000
    assert max(sizes.values()) < 6_000_000
