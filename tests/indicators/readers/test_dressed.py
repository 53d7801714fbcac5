"""Numbers as publishers write them: whatever the separators, marks and brackets, the figure is the same."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.errors import SchemaError
from indicators.readers.shared.cells import parse_cells
from indicators.readers.shared.dressed import how_dressed, plain_numbers

# of thousands, of decimals
STYLES = [(",", "."), (" ", "."), ("\u00a0", "."), ("'", "."), ("", "."), (".", ","), (" ", ","), ("", ",")]
MARKS = ["", "*", "p", " r", " [p]", " [1]", " [note 2]", " (r)", "¹", "†", " [p][note 1, note 3]"]


def written(value: float, thousands: str, decimal: str) -> str:
    whole, _, part = f"{value:,.2f}".partition(".")
    return whole.replace(",", thousands) + decimal + part


@given(
    st.lists(st.integers(-900_000_000, 900_000_000).map(lambda one: one / 100), min_size=2, max_size=8),
    st.sampled_from(STYLES),
    st.lists(st.sampled_from(MARKS), min_size=8, max_size=8),
    st.sampled_from(["", "%", " %", "£"]),
)
@settings(max_examples=150, deadline=None)
def test_however_it_is_written_a_column_has_its_figures(values, style, marks, unit):
    texts = [
        (unit + text if unit == "£" and value >= 0 else text + unit.replace("£", "")) + mark
        for value, mark in zip(values, marks, strict=False)
        for text in [written(value, *style)]
    ]
    assert plain_numbers(pd.Series(texts)).tolist() == pytest.approx(values)
    codes = [f"S0100650{at}" for at in range(len(texts))]
    read = parse_cells(texts, codes=codes, where="file.csv", column="Change", minimum=None)
    assert read.value.tolist() == pytest.approx(values)


def test_a_comma_is_decided_by_the_column_as_a_whole():
    assert plain_numbers(pd.Series(["1,234", "5,678"])).tolist() == [1234, 5678]
    assert plain_numbers(pd.Series(["1,234", "5,6"])).tolist() == [1.234, 5.6]
    # 2.345 would be a number by itself, and is two thousand beside 12,5
    read = parse_cells(["2.345", "12,5", "*"], codes=["a", "b", "c"], where="file.csv", column="n", suppressed=["*"])
    assert read.value.tolist()[:2] == [2345, 12.5]


def test_brackets_are_negative_and_no_count_is():
    assert plain_numbers(pd.Series(["(12)", "(1,234.5)", "(3%)"])).tolist() == [-12, -1234.5, -3]
    with pytest.raises(SchemaError, match="not a number"):
        parse_cells(["(12)", "3"], codes=["a", "b"], where="file.csv", column="Patients", is_count=True)


def test_a_mark_that_says_hidden_is_no_mark_of_a_figure():
    with pytest.raises(SchemaError, match="not a number"):
        parse_cells(["12 [c]", "3"], codes=["a", "b"], where="file.csv", column="Patients")


def test_a_person_is_told_how_figures_are_read():
    assert list(how_dressed(pd.Series(["12*", "13p", "4", "(5)"]))) == [
        "the marks *, p are left out",
        "what is in brackets is negative",
    ]
    assert list(how_dressed(pd.Series(["12,5"]))) == ["commas are decimal"]
    assert not list(how_dressed(pd.Series(["*", "[c]", "1,234"])))
