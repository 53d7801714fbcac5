"""What an edited drawing changes: which zones, whose residents, which names and verdicts."""

from __future__ import annotations

import pandas as pd

from localities.choosing.edited_drawing import edits_of, moved_verdicts

ZONES = pd.DataFrame({"zone_code": list("abcd"), "zone_name": ["A1", "B1", "C1", "D1"], "population": [10, 20, 30, 40]})


def drawn(prefix: str, **communities: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [(f"{prefix}:{name}", zone, 1.0) for name, zones in communities.items() for zone in zones]
    members = pd.DataFrame(rows, columns=["locality_id", "zone_code", "weight"])
    ids = [f"{prefix}:{name}" for name in communities]
    return pd.DataFrame({"locality_id": ids, "locality_name": list(communities)}), members


def test_moved_zones_carry_their_residents_and_the_reason():
    reasons = pd.Series({"b": "One school", "c": ""})
    edits = edits_of(drawn("n", North="ab", South="cd"), drawn("own", North="a", Southside="bcd"), ZONES, reasons)
    assert edits.moved[
        ["zone_name", "community_before", "community_after", "population", "reason"]
    ].to_numpy().tolist() == [["B1", "North", "Southside", 20, "One school"]]
    assert (edits.residents_moved, edits.residents) == (20, 100)
    assert edits.renamed.to_numpy().tolist() == [["South", "Southside", 70]]


def test_a_zone_left_out_moves_to_none():
    edits = edits_of(
        drawn("n", North="ab", South="cd"), drawn("own", North="ab", South="c"), ZONES, pd.Series(dtype=str)
    )
    assert edits.moved["zone_code"].tolist() == ["d"]
    assert edits.moved["community_after"].isna().all()


def test_verdicts_move_by_community_and_new_ones_have_no_former():
    before, after = drawn("n", North="ab", South="cd"), drawn("own", North="a", South="cd", East="b")
    edits = edits_of(before, after, ZONES, pd.Series(dtype=str))
    moved = moved_verdicts(
        edits,
        before[0].assign(verdict=["no_evidence", "some_evidence"]),
        after[0].assign(verdict=["no_evidence", "strong_evidence", "some_evidence"]),
    )
    # North stands for b, the larger part of it: the rest is new
    assert moved.fillna("none").to_numpy().tolist() == [
        ["North", "no_evidence", "East", "some_evidence"],
        ["South", "some_evidence", "South", "strong_evidence"],
        ["none", "none", "North", "no_evidence"],
    ]
