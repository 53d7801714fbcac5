"""`localities licences`: everything that is shipped or run is listed with its terms."""

from __future__ import annotations

from pipelines.sources.declarations import load_sources


def test_every_source_library_and_package_is_listed_with_a_licence(localities):
    rows = localities("licences", "--json").json
    by_kind: dict[str, set[str]] = {}
    for row in rows:
        assert row["licence"], row["what"]
        by_kind.setdefault(row["inside"], set()).add(row["what"])
    assert {one.title for one in load_sources().values()} <= by_kind["data"]
    assert any(what.startswith("Vega") for what in by_kind["explorer"])
    assert by_kind["document"] == {"Source Sans Pro"}
    assert any(what.startswith("pandas ") for what in by_kind["installation"])


def test_notices_have_copyright_and_text(localities):
    said = localities("licences", "--notices").out
    assert "Copyright 2012-2019 Michael Bostock" in said
    assert "THE SOFTWARE IS PROVIDED" in said
