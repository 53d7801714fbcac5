"""Labels of periods, one by one and as columns: what each names, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.errors import ConfigError
from indicators.readers.shared.periods import declared_period, parse_period, parse_periods, periods_within


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("2023-Q2", "2023-04-01", "2023-06-30"),
        ("2021Q3", "2021-07-01", "2021-09-30"),
        ("Q4 2021/22", "2022-01-01", "2022-03-31"),
        ("2023-06", "2023-06-01", "2023-06-30"),
        ("202104", "2021-04-01", "2021-04-30"),
        ("20210930", "2021-09-30", "2021-09-30"),
        ("31/03/2021", "2021-03-31", "2021-03-31"),
        ("31 March 2021", "2021-03-31", "2021-03-31"),
        ("Academic year 2016-17", "2016-08-01", "2017-07-31"),
        ("School year 2016/17", "2016-08-01", "2017-07-31"),
        ("2016/17 to 2018/19 financial years", "2016-04-01", "2019-03-31"),
        ("2017 to 2019 calendar years; 3-year aggregates", "2017-01-01", "2019-12-31"),
        ("2012-2014 average", "2012-01-01", "2014-12-31"),
        ("2016-17 to 2018-19", "2016-04-01", "2019-03-31"),
        ("2016/2017", "2016-04-01", "2017-03-31"),
        ("201617", "2016-04-01", "2017-03-31"),
        ("Jan-Mar 2024", "2024-01-01", "2024-03-31"),
        ("Apr 2019 - Mar 2020", "2019-04-01", "2020-03-31"),
        ("Nov-Jan 2024", "2023-11-01", "2024-01-31"),
        ("2021/22 [p]", "2021-04-01", "2022-03-31"),
        ("2021 (provisional)", "2021-01-01", "2021-12-31"),
        ("Mid-2021", "2021-06-30", "2021-06-30"),
        ("1999/00", "1999-04-01", "2000-03-31"),
        ("2014-16", "2014-01-01", "2016-12-31"),
        ("February 2024", "2024-02-01", "2024-02-29"),
        ("http://reference.data.gov.uk/id/government-year/2016-2017", "2016-04-01", "2017-03-31"),
        ("http://reference.data.gov.uk/id/gregorian-interval/2017-01-01T00:00:00/P3Y", "2017-01-01", "2019-12-31"),
        ("http://reference.data.gov.uk/id/month/2011-12", "2011-12-01", "2011-12-31"),
    ],
)
def test_a_label_is_read_as_what_it_names_and_its_own_label_names_the_same(label, start, end):
    found = parse_period(label)
    assert (str(found.start), str(found.end)) == (start, end)
    assert parse_period(found.label) == found


@pytest.mark.parametrize(
    "label", ["soon", "", "99", "31/02/2021", "2018-2014", "2017/1818", "2017/19 to 2020/22", "03/31/2021"]
)
def test_what_names_no_period_is_refused_with_the_forms_that_are_known(label):
    with pytest.raises(ConfigError, match=r"cannot be understood[\s\S]*2016/17-2018/19[\s\S]*Jan-Mar 2024"):
        parse_period(label)


@pytest.mark.parametrize(
    ("labels", "column", "expected"),
    [
        (["2011-11", "2011-12", "2012-01"], "", "November 2011, December 2011, January 2012"),
        (["2010-11", "2011-12"], "", "2010/11, 2011/12"),
        (["2011-12"], "", "2011/12"),
        (["2011-12"], "Month", "December 2011"),
        (["201111", "201112"], "Date", "November 2011, December 2011"),
        (["2008-10", "2009-11", "2010-12"], "", "2008-2010, 2009-2011, 2010-2012"),
        (["2016/17", "2017/18"], "School_Year", "school year 2016/17, school year 2017/18"),
        (["Academic year 2016-17", "2017-18"], "", "school year 2016/17, school year 2017/18"),
        (["2014/15", "2014/15-2016/17"], "", "2014/15, 2014/15-2016/17"),
    ],
)
def test_a_column_is_read_as_a_whole(labels, column, expected):
    assert ", ".join(one.label for one in parse_periods(labels, column=column).values()) == expected


def test_a_column_of_months_and_of_years_is_refused():
    with pytest.raises(
        ConfigError, match=r"mixes months and years[\s\S]*2011-11 \(month\)[\s\S]*2013-14 \(financial_year"
    ):
        parse_periods(["2011-11", "2011-12", "2013-14"], column="Period")


def test_a_declaration_may_say_what_labels_are():
    assert parse_periods(["2011-12"], form="month")["2011-12"].label == "December 2011"
    assert declared_period({"period": "2016/17", "period_form": "school_year"}, "x").end == dt.date(2017, 7, 31)
    with pytest.raises(ConfigError, match="no such period"):
        parse_periods(["2011-13", "2011-12"], form="month")


@given(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 1)), st.integers(2, 30))
def test_consecutive_months_are_never_years(first, count):
    months = [(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1) for n in range(count)]
    found = parse_periods([f"{year}-{month:02d}" for year, month in months])
    assert [(one.start.year, one.start.month) for one in found.values()] == months


@given(st.integers(1950, 2090), st.integers(2, 15))
def test_consecutive_financial_years_are_never_months(first, count):
    labels = [f"{year}-{(year + 1) % 100:02d}" for year in range(first, first + count)]
    assert [str(one.start) for one in parse_periods(labels).values()] == [f"{int(one[:4])}-04-01" for one in labels]


@pytest.mark.parametrize(
    ("label", "first", "last"),
    [
        ("Year ending 31 March 2022", "2021-04-01", "2022-03-31"),
        ("12 months to June 2021", "2020-07-01", "2021-06-30"),
        ("y/e December 2020", "2020-01-01", "2020-12-31"),
        ("FY19/20", "2019-04-01", "2020-03-31"),
        ("AY 2019/20", "2019-08-01", "2020-07-31"),
        ("1st quarter 2020", "2020-01-01", "2020-03-31"),
        ("2020M03", "2020-03-01", "2020-03-31"),
        ("04/2019", "2019-04-01", "2019-04-30"),
        ("2019 Apr-Jun", "2019-04-01", "2019-06-30"),
        ("31/03/20", "2020-03-31", "2020-03-31"),
        ("as at 31-Mar-20", "2020-03-31", "2020-03-31"),
        ("2018/19-2020/21; 3 financial years", "2018-04-01", "2021-03-31"),
        ("2011 Census", "2011-01-01", "2011-12-31"),
    ],
)
def test_further_ways_to_write_a_period(label, first, last):
    period = parse_periods([label])[label]
    assert (period.start.isoformat(), period.end.isoformat()) == (first, last)


def test_days_that_a_workbook_keeps_for_months_are_months():
    days = [dt.datetime(2021, month, 1) for month in (1, 2, 4)]
    assert [one.label for one in parse_periods(days).values()] == ["January 2021", "February 2021", "April 2021"]
    # a count on the first of April of each year is one of that day
    assert [one.label for one in parse_periods(["2020-04-01", "2021-04-01"]).values()] == ["2020-04-01", "2021-04-01"]
    assert [one.label for one in parse_periods(["2021-04-01"], column="Quarter").values()] == ["2021 Q2"]
    days = parse_periods(["2021-01-01", "2021-02-01"], form="day")
    assert [one.label for one in days.values()] == ["2021-01-01", "2021-02-01"]


@given(st.lists(st.sampled_from(["Patients", "Aged 16-24", "All people, 65+", "rate per 1,000"]), max_size=2),
       st.sampled_from(["2019", "2019/20", "Q1 2020", "2017-2019", "March 2021", "2017/18 to 2019/20", "31/03/2020"]),
       st.sampled_from([" ", "_", ", ", " | ", " ("]))  # fmt: skip
@settings(deadline=None)
def test_the_period_in_the_name_of_a_column_is_found_whole(words, label, between):
    name = between.join([*words[:1], label, *words[1:]])
    assert [name[start:end] for start, end in periods_within(name)] == [label]
