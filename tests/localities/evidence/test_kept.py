"""What is kept of comparisons comes back as it was, or is made again."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from localities.evidence.kept import Kept

SETS = np.array(["wards", "zones", "wards"], dtype=object)


def made(rows=slice(None)) -> dict[str, np.ndarray]:
    """Return arrays of three places and two series, of which one has no method."""
    method = np.array([["Wilson", None], [None, None], ["Byar", "Wilson"]], dtype=object)
    return {"method": method[rows], "p_value": np.array([[0.1, np.nan], [0.2, 0.3], [0.4, 0.5]])[rows]}


def never(rows) -> dict[str, np.ndarray]:
    raise AssertionError("made again although it was kept")


def test_what_was_kept_comes_back_with_what_is_missing_in_the_order_of_places(tmp_path):
    keep = Kept(tmp_path, {"wards": "one", "zones": "one"}).of(SETS)
    keep("cpp", made)
    again = keep("cpp", never)
    for name, array in made().items():
        assert_array_equal(again[name], array)


def test_a_set_that_joins_others_is_made_alone_and_only_what_is_wanted_is_read(tmp_path):
    Kept(tmp_path, {"wards": "one"}).of(SETS[[0, 2]])("cpp", lambda rows: made([0, 2]))
    asked = []
    both = Kept(tmp_path, {"wards": "one", "zones": "one"}).of(SETS)
    found = both("cpp", lambda rows: asked.append(rows.tolist()) or made(rows), ["p_value"])
    assert asked == [[1]]
    assert list(found) == ["p_value"]
    assert_array_equal(found["p_value"], made()["p_value"])
    # nothing of that name was kept: of all sets it is made
    assert_array_equal(both("cpp", lambda rows: {"depth": np.arange(3.0)[rows]}, ["depth"])["depth"], [0, 1, 2])


def test_what_is_damaged_is_made_again(tmp_path):
    keep = Kept(tmp_path, {"wards": "one", "zones": "one"}).of(SETS)
    keep("cpp", made)
    for content in (b"", b"no archive", (tmp_path / "zones" / "one-cpp.npz").read_bytes()[:80]):
        (tmp_path / "zones" / "one-cpp.npz").write_bytes(content)
        assert_array_equal(keep("cpp", made)["p_value"], made()["p_value"])
        assert_array_equal(keep("cpp", never)["p_value"], made()["p_value"])


def test_something_else_behind_a_set_makes_it_again_and_leaves_nothing_of_before(tmp_path):
    Kept(tmp_path, {"wards": "one", "zones": "one"}).of(SETS)("cpp", made)
    Kept(tmp_path, {"wards": "two", "zones": "one"}).of(SETS)("cpp", made)
    assert sorted(path.name for path in tmp_path.rglob("*.npz")) == ["one-cpp.npz", "two-cpp.npz"]
