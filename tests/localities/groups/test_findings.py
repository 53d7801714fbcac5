"""Groups of people of a council held against others: worked by hand, and everything that cannot be of groups."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from indicators.catalogue import Suppression, load_catalogue
from indicators.errors import ConfigError, SchemaError, UnreadableSource
from indicators.observations.by_group import read_groups
from indicators.readers.shared.disclosure import Disclosure, with_rules
from localities.groups.coverage import build_group_coverage
from localities.groups.findings import be_read, build_group_findings
from localities.groups.of_one_council import groups_of
from localities.settings import Settings, load_settings
from tests.localities.groups.conftest import ROWS, A, B, C

COUNCILS = pd.Series({one: one for one in (A, B, C)})
BOTH = {"members": {"Disabled people": "Disabled", "Carers": "Carers"}}


def build(files, catalogue, zones, **settings) -> pd.DataFrame:
    table = build_group_findings(files, catalogue, zones, load_settings(**settings))
    return table.set_index(["group_name", "area_code", "group_comparator"]).sort_index()


def without(*dropped: tuple[str, str]) -> list[tuple[object, ...]]:
    return [row for row in ROWS if (row[0], row[2]) not in dropped]


def changed(council: str, group: str, ill: object, people: object) -> list[tuple[object, ...]]:
    return [(*row[:3], ill, people) if (row[0], row[2]) == (council, group) else row for row in ROWS]


def test_a_group_is_held_against_those_outside_it(write, declare, by_group, zones):
    found = build(write(), by_group(declare()), zones)
    own = found.loc["Disabled people", A]
    # 400 of 1,000; the other 9,000 of the council have 1,000 ill; all others of 36,000 have 4,600 - 400; disabled
    # people elsewhere are 2,500 with 700 ill
    assert own["value"].unique().tolist() == [40.0]
    assert own.loc["cpp", "comparator_value"] == pytest.approx(100 * 1_000 / 9_000)
    assert own.loc["scotland", "comparator_value"] == pytest.approx(100 * 4_200 / 35_000)
    assert own.loc["same_group", "comparator_value"] == pytest.approx(100 * 700 / 2_500)
    assert own["share_of_people"].unique().tolist() == [0.1]
    assert own.loc["same_group", "whole_area_value"] == pytest.approx(100 * 1_100 / 3_500)
    assert own["significance"].to_dict() == {"cpp": "poorer", "scotland": "poorer", "same_group": "poorer"}
    # Wilson limits of 400 of 1,000: 0.3701 and 0.4307
    assert own.loc["cpp", ["lower_ci", "upper_ci"]].tolist() == pytest.approx([37.01, 43.07], abs=0.01)
    # the country's group has everybody else as its only comparator: 1,100 of 3,500, and 3,500 of 32,500
    country = found.loc["Disabled people", "S92000003"]
    assert country.index.tolist() == ["scotland"]
    assert country["comparator_value"].iloc[0] == pytest.approx(100 * 3_500 / 32_500)


def test_the_test_is_that_of_localities(write, declare, by_group, zones):
    # 40 of 100 here and 60 of 200 elsewhere: pooled 1/3, z = 0.1 / sqrt(2/9 * 0.015) = sqrt(3), one-sided p 0.0416
    rows = [(A, 2022, "All", 140, 1_000), (A, 2022, "Disabled", 40, 100),
            (B, 2022, "All", 260, 2_000), (B, 2022, "Disabled", 60, 200)]  # fmt: skip
    two = zones[zones["cpp_code"] != C]
    found = build(write(rows), by_group(declare()), two, minimum_expected=0.0)
    same = found.loc["Disabled people", A, "same_group"]
    assert same["p_value"] == pytest.approx(0.0416, abs=1e-4)
    assert same["test_method"].startswith("score")
    # the other council's one-sided p is 1 less that; of two tests the smaller is doubled
    assert same["q_value"] == pytest.approx(2 * 0.0416, abs=2e-4)
    # with the usual 12 events: 100 disabled people at the others' rate of a ninth are 11.1
    few = build(write(rows), by_group(declare()), two).loc["Disabled people", A, "cpp"]
    assert (few["significance"], few["reason"]) == ("not_assessed", "fewer than 12 events expected")


def test_ages_are_said_to_be_in_the_comparison(write, declare, by_group, zones):
    found = build(write(), by_group(declare({"dimension": "age"})), zones).loc["Disabled people", A]
    assert found["age_basis"].to_dict() == {"cpp": "other_ages", "scotland": "other_ages", "same_group": "same_ages"}
    crude = build(write(), by_group(declare()), zones)
    assert set(crude["age_basis"]) == {"not_adjusted"}


def test_everybody_may_be_all_groups_together(write, declare, by_group, zones):
    rows = [row for row in ROWS if row[2] != "All"]
    found = build(write(rows), by_group(declare({**BOTH, "whole": None})), zones)
    # 150 of the 800 carers are the rest of the 1,800
    assert found.loc["Disabled people", A, "cpp"]["comparator_value"] == pytest.approx(100 * 150 / 800)
    assert found.loc["Disabled people", A, "cpp"]["share_of_people"] == pytest.approx(1_000 / 1_800)


def test_a_hidden_count_is_its_bounds_and_decides_nothing(write, declare, by_group, zones):
    small = Suppression(symbols=("c",), lower=1, upper=4)
    one = replace(declare(), suppression=small)
    found = build(write(changed(A, "Disabled", "c", 20)), by_group(one), zones, minimum_expected=0.0, alpha=0.2)
    hidden = found.loc["Disabled people", A, "same_group"]
    # 1 to 4 of 20 (5 to 20 %) against 28 % elsewhere: better at 1, not different at 4
    assert hidden["status"] == "suppressed"
    assert (hidden["significance"], hidden["reason"]) == (
        "not_assessed", "the grade depends on counts that the publisher suppressed",
    )  # fmt: skip
    # everybody is published, so the others of the council have 1,396 to 1,399 of 9,980: that stands
    assert found.loc["Disabled people", B, "cpp"]["significance"] == "poorer"
    # a source that says nothing of its bounds leaves nothing to compare
    shut = build(write(changed(A, "Disabled", "c", 20)), by_group(replace(one, suppression=Suppression(("c",)))), zones)
    row = shut.loc["Disabled people", A, "cpp"]
    assert (row["status"], row["reason"]) == ("suppressed", "suppressed by the publisher")
    assert pd.isna(row["value"])


def test_small_counts_of_a_partner_s_own_data_are_in_no_output(write, declare, by_group, zones):
    rows = [(A, 2022, "All", 54, 400), (A, 2022, "Disabled", 3, 60), (A, 2022, "Carers", 20, 340),
            (B, 2022, "All", 90, 800), (B, 2022, "Disabled", 30, 200), (B, 2022, "Carers", 60, 600)]  # fmt: skip
    one = with_rules(declare(BOTH), {"a-table": Disclosure(5, 5)})
    two = zones[zones["cpp_code"] != C]
    found = build(write(rows), by_group(one), two, minimum_expected=0.0)
    hidden = found.loc["Disabled people", A, "cpp"]
    # 3 is somewhere between 1 and 4: what stands for it is 2.5 of 60, and its status says that it is hidden
    assert (hidden["status"], hidden["value"]) == ("suppressed", pytest.approx(100 * 2.5 / 60))
    # another count behind it, and one more among everybody, give the same outputs to the last digit
    other = [(A, 2022, "All", 53, 400), (A, 2022, "Disabled", 2, 60), *rows[2:]]
    pd.testing.assert_frame_equal(found, build(write(other), by_group(one), two, minimum_expected=0.0))


def test_a_council_that_is_missing_says_so_and_stops_nobody(write, declare, by_group, zones):
    found = build(write(without((C, "All"), (C, "Disabled"))), by_group(declare()), zones)
    row = found.loc["Disabled people", C, "cpp"]
    assert (row["status"], row["significance"], row["reason"]) == (
        "missing",
        "not_assessed",
        "not published for this council",
    )
    assert found.loc["Disabled people", A, "cpp"]["significance"] == "poorer"


def test_scotland_is_not_what_few_councils_say(write, declare, by_group, zones):
    # without B the two others have 16,000 of 36,000 people of whom there is a figure of everybody
    found = build(write(without((B, "Disabled"))), by_group(declare()), zones)
    assert found.loc["Disabled people", "S92000003", "scotland"]["status"] == "missing"
    assert found.loc["Disabled people", A, "same_group"]["reason"].startswith("too few councils have a figure")
    assert found.loc["Disabled people", A, "cpp"]["significance"] == "poorer"


def test_a_total_among_the_groups_is_refused(write, declare):
    rows = [*ROWS, *((one, 2022, "Total", *next(row[3:] for row in ROWS if row[0] == one)) for one in (A, B, C))]
    with pytest.raises(SchemaError, match="A total is among the groups") as caught:
        read_groups(write(rows), declare({"members": {"Disabled people": "Disabled", "All people": "Total"}}), COUNCILS)
    assert "All people" in str(caught.value)


def test_groups_that_overlap_are_refused_unless_declared(write, declare, by_group, zones):
    rows = [(*row[:3], row[3], row[4] * (6 if row[2] != "All" else 1)) for row in ROWS]
    with pytest.raises(SchemaError, match="more people together than there are"):
        read_groups(write(rows), declare(BOTH), COUNCILS)
    found = build(write(rows), by_group(declare({**BOTH, "overlap": True})), zones)
    # each is still held against everybody less itself: 1,400 - 400 of 10,000 - 6,000
    assert found.loc["Disabled people", A, "cpp"]["comparator_value"] == pytest.approx(100 * 1_000 / 4_000)


def test_a_group_larger_than_everybody_and_a_share_over_100_per_cent_are_refused(write, declare):
    with pytest.raises(SchemaError, match="A group has more people than there are"):
        read_groups(write(changed(A, "Disabled", 400, 12_000)), declare(), COUNCILS)
    with pytest.raises(SchemaError, match="More people are counted than there are"):
        read_groups(write(changed(A, "Disabled", 1_200, 1_000)), declare(), COUNCILS)


def test_a_group_that_was_renamed_is_one_group_where_both_names_are_declared(write, declare, by_group, zones):
    earlier = [(row[0], 2021, "Limited" if row[2] == "Disabled" else row[2], *row[3:]) for row in ROWS]
    both = declare({"members": {"Disabled people": ["Disabled", "Limited"]}})
    found = build_group_findings(write([*ROWS, *earlier]), by_group(both), zones, Settings())
    assert found.groupby("period")["value"].apply(lambda values: values.notna().all()).to_dict() == {
        "2021": True, "2022": True,
    }  # fmt: skip
    assert set(found.loc[found["is_headline_period"], "period"]) == {"2022"}
    # with the new name alone the group has no figure in the year before, and says so
    one = build_group_findings(write([*ROWS, *earlier]), by_group(declare()), zones, Settings())
    assert set(one.loc[one["period"] == "2021", "reason"]) == {"not published for this council"}


def test_what_cannot_be_read_is_a_state_and_the_others_go_on(write, declare, by_group, zones):
    absent = declare(id="other_by_group", source="another-table")
    found = build_group_findings(write(), by_group(declare(), absent), zones, Settings())
    unread = found[found["indicator_id"] == "other_by_group"]
    assert len(unread) == 3 * 3 + 1
    assert set(unread["status"]) == {"missing"}
    assert unread["reason"].str.startswith("its table could not be read").all()
    assert (found["significance"] == "poorer").any()
    # of a new file of a source it is an error
    with pytest.raises(UnreadableSource, match="other_by_group"):
        be_read(found, where="another-table.csv")
    # also where nothing at all can be read: no run is stopped by it
    assert set(build_group_findings({}, by_group(absent), zones, Settings())["status"]) == {"missing"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vote": "health"}, "never votes"),
        ({"columns": {"area": "Council"}}, "{group}"),
        ({"groups": {"members": {"A": "x", "B": "x"}}}, "once"),
        ({"groups": {"overlap": True, "whole": None}}, "overlap"),
        ({"groups": {"dimension": "shoe size"}}, "dimension"),
        ({"groups": {"members": {}}}, "at least one group"),
        ({"kind": "standardised_ratio"}, "proportion"),
    ],
)
def test_a_declaration_that_cannot_be_by_group_is_refused(declare, changes, says):
    with pytest.raises(ConfigError) as caught:
        declare(**changes)
    assert says in str(caught.value)


def test_figures_of_councils_are_read_by_group_alone(declare):
    with pytest.raises(ValueError, match="by group"):
        replace(declare(), groups=None)


def test_two_names_cannot_stand_inside_one_column(write, declare, by_group, zones):
    one = declare(
        {"members": {"Disabled people": ["Disabled", "Limited"]}},
        columns={"area": "Council", "date": "Year", "numerator": "Ill {group}", "denominator": "People {group}"},
    )
    with pytest.raises(ConfigError, match="several names"):
        read_groups(write(), one, COUNCILS)


def test_zones_are_summed_to_their_councils(write, declare, by_group, zones):
    # two zones of one council: 10 of 100 and 30 of 300 disabled people
    more = pd.concat([zones, pd.DataFrame([("S01006509", A, "Clackmannanshire", "S02001236")], columns=zones.columns)])
    rows = [("S01006506", 2022, "All", 50, 900), ("S01006506", 2022, "Disabled", 10, 100),
            ("S01006509", 2022, "All", 90, 900), ("S01006509", 2022, "Disabled", 30, 300),
            ("S01006507", 2022, "All", 90, 900), ("S01006507", 2022, "Disabled", 30, 300)]  # fmt: skip
    one = declare(geography="data_zone_2011")
    found = build(write(rows), by_group(one), more[more["cpp_code"] != C])
    assert found.loc["Disabled people", A, "cpp"][["numerator", "denominator", "value"]].tolist() == [40, 400, 10]


def test_one_row_for_each_group_with_its_comparators_side_by_side(write, declare, by_group, zones):
    table = build_group_findings(write(), by_group(declare(BOTH)), zones, Settings())
    beside = groups_of(table, A)
    assert beside["group_name"].tolist() == ["Disabled people", "Carers"]
    first = beside.iloc[0]
    assert first["cpp_value"] == pytest.approx(100 * 1_000 / 9_000)
    assert (first["same_group_significance"], first["value"], first["denominator"]) == ("poorer", 40.0, 1_000)


def test_what_is_not_by_group_is_listed_by_domain(declare):
    table = build_group_coverage(replace(load_catalogue(), by_group=(declare(),))).set_index(
        ["domain", "group_dimension"]
    )
    assert table.loc[("Health", "disability")].tolist() == [True, "People who are ill"]
    assert not table.loc[("Education", "disability"), "is_by_group"]
    assert pd.isna(table.loc[("Education", "care_experience"), "group_tables"])


@pytest.mark.mirror
def test_glasgow_s_health_at_50_to_64_is_what_the_census_says(mirror: Path):
    """The sums of the output areas of Glasgow, added up without any of this code."""
    from pipelines.sources.declarations import load_sources

    cells = pd.read_parquet(mirror / "nrs-census-2022-output-area" / "UV302b.parquet")
    names = pd.read_csv(mirror / "nrs-census-2022-output-area" / "Table_Metadata.csv").set_index("Variable_ID")
    cells.columns = names.loc[cells.columns, "Variable_Name"].str.strip()
    areas = pd.read_csv(mirror / "nrs-oa22-dz22-lookup" / "oa22_dz22_iz22_ca19_ukpc24.csv").set_index("OA22")["CA19"]
    sums = cells[(areas.reindex(cells.index) == "S12000049").to_numpy()].sum()
    files = {key: one.path_in(mirror) for key, one in load_sources().items()}
    one = next(one for one in load_catalogue().by_group if one.id == "census_bad_health_by_age")
    read = read_groups(files, one, pd.Series({code: code for code in areas.unique()}))
    row = read[(read["area_code"] == "S12000049") & (read["group_name"] == "Aged 50 to 64")].iloc[0]
    assert row["numerator"] == sums["Bad: 50 to 64"] + sums["Very bad: 50 to 64"]
    assert row["denominator"] == sums["All people: 50 to 64"]
