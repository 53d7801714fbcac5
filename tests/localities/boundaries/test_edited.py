"""An edited drawing as it comes back: names of zones are read, whatever became of the shapes."""

from __future__ import annotations

import pandas as pd
import pyogrio
import pytest

from indicators.errors import SchemaError
from localities.boundaries.edited import read_edited


def written(tmp_path, text: str, name: str = "edited.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_zones_are_in_the_community_that_they_name(tmp_path):
    areas = read_edited(
        written(
            tmp_path,
            "zone_code,community,reason\nS01000001,Old  Town,\nS01000002,old town,One school\nS01000003,,Not ours\n"
            "S01000004,Raploch,\n",
        )
    )
    assert areas[["locality_name", "zone_code", "reason"]].to_numpy().tolist() == [
        ["Old Town", "S01000001", ""],
        ["Old Town", "S01000002", "One school"],
        ["Raploch", "S01000004", ""],
    ]
    assert areas["locality_code"].nunique() == 2


def test_a_copied_zone_or_another_file_is_refused_in_words(tmp_path):
    with pytest.raises(SchemaError, match="S01000001"):
        read_edited(written(tmp_path, "zone_code,community\nS01000001,A\nS01000001,B\n"))
    with pytest.raises(SchemaError, match="localities candidates export"):
        read_edited(written(tmp_path, "zone_code,name\nS01000001,A\n"))
    with pytest.raises(SchemaError, match="No layer holds"):
        read_edited(written(tmp_path, "no database", "edited.gpkg"))


def test_an_edited_drawing_may_come_back_as_a_layer_or_with_semicolons(tmp_path):
    rows = pd.DataFrame({"zone_code": ["S01000001", "S01000002"], "community": ["A", None], "reason": "Ours"})
    pyogrio.write_dataframe(pd.DataFrame({"zone_code": ["S01000001"] * 3, "n": 1}), tmp_path / "a.gpkg", layer="other")
    pyogrio.write_dataframe(rows, tmp_path / "a.gpkg", layer="zones", append=True)
    rows.to_csv(tmp_path / "a.csv", sep=";", index=False)
    for name in ("a.gpkg", "a.csv"):
        assert read_edited(tmp_path / name)[["zone_code", "reason"]].to_numpy().tolist() == [["S01000001", "Ours"]]
