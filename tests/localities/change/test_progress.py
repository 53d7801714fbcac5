"""The table of progress: changes against a place's own past and against the rest, worked by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest

from indicators.catalogue import Catalogue, Indicator, Suppression
from indicators.change.against_rest import Figure, difference_in_changes
from indicators.errors import SchemaError
from indicators.schema.validation import validate
from localities.change.progress import build_progress
from localities.rules import check_rules
from localities.settings import Settings

POOR = Indicator(
    id="poor", title="Children in low-income families", definition="", domain="Income", role="outcome",
    source="made-up", reader="none", geography="data_zone_2011", kind="proportion", unit="% of children",
    poorer_is="higher", smallest_important_difference=1.25, smallest_important_difference_scale="ratio",
    national_outcome="", multiplier=100.0, suppression=Suppression(("..",), 0, 4),
)  # fmt: skip
WORK = replace(POOR, id="work", poorer_is="lower")
CRIME = replace(POOR, id="crime", kind="rate", multiplier=10_000.0)
SCORE = replace(POOR, id="score", kind="mean", multiplier=1.0, poorer_is="lower", sd_between_people=40.0,
                smallest_important_difference_scale="sd")  # fmt: skip
OLDER = replace(POOR, id="older", role="population")
BROKEN = replace(POOR, id="broken", breaks=(dt.date(2019, 1, 1),))
CATALOGUE = Catalogue((BROKEN, CRIME, OLDER, POOR, SCORE, WORK))

# one partnership of a locality of one zone and a rest of two; another partnership of one zone
ZONES = pd.DataFrame(
    {
        "zone_code": [f"S0199000{n}" for n in range(4)],
        "intermediate_zone_code": [f"S0299000{n}" for n in (0, 0, 1, 2)],
        "cpp_code": ["S12990001"] * 3 + ["S12990002"],
        "cpp_name": ["Airdshire"] * 3 + ["Benland"],
        "population": 1000,
    }
)
PLACES = pd.DataFrame(
    {
        "locality_id": ["wards:A", "wards:B"],
        "candidate_set": "wards",
        "locality_name": ["A", "B"],
        "cpp_code": ["S12990001", "S12990002"],
        "cpp_name": ["Airdshire", "Benland"],
        "population": 1000,
        "drawn_from": None,
    }
)
MEMBERS = pd.DataFrame(
    {"locality_id": ["wards:A", "wards:B"], "candidate_set": "wards", "zone_code": ["S01990000", "S01990003"],
     "weight": 1.0}
)  # fmt: skip


def observed(one: Indicator, figures: dict[str, list[float]], *, suppressed: tuple[int, ...] = ()) -> pd.DataFrame:
    """Return observations: per period four figures, one a zone, out of 1,000 (for means, the values)."""
    frames = []
    for period, given in figures.items():
        x = np.array(given, dtype=float)
        hidden = np.isin(np.arange(4), suppressed)
        count = one.kind != "mean"
        frames.append(
            pd.DataFrame(
                {
                    "indicator_id": one.id, "area_code": ZONES["zone_code"], "area_type": "data_zone",
                    "vintage": "2011", "period_start": pd.Timestamp(int(period), 1, 1),
                    "period_end": pd.Timestamp(int(period), 12, 31), "period": period,
                    "numerator": np.where(hidden, np.nan, x) if count else np.nan, "denominator": 1000.0,
                    "value": np.where(hidden, np.nan, x / 1000 * one.multiplier if count else x),
                    "status": np.where(hidden, "suppressed", "observed"), "source_id": "made-up",
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def progress(*parts: pd.DataFrame, settings: Settings | None = None) -> pd.DataFrame:
    """Return the table, checked, by area and indicator."""
    table = build_progress(pd.concat(parts), CATALOGUE, ZONES, PLACES, MEMBERS, settings or Settings())
    table = validate("progress", table)
    check_rules("progress", table, {"zones": ZONES})
    return table.set_index(["area_id", "indicator_id"])


def wilson(x: float, n: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return Wilson's limits from their formula: Newcombe (1998), method 3."""
    p = x / n
    centre, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


RISE = {"2017": [100, 100, 100, 100], "2018": [150, 110, 110, 100]}


def test_own_past_and_the_rest_by_hand() -> None:
    row = progress(observed(POOR, RISE)).loc["wards:A", "poor"]
    assert (row["first_period"], row["last_period"], row["period_count"]) == ("2017", "2018", 2)
    assert (row["first_value"], row["last_value"], row["change"]) == pytest.approx((10, 15, 5))
    (al, au), (bl, bu) = wilson(100, 1000), wilson(150, 1000)
    # MOVER: the lower limit by the lower of the last and the upper of the first
    assert row["change_lower_ci"] == pytest.approx(5 - 100 * sqrt((0.15 - bl) ** 2 + (au - 0.1) ** 2))
    # the rest of the partnership: 200 of 2,000, then 220
    assert row["rest_change"] == pytest.approx(1)
    (cl, cu), (dl, du) = wilson(200, 2000), wilson(220, 2000)
    # it rose by half, the rest by a tenth: 1.5 / 1.1 is 36.4 % more
    assert row["change_against_rest"] == pytest.approx(100 * (1.5 / 1.1 - 1))
    half = sqrt(log(0.15 / bl) ** 2 + log(au / 0.1) ** 2 + log(du / 0.11) ** 2 + log(0.1 / cl) ** 2)
    assert row["change_against_rest_lower_ci"] == pytest.approx(100 * (exp(log(1.5 / 1.1) - half) - 1))
    half = sqrt(log(bu / 0.15) ** 2 + log(0.1 / al) ** 2 + log(0.11 / dl) ** 2 + log(cu / 0.1) ** 2)
    assert row["change_against_rest_upper_ci"] == pytest.approx(100 * (exp(log(1.5 / 1.1) + half) - 1))
    assert (row["change_against_rest_scale"], row["change_direction"], row["ground"]) == (
        "percent", "worsening", "losing_ground",
    )  # fmt: skip


def test_no_ground_is_gained_by_per_cent_and_lost_by_points() -> None:
    # 66 to 83 % is 17 points more, and 1.26 times; elsewhere 10 to 16 % is 6 points more, and 1.6 times
    row = progress(observed(POOR, {"2017": [660, 100, 100, 100], "2018": [830, 160, 160, 100]})).loc["wards:A", "poor"]
    assert row["change_against_rest_upper_ci"] < 0
    assert (row["change"], row["rest_change"]) == pytest.approx((17, 6))
    assert row["ground"] == "no_clear_difference"
    assert row["reason"] == "more than the rest by one scale, less by the other: by per cent and by points"


def test_a_partnership_is_held_against_the_rest_of_scotland() -> None:
    row = progress(observed(POOR, RISE)).loc["S12990001", "poor"]
    assert row["candidate_set"] == "cpp"
    # 300 to 370 of 3,000 against 100 and 100 of 1,000
    assert (row["change"], row["rest_change"]) == pytest.approx((70 / 30, 0))
    assert row["change_against_rest"] == pytest.approx(100 * (370 / 300 - 1))


def test_direction_is_that_of_the_indicator() -> None:
    table = progress(observed(POOR, RISE), observed(WORK, RISE))
    assert table.loc["wards:A", "poor"]["ground"] == "losing_ground"
    assert table.loc["wards:A", "work"]["ground"] == "gaining_ground"
    assert table.loc["wards:A", "work"]["change_direction"] == "improving"
    # in numbers the two are the same
    assert table.loc["wards:A", "work"]["change_against_rest"] == table.loc["wards:A", "poor"]["change_against_rest"]


@pytest.mark.parametrize(
    ("locality", "others", "is_against"),
    [
        # it surely falls (200 to 100) while the partnership surely rises (400 to 500)
        ((200, 100), (100, 200), True),
        # it rises with the partnership
        ((100, 200), (100, 200), False),
        # it falls, but not surely
        ((200, 195), (100, 200), False),
        # it surely falls, and the partnership as a whole stands still
        ((200, 100), (100, 150), False),
    ],
)
def test_what_an_average_hides(locality, others, is_against) -> None:
    figures = {"2017": [locality[0], others[0], others[0], 100], "2018": [locality[1], others[1], others[1], 100]}
    row = progress(observed(POOR, figures)).loc["wards:A", "poor"]
    assert row["is_against_the_trend"] == is_against


def test_no_change_crosses_a_break() -> None:
    # a jump in 2019, from when figures do not compare; the two years before it do
    figures = {"2017": [100] * 4, "2018": [110] * 4, "2019": [900] * 4}
    row = progress(observed(BROKEN, figures)).loc["wards:A", "broken"]
    assert (row["last_period"], row["change"]) == ("2018", pytest.approx(1))
    assert row["reason"] == "figures from 1 January 2019 on do not compare (break)"
    # with one year on each side there is no change to tell, and no row
    none = progress(observed(BROKEN, {"2018": [100] * 4, "2019": [900] * 4}), observed(POOR, RISE))
    assert "broken" not in none.index.get_level_values("indicator_id")
    only = build_progress(
        observed(BROKEN, {"2018": [100] * 4, "2019": [900] * 4}), CATALOGUE, ZONES, PLACES, MEMBERS, Settings()
    )
    assert len(validate("progress", only)) == 0


def test_the_longest_run_is_told_once_from_first_to_last() -> None:
    table = progress(observed(CRIME, {str(2014 + n): [100 + 10 * n] * 4 for n in range(5)}))
    row = table.loc["wards:A", "crime"]
    assert (row["first_period"], row["last_period"], row["period_count"]) == ("2014", "2018", 5)
    assert row["change"] == pytest.approx(400)  # 40 more of 1,000, per 10,000
    assert not table.index.has_duplicates


def test_means_differ_by_differences() -> None:
    figures = {"2017": [5.0, 6.0, 7.0, 8.0], "2018": [6.0, 6.5, 7.5, 8.0]}
    row = progress(observed(SCORE, figures)).loc["wards:A", "score"]
    # 1 more, against half a point more in the rest
    assert (row["change"], row["rest_change"], row["change_against_rest"]) == pytest.approx((1, 0.5, 0.5))
    assert row["change_against_rest_scale"] == "points"
    assert row["ground"] == "no_clear_difference"


def test_a_mean_changes_surely_where_its_people_s_chance_leaves_no_doubt() -> None:
    """Of 1,000 people who differ by 40, a mean is sure to 40 / sqrt(1000) = 1.265; two of other people to 1.789."""
    figures = {"2017": [5.0, 6.0, 7.0, 8.0], "2018": [8.0, 5.0, 11.0, 4.0]}
    row = progress(observed(SCORE, figures)).loc["wards:A", "score"]
    half = 1.959963984540054 * 40 * sqrt(2 / 1000)
    assert (row["change"], row["change_lower_ci"]) == pytest.approx((3, 3 - half))
    assert row["change_direction"] == "no_clear_change"
    # how much zones differ says nothing of how sure that is
    alike = progress(observed(SCORE, {"2017": [5.0] * 4, "2018": [8.0] * 4})).loc["wards:A", "score"]
    assert alike["change_lower_ci"] == pytest.approx(row["change_lower_ci"])
    # with four times the people half the doubt
    many = observed(SCORE, figures).assign(denominator=4000.0)
    assert progress(many).loc["wards:A", "score"]["change_direction"] == "improving"


def test_a_mean_without_its_people_and_what_is_measured() -> None:
    unknown, exact = (replace(SCORE, id="work", sd_between_people=one) for one in (None, 0.0))
    figures = {"2017": [5.0, 6.0, 7.0, 8.0], "2018": [5.1, 6.0, 7.0, 8.0]}

    def row(one: Indicator) -> pd.Series:
        table = build_progress(observed(one, figures), Catalogue((one,)), ZONES, PLACES, MEMBERS, Settings())
        return validate("progress", table).set_index("area_id").loc["wards:A"]

    first = row(unknown)
    assert first["change"] == pytest.approx(0.1)
    assert np.isnan(first["change_lower_ci"])
    assert (first["ground"], first["reason"]) == (
        "not_assessed", "published without the people behind it, so its chance variation is not known"
    )  # fmt: skip
    second = row(exact)
    assert (second["change_lower_ci"], second["change_upper_ci"]) == pytest.approx((0.1, 0.1))
    assert second["change_direction"] == "improving"


def test_periods_that_the_publisher_modelled_do_not_count() -> None:
    rows = observed(POOR, {**RISE, "2019": [999] * 4})
    rows.loc[rows["period"] == "2019", "status"] = "modelled"
    assert progress(rows).loc["wards:A", "poor"]["last_period"] == "2018"


def test_what_is_only_described_has_a_past_too() -> None:
    described = replace(CRIME, is_tested=False)
    table = build_progress(observed(CRIME, RISE), Catalogue((described,)), ZONES, PLACES, MEMBERS, Settings())
    assert set(validate("progress", table)["change_direction"]) >= {"worsening"}


def test_populations_have_no_progress() -> None:
    table = progress(observed(POOR, RISE), observed(OLDER, RISE))
    assert set(table.index.get_level_values("indicator_id")) == {"poor"}


def test_a_whole_partnership_has_no_rest() -> None:
    row = progress(observed(POOR, RISE)).loc["wards:B", "poor"]
    assert row["change"] == pytest.approx(0)
    assert pd.isna(row["rest_change"])
    assert (row["ground"], row["reason"]) == ("not_assessed", "no rest of the wider area to hold it against")


def test_no_events_have_a_change_and_no_ratio() -> None:
    row = progress(observed(CRIME, {"2017": [0, 50, 50, 50], "2018": [20, 50, 50, 50]})).loc["wards:A", "crime"]
    assert row["change"] == pytest.approx(200)
    assert row["change_direction"] == "worsening"
    assert pd.isna(row["change_against_rest"])
    assert row["reason"].startswith("no events")


def test_suppressed_counts_widen_the_limits() -> None:
    # the partnership's second zone counts 2, or hides a count of 0 to 4
    plain = progress(observed(POOR, {"2017": [100, 2, 100, 100], "2018": [150, 2, 110, 100]}))
    hidden = progress(
        observed(POOR, {"2017": [100, 2, 100, 100], "2018": [150, 2, 110, 100]}, suppressed=(1,)),
        settings=Settings(minimum_coverage=0.5),
    )
    known, wide = plain.loc["wards:A", "poor"], hidden.loc["wards:A", "poor"]
    assert wide["change_lower_ci"] == pytest.approx(known["change_lower_ci"])  # its own zone is observed
    assert wide["rest_change_lower_ci"] < known["rest_change_lower_ci"]
    assert wide["rest_change_upper_ci"] > known["rest_change_upper_ci"]


def test_small_and_uncovered_places_say_why() -> None:
    few = progress(observed(POOR, RISE), settings=Settings(minimum_residents=1001)).loc["wards:A", "poor"]
    assert (few["reason"], few["change_direction"]) == ("fewer than 1,001 residents", "not_assessed")
    hidden = progress(observed(POOR, RISE, suppressed=(0,))).loc["wards:A", "poor"]
    assert hidden["reason"] == "fewer than two periods with figures for enough residents"


def test_figures_of_larger_areas_are_told_of_whole_ones_only() -> None:
    coarse = replace(POOR, id="coarse", geography="intermediate_zone_2011", suppression=Suppression((), None, None))
    rows = observed(coarse, {"2017": [100] * 4, "2018": [150, 120, 100, 100]})
    codes = ["S02990000", "S02990001", "S02990002"]
    rows = rows[rows["area_code"] != "S01990003"].assign(area_code=codes * 2, area_type="intermediate_zone")
    members = pd.concat([MEMBERS, MEMBERS.head(1).assign(locality_id="wards:C", zone_code="S01990002")])
    places = pd.concat([PLACES, PLACES.head(1).assign(locality_id="wards:C", locality_name="C")])
    table = build_progress(rows, Catalogue((coarse,)), ZONES, places, members, Settings())
    found = validate("progress", table).set_index("area_id")
    # A is half of its intermediate zone, C all of one
    assert found.loc["wards:A", "reason"] == "apportioned from larger areas, whose change is not its own"
    assert pd.isna(found.loc["wards:A", "change"])
    assert found.loc["wards:C", "change"] == pytest.approx(2)


def test_a_ratio_turns_round_with_its_periods() -> None:
    a, b = Figure(0.1, 0.08, 0.12), Figure(0.15, 0.13, 0.17)
    c, d = Figure(0.2, 0.19, 0.21), Figure(0.22, 0.21, 0.23)
    forward = difference_in_changes(a, b, c, d, is_ratio=True)
    back = difference_in_changes(b, a, d, c, is_ratio=True)
    for one, other in ((forward.estimate, back.estimate), (forward.lower, back.upper), (forward.upper, back.lower)):
        assert (1 + one[0] / 100) * (1 + other[0] / 100) == pytest.approx(1)


def test_a_place_that_moves_as_the_rest_does_keeps_pace() -> None:
    figure = Figure([1.0, 2.0], [0.5, 1.5], [1.5, 2.5])
    twice = Figure([2.0, 4.0], [1.5, 3.5], [2.5, 4.5])
    for is_ratio in (True, False):
        found = difference_in_changes(figure, twice, figure, twice, is_ratio=is_ratio)
        np.testing.assert_allclose(found.estimate, 0, atol=1e-9)
        assert (found.lower < 0).all()
        assert (found.upper > 0).all()


def test_a_limit_of_nothing_leaves_a_ratio_without_bound() -> None:
    found = difference_in_changes(
        Figure(0.01, 0.0, 0.02), Figure(0.02, 0.01, 0.03), Figure(0.1, 0.09, 0.11), Figure(0.1, 0.09, 0.11),
        is_ratio=True,
    )  # fmt: skip
    assert found.estimate[0] == pytest.approx(100)
    assert np.isposinf(found.upper[0])


def test_rules_catch_what_stands_against_no_trend() -> None:
    table = build_progress(observed(POOR, RISE), CATALOGUE, ZONES, PLACES, MEMBERS, Settings())
    with pytest.raises(SchemaError, match="against no trend"):
        check_rules("progress", table.assign(is_against_the_trend=True), {})
    with pytest.raises(SchemaError, match="outside its limits"):
        check_rules("progress", table.assign(change_upper_ci=-100.0), {})
