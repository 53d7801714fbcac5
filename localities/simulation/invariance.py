"""What must not matter does not: order and names, the name of a direction, and how finely a place is cut into zones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from localities.evidence.findings import Assessment, assess
from localities.evidence.panel import Panel
from localities.evidence.sums import Places
from localities.evidence.weighing import sum_localities
from localities.settings import Settings

TOLERANCE = 1e-7
"""Largest difference of two p values that are the same but for the order in which sums were taken."""

_ARRAYS = ("numerator", "denominator", "value", "numerator_low", "numerator_high", "state", "summable")


def shuffled(places: Places, panel: Panel, rng: np.random.Generator) -> tuple[Places, Panel, NDArray[np.intp]]:
    """Return the same places and figures with zones, localities and partnerships in another order, and the order."""
    zones, localities = rng.permutation(len(places.population)), rng.permutation(len(places.cpp))
    cpps = rng.permutation(len(places.cpp_codes))
    rank = np.argsort(cpps)
    moved = Places(
        locality_id=np.array([f"place {number}" for number in range(len(localities))], dtype=object),
        candidate_set=places.candidate_set[localities],
        members=sparse.csr_array(sparse.csr_array(places.members[localities])[:, zones]),
        cpp=rank[places.cpp[localities]],
        zone_cpp=rank[places.zone_cpp[zones]],
        cpp_codes=places.cpp_codes[cpps],
        population=places.population[zones],
        drawn_from=tuple(places.drawn_from[number] for number in localities),
    )
    arrays = {name: getattr(panel, name)[zones] for name in _ARRAYS}
    parent = panel.parent[zones] if len(panel.parent) else panel.parent
    return moved, Panel(panel.zone_codes[zones], panel.series, panel.indicators, **arrays, parent=parent), localities


def turned(panel: Panel) -> Panel:
    """Return the panel with the direction of every indicator turned round."""
    return replace(
        panel,
        indicators=tuple(
            replace(one, poorer_is="lower" if one.poorer_is == "higher" else "higher") for one in panel.indicators
        ),
    )


def split_zone(places: Places, panel: Panel, zone: int) -> tuple[Places, Panel]:
    """Return the same country with one zone cut in two: counts and residents divided, values and membership the same.

    The first half of every count is rounded up, so that both halves stay whole.
    """
    members, exact = (
        None if one is None else sparse.csr_array(sparse.hstack([one, one[:, [zone]]]))
        for one in (places.members, places.exact)
    )
    residents = np.append(places.population, np.floor(places.population[zone] / 2))
    residents[zone] = np.ceil(places.population[zone] / 2)
    arrays = {}
    for name in _ARRAYS:
        array = getattr(panel, name)
        again = array[[zone]].copy()
        whole = np.vstack([array, again])
        if name not in ("value", "state", "summable"):
            is_mean = np.array([one.kind == "mean" for one in panel.indicators])
            first = np.where(is_mean | (again != np.rint(again)), again / 2, np.ceil(again / 2))
            whole[zone], whole[-1] = first[0], (again - first)[0]
        arrays[name] = whole
    cut = replace(
        places,
        members=members,
        exact=exact,
        zone_cpp=np.append(places.zone_cpp, places.zone_cpp[zone]),
        population=residents,
    )
    codes = np.append(panel.zone_codes, np.array(["second half"], dtype=object))
    parent = np.append(panel.parent, panel.parent[[zone]]) if len(panel.parent) else panel.parent
    return cut, Panel(codes, panel.series, panel.indicators, **arrays, parent=parent)


def invariance_table(places: Places, panel: Panel, settings: Settings, *, seed: int) -> pd.DataFrame:
    """Return what was compared and how much of it differs, one row per check.

    Columns: ``check, compared`` (findings of both comparators)``, differing, largest_difference`` (of p values, or of
    the effective number of zones in the check of means)``, expected``.

    Notes
    -----
    A zone is cut in the partnership with the fewest zones, where one zone weighs most.
    """
    rng = np.random.default_rng([seed, 303])
    before = assess(sum_localities((places, panel)), settings)
    moved, moved_panel, order = shuffled(places, panel, rng)
    again = assess(sum_localities((moved, moved_panel)), settings)
    rows = [
        _row("other order and names of zones, localities and partnerships: grades", before, again,
             lambda one: one.grades.grade[order], lambda one: one.grades.grade, "none differ"),
        _row("the same: p values", before, again, lambda one: one.evidence.comparison["p_value"][order],
             lambda one: one.evidence.comparison["p_value"], "none differ"),
    ]  # fmt: skip
    other = assess(sum_localities((places, turned(panel))), settings)
    rows += [
        _row("every direction turned: p toward poorer becomes p toward better", before, other,
             lambda one: one.evidence.comparison["p_better"], lambda one: one.evidence.comparison["p_value"],
             "none differ"),
        _row("every direction turned: the interval of the difference", before, other,
             lambda one: one.evidence.comparison["difference_lower"],
             lambda one: one.evidence.comparison["difference_lower"], "none differ"),
    ]  # fmt: skip
    sizes = np.bincount(places.zone_cpp)
    zone = int(np.flatnonzero((places.zone_cpp == sizes.argmin()) & panel.is_usable.all(axis=1) &
                              ~panel.is_imputed.any(axis=1))[0])  # fmt: skip
    cut = assess(sum_localities(split_zone(places, panel, zone)), settings)
    counts = panel.of_kind("proportion", "rate", "standardised_rate", "standardised_ratio")
    means = panel.of_kind("mean")
    rows += [
        _row("a zone cut in two: p values of counts", before, cut,
             lambda one: one.evidence.comparison["p_value"][:, counts],
             lambda one: one.evidence.comparison["p_value"][:, counts], "none differ"),
        _row("a zone cut in two: values of means", before, cut,
             lambda one: one.evidence.comparison["value"][:, means],
             lambda one: one.evidence.comparison["value"][:, means], "none differ"),
        _row("a zone cut in two: p values of means", before, cut,
             lambda one: one.evidence.comparison["p_value"][:, means],
             lambda one: one.evidence.comparison["p_value"][:, means], "none differ"),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _row(
    check: str,
    before: list[Assessment],
    after: list[Assessment],
    old: Callable[[Assessment], NDArray],
    new: Callable[[Assessment], NDArray],
    expected: str,
) -> dict[str, object]:
    first = np.concatenate([np.asarray(old(one), dtype=float).ravel() for one in before])
    second = np.concatenate([np.asarray(new(one), dtype=float).ravel() for one in after])
    with np.errstate(invalid="ignore"):
        gap = np.abs(first - second)
    gap = np.where((np.isnan(first) & np.isnan(second)) | (first == second), 0.0, gap)
    scale = np.maximum(1.0, np.abs(np.nan_to_num(first, posinf=0.0, neginf=0.0)))
    differing = ~(gap <= TOLERANCE * scale)
    return {
        "check": check,
        "compared": len(gap),
        "differing": int(differing.sum()),
        "largest_difference": float(np.nanmax(gap, initial=0.0)),
        "expected": expected,
    }
