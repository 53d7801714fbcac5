"""Answers of Stat-Xplore: a block of figures with an axis per field, as a table that a declaration maps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from indicators.errors import SchemaError, UnreadableSource
from indicators.readers import mapped_table
from indicators.readers.stat_xplore import answer_table
from tests.indicators.conftest import ZONES

CODES = "str:value:UC_Monthly:V_F_UC_CASELOAD_FULL:COA_CODE:V_C_MASTERGEOG11_DATAZONE_TO_LA"
COUNT = "str:count:UC_Monthly:V_F_UC_CASELOAD_FULL"


def answer(values: object) -> dict:
    """People on Universal Credit by data zone, month and employment."""

    def field(label: str, *members: tuple[str, str]) -> dict:
        items = [{"type": "RecodeItem", "labels": [name], "uris": [uri] if uri else []} for name, uri in members]
        return {"label": label, "uri": f"str:field:{label}", "items": items}

    return {
        "measures": [{"uri": COUNT, "label": "People on Universal Credit"}],
        "fields": [
            field("Geography", *((f"zone {code}", f"{CODES}:{code}") for code in ZONES[:2])),
            field("Month", ("April 2021", "str:value:D:202104"), ("May 2021", "str:value:D:202105")),
            field("Employment", ("In employment", "str:value:E:1"), ("Total", "")),
        ],
        "cubes": {COUNT: {"values": values}},
    }


VALUES = [[[4, 10], [6, 12]], [[None, 8], [0, 5]]]


def write_answer(folder: Path, content: object) -> dict[str, Path]:
    path = folder / "answer.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return {"dwp": path}


@pytest.fixture
def working(catalogue):
    columns = {
        "area": "Geography code",
        "date": "Month",
        "numerator": {"where": {"Employment": "In employment"}},
        "denominator": {"where": {"Employment": "Total"}},
    }
    return replace(catalogue["nrs_children"], source="dwp", reader="mapped_table", columns=columns)


def test_an_answer_is_mapped_like_any_table(tmp_path, working):
    rows = mapped_table.read(write_answer(tmp_path, answer(VALUES)), [working]).set_index(["area_code", "period"])
    assert rows.loc[(ZONES[0], "April 2021"), "value"] == 40
    assert rows.loc[(ZONES[0], "May 2021"), "numerator"] == 6
    assert rows.loc[(ZONES[1], "April 2021"), "status"] == "missing"
    assert rows.loc[(ZONES[1], "May 2021"), "numerator"] == 0
    assert str(rows.loc[(ZONES[0], "April 2021"), "period_end"].date()) == "2021-04-30"


def test_several_measures_have_a_column_each(tmp_path):
    content = answer(VALUES)
    content["measures"].append({"uri": "str:count:other", "label": "Households"})
    content["cubes"]["str:count:other"] = {"values": VALUES}
    table = answer_table(write_answer(tmp_path, content)["dwp"])
    assert {"People on Universal Credit", "Households"} <= set(table.columns)
    assert len(table) == 8


@pytest.mark.parametrize("content", [{"error": "API key not valid"}, answer([[1, 2]]), answer(None)])
def test_what_is_no_whole_answer_is_refused(tmp_path, working, content):
    with pytest.raises((UnreadableSource, SchemaError), match=r"no whole answer|layout of this table is not known"):
        mapped_table.read(write_answer(tmp_path, content), [working])


def test_a_truncated_answer_is_refused(tmp_path, working):
    files = write_answer(tmp_path, answer(VALUES))
    files["dwp"].write_bytes(files["dwp"].read_bytes()[:-40])
    with pytest.raises(UnreadableSource, match="no whole answer"):
        mapped_table.read(files, [working])


def test_a_field_that_was_not_asked_for_is_named(tmp_path, working):
    other = replace(working, columns={**working.columns, "date": "Quarter"})
    with pytest.raises(SchemaError, match="Quarter"):
        mapped_table.read(write_answer(tmp_path, answer(VALUES)), [other])
