"""What a page holds: the same figures and words as the store, escaped, and nothing that it would have to fetch.

What a browser makes of it is tried by `make browser-check` (tests/browser).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from indicators.schema.vocabulary import SIGNIFICANCES
from localities.publishing.explorer.content import short
from localities.publishing.licences import of_files
from pipelines.run.workspace import Workspace

from .conftest import A, B

ISLE = "fictional-oneils-isle.html"


def content_of(page: Path) -> dict[str, Any]:
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.fixture
def folder(published: Workspace) -> Path:
    return published.home.publications


def test_every_figure_of_a_page_is_that_of_the_store_to_four_digits(workspace, folder):
    content = content_of(folder / ISLE)
    places, columns = content["places"]["locality_id"], [one["indicator_id"] for one in content["indicators"]]
    findings = workspace.store.read("findings")
    findings = findings[findings["is_headline_period"] & findings["locality_id"].isin(places)]
    estimates = workspace.store.read("estimates")
    estimates = estimates[estimates["is_headline_period"]].set_index(["locality_id", "indicator_id"])
    assert len(findings) > 0
    for one in findings.itertuples():
        cell = places.index(one.locality_id) * len(columns) + columns.index(one.indicator_id)
        told = content["findings"]
        assert SIGNIFICANCES[int(told[f"grade_{one.comparator}"][cell])] == one.significance
        for name in ("comparator_value", "difference", "difference_lower_ci", "difference_upper_ci"):
            kept = getattr(one, name)
            assert told[f"{name}_{one.comparator}"][cell] == (None if pd.isna(kept) else short(float(kept)))
        for name in ("value", "lower_ci", "upper_ci"):
            kept = estimates.loc[(one.locality_id, one.indicator_id), name]
            assert told[name][cell] == (None if pd.isna(kept) else short(float(kept)))


def test_places_say_why_in_the_words_of_the_geopackage_and_stand_in_their_drawing(workspace, folder):
    import sqlite3

    content = content_of(folder / ISLE)
    with sqlite3.connect(folder / "fictional-oneils-isle.gpkg") as file:
        why = dict(file.execute('SELECT locality_id, why FROM "Localities – Intermediate zones"').fetchall())
    assert dict(zip(content["places"]["locality_id"], content["places"]["why"], strict=True)) == why
    assert set(why) == {A, B}
    (drawing,) = content["drawings"]
    assert (drawing["start"], drawing["stop"]) == (0, 2)
    # zones 1 and 2 are in A, 3 and 4 in B
    held = [content["places"]["locality_id"][place] for place in drawing["zones"]]
    assert held == [A, A, B, B]


def test_shapes_are_those_of_the_zones(folder):
    """Four squares of a kilometre in a row: each ring is closed, and neighbours share the arc between them."""
    topology = content_of(folder / ISLE)["topology"]
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        arcs.append([((x := x + dx) * sx + tx, (y := y + dy) * sy + ty) for dx, dy in arc])
    used = []
    for number, polygons in enumerate(topology["zones"]):
        ((ring,),) = polygons
        used.append({one if one >= 0 else ~one for one in ring})
        points = [point for one in ring for point in (arcs[one] if one >= 0 else arcs[~one][::-1])]
        assert points[0] == pytest.approx(points[-1], abs=0.5)
        assert min(x for x, _ in points) == pytest.approx(1000 * number, abs=0.5)
        assert max(x for x, _ in points) == pytest.approx(1000 * (number + 1), abs=0.5)
    assert used[0] & used[1]
    assert not used[0] & used[2]


def test_the_national_page_has_every_place_and_leads_to_the_pages_of_partnerships(workspace, folder):
    content = content_of(folder / "fictional-country.html")
    stored = workspace.store.read("candidate_localities")
    assert set(content["places"]["locality_id"]) == set(stored["locality_id"])
    (drawing,) = content["drawings"]
    zones = workspace.store.read("zones").sort_values(["cpp_code", "zone_code"])
    held = [content["places"]["locality_id"][place] for place in drawing["zones"]]
    assert held == ("intermediate_zones:" + zones["intermediate_zone_code"]).tolist()
    assert content["pages"] == {"O'Neil's Isle": ISLE, "Mòr & Beag": "fictional-mor-and-beag.html"}
    isle = content_of(folder / ISLE)
    width = len(isle["indicators"])
    at = content["places"]["locality_id"].index(A)
    mine = content["findings"]["grade_scotland"][at * width : (at + 1) * width]
    assert mine == isle["findings"]["grade_scotland"][:width]


def test_a_page_asks_no_server_for_anything_and_carries_the_notices_of_what_is_inside(folder):
    text = (folder / ISLE).read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    markup = re.sub(r"(<script[^>]*>).*?</script>", r"\1", text, flags=re.DOTALL)
    assert markup.count("<script") == 3
    assert not re.search(r"\b(?:src|srcset|href)=(?!\"#)|@import|url\(", markup)
    licences = {one["what"]: one for one in content_of(folder / ISLE)["licences"]}
    for one in of_files("explorer"):
        assert licences[one.what]["notice"] == one.notice
        assert licences[one.what]["text"] == one.text


def test_zones_have_the_figures_of_the_store_and_what_has_none_says_why(folder):
    """Two of four zones have 24 %, the poorest two of the four with a figure; one nobody, one a hidden count."""
    income = content_of(folder / ISLE)["zone_figures"]["income"]
    assert income["values"] == [24, 24, None, None]
    # 10, 10, 24, 24: the upper two begin in the third fifth
    assert income["classes"] == "22ns"
    assert content_of(folder / "fictional-country.html")["zone_figures"]["income"]["classes"] == "22ns00"
