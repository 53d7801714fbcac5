"""Do values and chances shown on maps come true? The same figure's next edition, held against what was shown before.

A shrunken value is right if it foretells the next edition of the figure better than the figure itself does; a chance of
being among the worst fifth is right if of the places that have it as many are there next time. The next edition has
chance of its own and places do change, so that neither can be perfect: chances near 0 and 1 come true less often.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue, Indicator
from localities.evidence.findings import for_maps
from localities.evidence.panel import Floats, Panel, build_panel
from localities.evidence.sums import Places, values_of
from localities.evidence.weighing import sum_localities

CHANCES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
"""Bounds of the groups of chances."""

SHARED = 0.25
"""Share of an edition's days that it may have in common with the one before: three of four years are new."""

_WORST = 0.2


def next_edition_tables(
    observations: pd.DataFrame, catalogue: Catalogue, zone_codes: list[str], places: Places
) -> dict[str, pd.DataFrame]:
    """Return how what was shown of an earlier edition compares with the next one.

    Parameters
    ----------
    observations, catalogue
        Every period of every indicator; the latest is the next edition, the latest before it that shares no more than
        `SHARED` of its days and lies across no break is the earlier one. Outcomes for data zones that are tested.
    zone_codes
        Zones in the order of the places.
    places
        Localities of one candidate set.

    Returns
    -------
    dict
        ``next_values``: per indicator ``earlier, later, places``, the root mean square error of the later value, in
        units of its standard deviation over places, foretold by the earlier value (``as_published``) and by the
        shrunken one (``shrunken``), both moved by what Scotland's whole changed. ``next_chances``: per group of chances
        of the partnership's worst fifth ``from, to, places, mean_chance, came_true``, over indicators.
    """
    panel = build_panel(observations, catalogue, zone_codes).tested()
    pairs = _pairs(panel)
    if not pairs:
        return {}
    before, after = (panel.take(np.array([pair[side] for pair in pairs])) for side in (0, 1))
    before.series["is_headline_period"] = True
    first, last = (sum_localities((places, one)) for one in (before, after))
    shrunken, chance, _ = for_maps(first)
    value, later = (values_of(one.sums, one.indicators) for one in (first, last))
    rows, hits = [], []
    sets = places.cpp
    for column, one in enumerate(before.indicators):
        known = np.isfinite(value[:, column]) & np.isfinite(later[:, column]) & np.isfinite(shrunken[:, column])
        if known.sum() < 10:
            continue
        people = first.sums.denominator[known, column]
        x, y, z = value[known, column], later[known, column], shrunken[known, column]
        drift = np.average(y, weights=people) - np.average(x, weights=people)
        spread = float(np.std(y)) or 1.0
        rows.append(
            {
                "indicator_id": one.id,
                "earlier": before.series["period"].iloc[column],
                "later": after.series["period"].iloc[column],
                "places": int(known.sum()),
                "as_published": float(np.sqrt(np.mean((y - x - drift) ** 2))) / spread,
                "shrunken": float(np.sqrt(np.mean((y - z - drift) ** 2))) / spread,
            }
        )
        judged = known & np.isfinite(chance[:, column])
        hits.append(
            pd.DataFrame(
                {"chance": chance[judged, column], "came_true": _in_worst(later[:, column], judged, sets, one)[judged]}
            )
        )
    every = pd.concat(hits, ignore_index=True)
    group = pd.cut(every["chance"], CHANCES, include_lowest=True, labels=False)
    chances = every.groupby(group).agg(places=("chance", "size"), mean_chance=("chance", "mean"),
                                       came_true=("came_true", "mean")).reset_index(names="group")  # fmt: skip
    chances["from"], chances["to"] = (np.array(CHANCES)[chances["group"] + step] for step in (0, 1))
    return {"next_values": pd.DataFrame(rows), "next_chances": chances.drop(columns="group")}


def _pairs(panel: Panel) -> list[tuple[int, int]]:
    """Return the columns of the earlier and the next edition of each outcome that has both."""
    found = []
    series = panel.series.reset_index(drop=True)
    for _, rows in series.sort_values("period_end").groupby("indicator_id", observed=True):
        one = panel.indicators[rows.index[-1]]
        last = rows.iloc[-1]
        days = (last["period_end"] - last["period_start"]).days + 1
        for column in rows.index[-2::-1]:
            shared = (rows.at[column, "period_end"] - last["period_start"]).days + 1
            broken = any(rows.at[column, "period_end"].date() < day <= last["period_end"].date() for day in one.breaks)
            if one.role == "outcome" and shared <= SHARED * days + 1 and not broken:
                found.append((int(column), int(rows.index[-1])))
                break
    return found


def _in_worst(values: Floats, judged: NDArray[np.bool_], cpp: NDArray[np.intp], one: Indicator) -> NDArray[np.bool_]:
    """Return which places are among the worst fifth of their partnership, as far as a fifth of a number goes."""
    frame = pd.DataFrame({"value": np.where(judged, values, np.nan), "cpp": cpp})
    rank = frame.groupby("cpp")["value"].rank(ascending=one.poorer_is == "lower", method="first")
    count = frame.groupby("cpp")["value"].transform("count")
    return (rank <= np.maximum(np.round(_WORST * count), 1.0)).to_numpy()
