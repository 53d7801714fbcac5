"""How results are shown: what JSON and CSV hold, and tables on terminals of every width."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from contextlib import redirect_stdout

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cli.parts.output import number, records, table, write_csv, write_json, write_rows


def test_every_kind_of_cell_becomes_plain_json():
    frame = pd.DataFrame(
        {
            "count": pd.array([1, None], dtype="Int64"),
            "share": [0.5, np.nan],
            "limit": [np.inf, 1e-300],
            "is_flagged": [True, False],
            "name": ["Mòr", None],
            "day": [dt.date(2021, 6, 30), None],
        }
    )
    assert records(frame) == [
        {"count": 1, "share": 0.5, "limit": None, "is_flagged": True, "name": "Mòr", "day": "2021-06-30"},
        {"count": None, "share": None, "limit": 1e-300, "is_flagged": False, "name": None, "day": None},
    ]


def test_long_tables_are_written_whole_though_in_pieces(capsys):
    """45,001 rows: three pieces, the last of 5,001."""
    frame = pd.DataFrame({"b": np.arange(45_001), "a": "x"})
    write_rows(frame)
    rows = json.loads(capsys.readouterr().out)
    assert [row["b"] for row in rows] == list(range(45_001))
    assert list(rows[0]) == ["a", "b"]

    write_csv(frame)
    lines = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert lines[0] == ["b", "a"]
    assert [int(line[0]) for line in lines[1:]] == list(range(45_001))


def test_an_empty_table_is_an_empty_array_and_a_header(capsys):
    frame = pd.DataFrame({"a": [], "b": []})
    write_rows(frame)
    write_csv(frame)
    assert capsys.readouterr().out == "[]\na,b\n"


def test_json_refuses_nothing_that_a_command_may_hold(capsys):
    write_json({"z": np.float64(1.5), "a": [np.int64(2), float("nan")], "m": {"set"}, "n": np.array([1, 2])})
    assert json.loads(capsys.readouterr().out) == {"a": [2, None], "m": ["set"], "n": [1, 2], "z": 1.5}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.00012345, "0.000123"), (0.5, "0.500"), (99.96, "100"), (1234.5, "1,234"), (-2.5, "-2.50"), (pd.NA, "")],
)
def test_numbers_have_three_figures_and_no_exponent(value, shown):
    assert number(value) == shown


COLUMNS = (("Locality", "left"), ("Id", "code"), ("Residents", "right"), ("Share of residents", "right"))
ROW = ("Na h-Eileanan a-Muigh agus na h-Eileanan a-Staigh", "intermediate_zones:S02990006", "12,345", "7%")


@pytest.mark.parametrize(("width", "has_id"), [(60, False), (80, True), (200, True)])
def test_a_narrow_terminal_goes_without_a_column_and_the_table_says_so(capsys, monkeypatch, width, has_id):
    monkeypatch.setenv("COLUMNS", str(width))
    table("Title", COLUMNS, [ROW], if_wide=("Id",))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    assert (ROW[1] in out) == has_id  # whole, or not there at all
    assert ("Not shown at this width, and in --json: Id." in out) != has_id
    assert "12,345" in out
    assert "7%" in out


def test_where_not_even_that_fits_each_row_is_a_block_with_everything(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "36")
    table("Title", COLUMNS, [ROW, ("Islay", "wards:1", "3,228", "1%")], if_wide=("Id",))
    blocks = capsys.readouterr().out.split("\n\n")
    assert len(blocks) == 3  # the last is empty
    for text in ("Id: intermediate_zones:S02990006", "Residents: 12,345", "Share of residents: 7%"):
        assert text in blocks[0]
    assert blocks[1].split("\n") == [
        "Locality: Islay",
        "  Id: wards:1",
        "  Residents: 3,228",
        "  Share of residents: 1%",
    ]


@given(
    st.lists(st.tuples(*[st.text("ab c-", max_size=12).map(lambda text: " ".join(text.split()))] * 3), min_size=1),
    st.integers(40, 120),
)
@settings(max_examples=60, deadline=None)
def test_no_word_is_broken_at_any_width(rows, width):
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
        patch.setenv("COLUMNS", str(width))
        table("", (("First", "left"), ("Second", "left"), ("Third", "code")), rows, if_wide=("Second",))
    found = out.getvalue().replace("First:", " ").replace("Second:", " ").replace("Third:", " ").split()
    wanted = [word for first, _, third in rows for word in f"{first} {third}".split()]
    assert not set(wanted) - set(found)


def test_what_the_row_above_says_is_left_blank_while_all_before_it_is_the_same(capsys):
    columns = (("Indicator", "left"), ("Period", "left"), ("Finding", "left"))
    rows = [("Income", "2017", "poorer"), ("Income", "2017", "poorer"), ("Crime", "2017", "better")]
    table("", columns, rows, once=("Indicator", "Period"))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[-3:] == [["Income", "2017", "poorer"], ["poorer"], ["Crime", "2017", "better"]]


def test_markup_in_data_is_shown_as_it_is(capsys):
    table("A [title]", (("Name", "left"),), [("[bold]not markup[/bold]",)], caption="[red]note")
    out = capsys.readouterr().out
    for text in ("A [title]", "[bold]not markup[/bold]", "[red]note"):
        assert text in out
