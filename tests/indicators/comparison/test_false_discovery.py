"""False discovery rates: the published example, families, and what is not tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.comparison.false_discovery import benjamini_hochberg

# Benjamini and Hochberg (1995), p. 295: fifteen comparisons of two treatments of heart attacks.
HEART = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_the_example_of_benjamini_and_hochberg():
    q = benjamini_hochberg(HEART)
    assert (q <= 0.05).sum() == 4  # as they found, where Bonferroni rejects three
    assert q[3] == pytest.approx(0.0095 * 15 / 4)
    # the fifth: 0.0201 · 15/5 = 0.0603, below 0.0298 · 15/7 = 0.0639 and 0.0344 · 15/8 = 0.0645
    assert q[4] == pytest.approx(0.0603)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_agrees_with_scipy(p):
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), atol=1e-12)


def test_what_is_not_tested_counts_for_nobody():
    q = benjamini_hochberg([0.01, np.nan, 0.04, np.nan])
    np.testing.assert_allclose(q, [0.02, np.nan, 0.04, np.nan])
    assert np.isnan(benjamini_hochberg([np.nan, np.nan])).all()


def test_each_family_is_corrected_alone():
    p = np.array([0.01, 0.02, 0.03, 0.5, np.nan, 0.04])
    families = pd.DataFrame(
        {
            "candidate_set": ["wards", "wards", "wards", "drawn", "drawn", "drawn"],
            "comparator": ["cpp", "cpp", "scotland", "cpp", "cpp", "cpp"],
        }
    )
    # wards × cpp: 0.01 and 0.02, both 0.02; wards × scotland: alone; drawn × cpp: 0.5 and 0.04, so 0.5 and 0.08
    np.testing.assert_allclose(benjamini_hochberg(p, families), [0.02, 0.02, 0.03, 0.5, np.nan, 0.08])


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 2)), min_size=1, max_size=30), st.randoms())
@settings(max_examples=40, deadline=None)
def test_order_and_names_of_families_do_not_matter(rows, random):
    p, family = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    q = benjamini_hochberg(p, family)
    order = list(range(len(rows)))
    random.shuffle(order)
    np.testing.assert_array_equal(benjamini_hochberg(p[order], family[order]), q[order])
    np.testing.assert_array_equal(benjamini_hochberg(p, np.array(["c", "a", "b"])[family]), q)
    assert (q >= p - 1e-15).all()


def test_a_p_value_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([0.1, 1.2])
    with pytest.raises(ValueError, match="2 p values"):
        benjamini_hochberg([0.1, 0.2], families=["one"])
