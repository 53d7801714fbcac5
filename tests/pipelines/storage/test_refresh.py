"""What is recomputed, and why: each cause alone, and everything downstream of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indicators.errors import ConfigError
from pipelines.storage.refresh import Node, plan_refresh, same_configuration
from pipelines.storage.store import Manifest

GRAPH = {
    "zones": Node(sources=("boundaries",)),
    "drawn": Node(inputs=("zones",), settings=("limit", "sets"), together=("members",)),
    "members": Node(inputs=("zones",), settings=("limit", "sets"), together=("drawn",)),
    "sums": Node(inputs=("members",)),
    "figures": Node(sources=("census",), settings=("alpha",)),
}
BUILT = {
    "zones": Manifest("zones", "z1", 1, sources={"boundaries": "b"}, code_version="1"),
    "drawn": Manifest(
        "drawn", "d1", 1, inputs={"zones": "z1"}, code_version="1", configuration={"limit": 9, "sets": ["a", "b"]}
    ),
    "members": Manifest(
        "members", "m1", 1, inputs={"zones": "z1"}, code_version="1", configuration={"limit": 9, "sets": ["a", "b"]}
    ),
    "sums": Manifest("sums", "s1", 1, inputs={"members": "m1"}, code_version="1"),
    "figures": Manifest("figures", "f1", 1, sources={"census": "c"}, code_version="1", configuration={"alpha": 0.05}),
}
SOURCES = {"boundaries": "b", "census": "c"}
CODE = dict.fromkeys(GRAPH, "1")
SETTINGS = {"limit": 9, "sets": ("a", "b"), "alpha": 0.05, "read_by_nobody": 1}


def plan(graph=GRAPH, built=BUILT, sources=SOURCES, code=CODE, settings=SETTINGS):
    return plan_refresh(graph, built, sources, code, settings)


def test_nothing_is_planned_where_nothing_changed():
    found = plan()
    assert found.is_empty
    assert found.planned == ()
    assert set(found.unchanged) == set(GRAPH)


def test_everything_is_planned_where_nothing_was_computed():
    found = plan(built={})
    assert set(found.tables) == set(GRAPH)
    assert not found.is_empty
    assert found.unchanged == ()
    assert found.why()["figures"] == ("never computed",)
    assert found.tables.index("zones") < found.tables.index("drawn")
    assert found.tables.index("members") < found.tables.index("sums")


def test_a_source_moves_what_reads_it_and_all_that_follows():
    found = plan(sources=SOURCES | {"boundaries": "b2"})
    assert found.why()["zones"] == ("source boundaries changed",)
    assert found.why()["drawn"] == ("zones is recomputed",)
    assert found.why()["sums"] == ("members is recomputed",)
    assert found.unchanged == ("figures",)


def test_sources_that_come_and_go():
    graph = GRAPH | {"figures": replace(GRAPH["figures"], sources=("survey",))}
    found = plan(graph=graph, sources=SOURCES | {"survey": "s"})
    assert found.why() == {"figures": ("source survey is new", "source census is no longer read")}
    with pytest.raises(ConfigError, match="survey") as failure:
        plan(graph=graph)
    assert "figures" in str(failure.value)


def test_code_moves_its_own_table_and_all_that_follows():
    found = plan(code=CODE | {"members": "2"})
    assert found.why()["members"] == ("the code changed",)
    assert found.why()["drawn"] == ("computed together with members",)
    assert found.why()["sums"] == ("members is recomputed",)
    assert set(found.unchanged) == {"zones", "figures"}


def test_a_table_whose_code_has_no_version_is_as_it_was():
    built = BUILT | {"figures": replace(BUILT["figures"], code_version="")}
    assert plan(built=built, code={name: "1" for name in GRAPH if name != "figures"}).is_empty


def test_settings_move_only_the_tables_that_name_them():
    assert plan(settings=SETTINGS | {"alpha": 0.01}).why() == {"figures": ("settings changed: alpha",)}
    assert plan(settings=SETTINGS | {"read_by_nobody": 2}).is_empty
    both = plan(settings=SETTINGS | {"limit": 8, "sets": ("a",)})
    assert both.why()["drawn"] == ("settings changed: limit, sets",)
    assert "zones" in both.unchanged


def test_a_newer_version_of_an_input_moves_what_was_computed_from_the_older():
    built = BUILT | {"members": replace(BUILT["members"], version="m2")}
    assert plan(built=built).why() == {"sums": ("members has a newer version",)}


def test_a_sibling_drawn_in_late_takes_its_followers_with_it():
    """`early` comes first in the order, and is planned only because `late`, computed with it, has another version."""
    graph = {
        "early": Node(together=("late",)),
        "follower": Node(inputs=("early",)),
        "late": Node(sources=("file",), together=("early",)),
    }
    built = {
        "early": Manifest("early", "1", 1),
        "follower": Manifest("follower", "1", 1, inputs={"early": "1"}),
        "late": Manifest("late", "1", 1, sources={"file": "a"}),
    }
    found = plan(graph, built, {"file": "b"}, dict.fromkeys(graph, ""), {})
    assert found.why() == {
        "early": ("computed together with late",),
        "follower": ("early is recomputed",),
        "late": ("source file changed",),
    }


def test_a_table_that_lost_a_part_is_listed_anew():
    graph = {"figures/wards": Node(), "figures": Node(inputs=("figures/wards",)), "sums": Node(inputs=("figures",))}
    built = {
        "figures/wards": Manifest("figures/wards", "1", 1),
        "figures": Manifest("figures", "2", 2, inputs={"figures/own_mine": "1", "figures/wards": "1"}),
        "sums": Manifest("sums", "1", 1, inputs={"figures": "2"}),
    }
    found = plan(graph, built, {}, dict.fromkeys(graph, ""), {})
    assert found.why() == {
        "figures": ("figures/own_mine is no longer part of it",),
        "sums": ("figures is recomputed",),
    }


def test_a_graph_that_cannot_be_ordered_is_refused():
    with pytest.raises(ConfigError, match="does not hold") as failure:
        plan(graph={"zones": Node(inputs=("nowhere",))})
    assert "nowhere" in str(failure.value)
    with pytest.raises(ConfigError, match="cycle") as failure:
        plan(graph={"a": Node(inputs=("b",)), "b": Node(inputs=("a",))})
    assert "a -> b" in str(failure.value) or "b -> a" in str(failure.value)


def test_settings_are_compared_as_json_gives_them_back():
    def same(before: object, now: object) -> bool:
        return same_configuration(["one"], {"one": before, "other": 1}, {"one": now, "other": 2})

    assert same(["a", "b"], ("a", "b"))
    assert not same(["a", "b"], ("b", "a"))
    assert not same(["a", "b"], ("a", "c"))
    assert same({"1": ["x"]}, {1: ("x",)})
    assert not same({"1": ["x"]}, {1: ("y",)})
    assert not same({"1": ["x"]}, {2: ("x",)})
    assert same("ab", "ab")
    assert not same("ab", ["a", "b"])
    assert not same("ab", "ac")
    assert same_configuration(["gone"], {}, {})
    assert not same_configuration(["one", "other"], {"one": 1, "other": 1}, {"one": 1, "other": 2})


def test_a_table_of_another_format_is_said_to_be_one_and_moves_what_follows():
    built = {table: one for table, one in BUILT.items() if table != "members"}
    found = plan_refresh(GRAPH, built, SOURCES, CODE, SETTINGS, other_formats={"members", "zones"})
    assert found.why()["members"] == ("kept in another format of the store",)
    assert "members is recomputed" in found.why()["sums"]
    # what has a manifest is of this format
    assert "zones" not in found.tables
    moved = plan_refresh(GRAPH, BUILT, SOURCES | {"boundaries": "b2"}, CODE, SETTINGS, other_formats={"zones"})
    assert moved.why()["zones"] == ("source boundaries changed",)
