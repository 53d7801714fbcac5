"""The tables of inequality and trends: built from small made-up figures whose answers are known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, Indicator
from indicators.errors import ConfigError, SchemaError
from indicators.schema.validation import validate
from indicators.schema.vocabulary import INEQUALITY_MEASURES
from localities.change.inequality import SCOTLAND, build_inequality
from localities.change.trends import build_trends
from localities.rules import check_rules
from localities.settings import Settings

NEED = Indicator(
    id="simd_income", title="Income deprived", definition="", domain="Income", role="outcome", source="made-up",
    reader="made_up", geography="data_zone_2011", kind="proportion", unit="%", poorer_is="higher",
    smallest_important_difference=1.25, smallest_important_difference_scale="ratio", national_outcome="",
    multiplier=100.0,
)  # fmt: skip
SCORE = replace(NEED, id="score", kind="mean", unit="score", poorer_is="lower", multiplier=1.0,
                smallest_important_difference_scale="sd")  # fmt: skip
CRIME = replace(NEED, id="crime", kind="rate", unit="per 10,000", multiplier=10_000.0)
OLDER = replace(NEED, id="older", role="population")
BROKEN = replace(NEED, id="broken", breaks=(dt.date(2020, 4, 1),))
CATALOGUE = Catalogue((BROKEN, CRIME, OLDER, SCORE, NEED))

ZONES = pd.DataFrame(
    {
        "zone_code": [f"S0199{n:04d}" for n in range(20)],
        "cpp_code": ["S12990001"] * 10 + ["S12990002"] * 10,
        "cpp_name": ["Airdshire"] * 10 + ["Benland"] * 10,
        "population": 1000,
    }
)


def observed(indicator: Indicator, numerator, denominator, value=None, period: str = "2017") -> pd.DataFrame:
    numerator = np.broadcast_to(np.asarray(numerator, dtype=float), 20)
    denominator = np.broadcast_to(np.asarray(denominator, dtype=float), 20)
    counted = numerator / denominator * indicator.multiplier if value is None else np.asarray(value, dtype=float)
    return pd.DataFrame(
        {
            "indicator_id": indicator.id,
            "area_code": ZONES["zone_code"],
            "area_type": "data_zone",
            "vintage": "2011",
            "period_start": pd.Timestamp(f"{period}-01-01"),
            "period_end": pd.Timestamp(f"{period}-12-31"),
            "period": period,
            "numerator": numerator if value is None else np.nan,
            "denominator": denominator,
            "value": counted,
            "status": "observed",
            "source_id": "made-up",
        }
    )


DEPRIVED = np.tile(np.arange(50.0, 550, 50), 2)  # 5 % to 50 % of a thousand residents


@pytest.fixture
def observations() -> pd.DataFrame:
    return pd.concat(
        [
            observed(NEED, DEPRIVED, 1000),
            observed(CRIME, DEPRIVED / 5, 1000),
            observed(OLDER, 200, 1000),
            observed(SCORE, np.nan, 1000, value=6 - DEPRIVED / 500),
        ],
        ignore_index=True,
    )


def measured(table: pd.DataFrame, indicator: str, measure: str, area: str = "S12990001") -> pd.Series:
    rows = table[(table["indicator_id"] == indicator) & (table["measure"] == measure) & (table["area_code"] == area)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_area_indicator_and_measure_has_a_row(observations) -> None:
    table = validate("inequality", build_inequality(observations, CATALOGUE, ZONES, Settings()))
    check_rules("inequality", table, {"zones": ZONES})
    assert len(table) == 3 * 3 * len(INEQUALITY_MEASURES)  # two partnerships and Scotland; populations are left out
    assert set(table["area_code"]) == {"S12990001", "S12990002", SCOTLAND[0]}
    assert measured(table, "crime", "slope_index", SCOTLAND[0])["population"] == 20_000
    assert measured(table, "crime", "slope_index")["zones_with_figures"] == 10


def test_measures_by_hand(observations) -> None:
    table = build_inequality(observations, CATALOGUE, ZONES, Settings())
    # fifths are two zones each: 75 against 475 of 1,000, 7.5 % and 47.5 %
    assert measured(table, "simd_income", "fifths_gap")["value"] == pytest.approx(40)
    assert measured(table, "simd_income", "fifths_ratio")["value"] == pytest.approx(47.5 / 7.5)
    assert measured(table, "simd_income", "attributable_share")["value"] == pytest.approx(1 - 7.5 / 27.5)
    # values rise by 5 points a zone, and zones are a tenth of the residents: 50 points from end to end
    assert measured(table, "simd_income", "slope_index")["value"] == pytest.approx(50)
    # the straight line would say 52.5 / 2.5 = 21; a multiplicative one is less steep
    assert 6 < measured(table, "simd_income", "relative_index")["value"] < 21
    assert measured(table, "crime", "relative_index")["value"] == pytest.approx(
        measured(table, "simd_income", "relative_index")["value"]
    )
    # crime is a fifth of deprivation in every zone, so it is gathered alike
    assert measured(table, "crime", "concentration_index")["value"] == pytest.approx(
        measured(table, "simd_income", "concentration_index")["value"]
    )
    assert measured(table, "crime", "slope_index")["value"] == pytest.approx(1000)  # per 10,000


def test_only_the_duncan_index_is_turned_by_direction(observations) -> None:
    table = build_inequality(observations, CATALOGUE, ZONES, Settings())
    # scores fall exactly as deprivation rises: income-deprived people live in the poorer zones of either
    assert measured(table, "score", "duncan_index")["value"] == pytest.approx(
        measured(table, "simd_income", "duncan_index")["value"]
    )
    assert measured(table, "score", "duncan_index")["value"] > 0
    assert measured(table, "score", "slope_index")["value"] == pytest.approx(-1)
    assert measured(table, "score", "concentration_index")["value"] > 0


def test_partnerships_with_the_same_zones_have_the_same_inequality_as_both(observations) -> None:
    table = build_inequality(observations, CATALOGUE, ZONES, Settings())
    for measure in INEQUALITY_MEASURES:
        values = [measured(table, "crime", measure, area)["value"] for area in ("S12990001", "S12990002", SCOTLAND[0])]
        np.testing.assert_allclose(values, values[0])


def test_what_cannot_be_measured_says_why(observations) -> None:
    few = observations.copy()
    few.loc[(few["indicator_id"] == "crime") & (few["area_code"] > "S01990002"), "status"] = "suppressed"
    few.loc[few["status"] == "suppressed", ["numerator", "value"]] = np.nan
    table = build_inequality(few, CATALOGUE, ZONES, Settings())
    check_rules("inequality", table, {"zones": ZONES})
    row = measured(table, "crime", "duncan_index")
    assert np.isnan(row["value"])
    assert row["ci_method"] == "none"
    assert "over a fifth of zones have no figure" in row["reason"]
    assert "most or the least deprived fifth" in measured(table, "crime", "fifths_gap")["reason"]


def test_what_some_councils_publish_says_nothing_of_scotland(observations) -> None:
    partly = Catalogue(tuple(replace(one, covers=("S12990001",)) if one is not NEED else one for one in CATALOGUE))
    table = build_inequality(observations, partly, ZONES, Settings())
    of_scotland = table[table["area_code"] == SCOTLAND[0]]["indicator_id"]
    assert set(of_scotland) == {NEED.id}
    assert set(table["indicator_id"]) == set(
        build_inequality(observations, CATALOGUE, ZONES, Settings())["indicator_id"]
    )


def test_ranking_needs_counts(observations) -> None:
    with pytest.raises(ConfigError, match="ranks zones"):
        build_inequality(observations, CATALOGUE, ZONES, Settings(need_indicator="score"))


# ---- trends


def estimated(indicator: Indicator, periods: dict[str, float], locality: str = "wards:A", **other) -> pd.DataFrame:
    """Return estimates of one locality of 2,000 people, or with another denominator and coverage."""
    n = other.get("denominator", 2000.0)
    value = pd.Series(periods) / n * indicator.multiplier
    return pd.DataFrame(
        {
            "locality_id": locality,
            "indicator_id": indicator.id,
            "period": list(periods),
            "numerator": list(periods.values()),
            "denominator": n,
            "value": value.to_numpy(),
            "lower_ci": value.to_numpy() * 0.8,
            "upper_ci": value.to_numpy() * 1.2,
            "coverage": other.get("coverage", 1.0),
        }
    )


def years(first: int, *counts: float) -> dict[str, float]:
    return {f"{first + i}/{(first + i + 1) % 100:02d}": count for i, count in enumerate(counts)}


def test_a_steady_rise_is_worsening_and_projects_itself() -> None:
    rising = years(2014, 100, 110, 121, 133.1, 146.41)
    table = validate("trends", build_trends(estimated(CRIME, rising), CATALOGUE, Settings()))
    check_rules("trends", table, {})
    row = table.iloc[0]
    assert (row["first_period"], row["last_period"], row["period_count"]) == ("2014/15", "2018/19", 5)
    # a tenth more every year; a leap year in the run shifts its middle by a third of a thousandth
    assert row["annual_change_pct"] == pytest.approx(10, abs=0.02)
    assert row["projected_1"] == pytest.approx(146.41 * 1.1 / 2000 * 10_000, rel=1e-3)
    assert row["projected_10"] == pytest.approx(146.41 * 1.1**10 / 2000 * 10_000, rel=3e-3)
    assert row["change"] == pytest.approx(46.41 / 2000 * 10_000)
    assert row["trend_status"] == "trend"
    assert row["dispersion"] == 1.0  # counts on a line all but perfectly: never below chance
    assert pd.isna(row["reason"])


def test_the_same_rise_is_better_where_lower_is_poorer_and_neither_for_a_population() -> None:
    rise = years(2014, 400, 500, 620, 760, 900)
    better = replace(NEED, id="participation", poorer_is="lower")
    catalogue = Catalogue((OLDER, better, NEED))
    table = build_trends(
        pd.concat([estimated(one, rise) for one in (NEED, better, OLDER)]), catalogue, Settings()
    ).set_index("indicator_id")
    assert table["trend_direction"].to_dict() == {
        "simd_income": "worsening", "participation": "improving", "older": "rising",
    }  # fmt: skip


def test_no_trend_crosses_a_break() -> None:
    # a jump at the break that any line through it would follow
    series = years(2016, 100, 102, 101, 103, 400)
    row = build_trends(estimated(BROKEN, series), CATALOGUE, Settings()).iloc[0]
    assert row["last_period"] == "2019/20"
    assert row["projected_1"] < 7
    assert row["reason"] == "figures from 1 April 2020 on do not compare (break)"
    split = build_trends(estimated(BROKEN, years(2019, 100, 400)), CATALOGUE, Settings()).iloc[0]
    assert split["trend_status"] == "not_assessed"
    assert split["reason"].startswith("every change crosses a break")
    assert pd.isna(split["change"])


def test_two_periods_give_a_change_and_no_trend() -> None:
    row = build_trends(estimated(CRIME, years(2016, 100, 150)), CATALOGUE, Settings()).iloc[0]
    assert row["trend_status"] == "change_only"
    assert row["change"] == pytest.approx(250)
    # limits 80 to 120 % of 500 and 750: 250 - sqrt(150² + 100²)
    assert row["change_lower_ci"] == pytest.approx(250 - np.hypot(150, 100))
    assert row["trend_direction"] == "worsening"
    assert pd.isna(row["projected_1"])
    assert row["reason"].startswith("fewer than three periods")


def test_figures_of_too_few_residents_do_not_count() -> None:
    covered = estimated(CRIME, years(2014, 100, 110, 120, 130))
    covered.loc[0, "coverage"] = 0.5
    assert build_trends(covered, CATALOGUE, Settings()).iloc[0]["first_period"] == "2015/16"
    bare = build_trends(estimated(CRIME, years(2014, 100, 110), coverage=0.1), CATALOGUE, Settings()).iloc[0]
    assert bare["trend_status"] == "not_assessed"
    assert bare["reason"] == "fewer than two periods with figures for enough residents"


def test_indicators_of_one_period_have_no_row() -> None:
    one = build_trends(estimated(CRIME, years(2016, 100)), CATALOGUE, Settings())
    assert one.empty
    assert len(validate("trends", one)) == 0


def test_many_localities_keep_their_own_series() -> None:
    both = pd.concat(
        [
            estimated(CRIME, years(2014, 100, 110, 121, 133), "wards:A"),
            estimated(CRIME, years(2014, 133, 121, 110, 100), "wards:B"),
        ]
    ).sample(frac=1, random_state=1)
    table = build_trends(both, CATALOGUE, Settings()).set_index("locality_id")
    assert table.loc["wards:A", "annual_change_pct"] == pytest.approx(10, abs=0.1)
    assert table.loc["wards:B", "annual_change_pct"] == pytest.approx(-9.1, abs=0.1)


def test_rules_catch_a_trend_that_says_nothing() -> None:
    table = build_trends(estimated(CRIME, years(2016, 100, 150)), CATALOGUE, Settings())
    with pytest.raises(SchemaError, match="does not say why"):
        check_rules("trends", table.assign(reason=None), {})
    with pytest.raises(SchemaError, match="outside its limits"):
        check_rules("trends", table.assign(change_upper_ci=0.0), {})
