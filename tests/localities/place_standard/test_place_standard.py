"""Results of the Place Standard tool: read in both forms, few answers withheld and not to be worked out, and told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from indicators.errors import SchemaError
from localities.place_standard.beside import build_place_standard, said_in, themes_low
from localities.place_standard.results import THEMES, Results, protected, read_answers

ROUND = Results(id="talk", title="A talk", gathered="May 2026", places="wards")


def write(folder: Path, text: str) -> Path:
    path = folder / "talk.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(table: str, *, columns, where) -> pd.DataFrame:
    rows = {
        "candidate_localities": pd.DataFrame({
            "locality_id": ["wards:S13002919", "wards:S13002920"], "candidate_set": "wards",
            "locality_name": ["Leith", "Leith Walk"], "cpp_code": "S12000036", "cpp_name": "City of Edinburgh"}),
        "verdicts": pd.DataFrame({
            "locality_id": ["wards:S13002919"], "poorer_votes_scotland": ["income and work; health"],
            "slightly_votes_scotland": [None], "better_votes_scotland": ["crime"]}),
    }[table]  # fmt: skip
    return rows[list(columns)]


AGGREGATED = """place,group,theme,score,people
Leith,,Feeling safe,3.24,40
Leith,Age: 25 and over,Feeling safe,3.4,22
Leith,Age: 16 to 24,Feeling safe,3.2,12
Leith,Age: under 16,Feeling safe,2.71,6
S13002919,everyone,Work and local economy,2.5,38
S13002920,,feeling safe,5.1,9
"""


def built(path: Path) -> pd.DataFrame:
    return build_place_standard([(ROUND, path)], read)


def test_few_answers_are_withheld_and_cannot_be_worked_out_from_the_others(tmp_path):
    table = built(write(tmp_path, AGGREGATED))
    safe = table[(table["locality_id"] == "wards:S13002919") & (table["theme"] == "Feeling safe")]
    shown = safe.set_index("answer_group")["place_score"]
    # 40 x 3.24 - 22 x 3.4 - 12 x 3.2 = 16.4, which is 6 x 2.7: with one withheld, the next smallest goes too
    assert shown.isna().to_dict() == {
        "everyone": False, "Age: 16 to 24": True, "Age: 25 and over": False, "Age: under 16": True
    }  # fmt: skip
    assert safe["people_asked"].isna().tolist() == shown.isna().tolist()
    assert set(safe.loc[safe["place_score"].isna(), "answer_status"]) == {"withheld"}
    assert themes_low(table) == {"wards:S13002919": "most", "wards:S13002920": "withheld"}


def test_two_that_are_withheld_need_no_third():
    rows = pd.DataFrame({"place": "a", "theme": "Feeling safe", "score": 3.0, "people": [40, 28, 7, 5],
                         "group": ["everyone", "Age: old", "Age: young", "Age: child"]})  # fmt: skip
    assert protected(rows, 10)["answer_status"].tolist() == ["observed", "observed", "withheld", "withheld"]


def test_kinds_of_groups_are_protected_apart():
    rows = pd.DataFrame({"place": "a", "theme": "Feeling safe", "score": 3.0, "people": [40, 36, 4, 33, 7],
                         "group": ["everyone", "Age: old", "Age: young", "Tenant: no", "Tenant: yes"]})  # fmt: skip
    assert (protected(rows, 10)["answer_status"] == "withheld").tolist() == [False, True, True, True, True]


def test_answers_of_persons_are_averaged(tmp_path):
    lines = ["place,group,Feeling safe,Public transport", *["Leith,Age: old,4,"] * 12, *["Leith,Age: young,1,7"] * 4]
    answers = read_answers(write(tmp_path, "\n".join(lines)))
    every = answers[answers["group"] == "everyone"].set_index("theme")
    # 12 x 4 + 4 x 1 = 52 of 16; only the four of them spoke of buses
    assert every["score"].to_dict() == {"Feeling safe": 3.25, "Public transport": 7.0}
    assert every["people"].to_dict() == {"Feeling safe": 16.0, "Public transport": 4.0}


def test_it_is_told_beside_the_figures_and_called_no_test(tmp_path):
    table = built(write(tmp_path, AGGREGATED))
    text = " ".join(said_in(table[table["locality_id"] == "wards:S13002919"]))
    assert "Lowest: Work and local economy 2.5; Feeling safe 3.2." in text
    assert "Work and local economy 2.5 (Income and work: poorer than Scotland)" in text
    assert "Feeling safe 3.2 (Crime: better)" in text
    assert "not tested" in text
    few = said_in(table[table["locality_id"] == "wards:S13002920"])
    assert few[0] == "A talk, May 2026: withheld, because too few people answered."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place,theme,score\nLeith,Feeling safe,3\n", "people"),
        ("place,theme,score,people\nLeith,Weather,3,20\n", "Weather"),
        ("place,theme,score,people\nLeith,Feeling safe,8,20\n", "from 1 to 7"),
        ("place,theme,score,people\nAtlantis,Feeling safe,3,20\n", "Atlantis"),
        ("place,theme,score,people\nLeith,Feeling safe,3,20\nLeith,Feeling safe,4,20\n", "twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, said):
    with pytest.raises(SchemaError, match=said):
        build_place_standard([(ROUND, write(tmp_path, text))], read, is_new=True)


def test_of_a_place_that_is_drawn_no_more_the_answers_wait(tmp_path, caplog):
    table = built(write(tmp_path, AGGREGATED + "Atlantis,,Feeling safe,3,20\n"))
    assert set(table["locality_name"]) == {"Leith", "Leith Walk"}
    assert "1 places are not drawn now" in caplog.text
    # where none of its places is drawn, such as with other candidate sets, there is nothing to show yet
    assert built(write(tmp_path, "place,theme,score,people\nAtlantis,Feeling safe,3,20\n")).empty


def test_the_tool_has_fourteen_themes():
    assert len(THEMES) == 14
