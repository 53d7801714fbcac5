"""What a page shows by data zone: the latest figure of every indicator, in fifths of Scotland, and the hot spots.

Missing, suppressed and not applicable stay three things, and none of them has a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from localities.publishing.explorer.content import short, shorts
from localities.wording.periods import period_in_words

if TYPE_CHECKING:
    import pandas as pd

_NO_FIGURE = {"suppressed": "s", "not_applicable": "n", "missing": "m"}
_FIFTHS, _MODELLED = "01234", "abcde"


class ZoneFigures:
    """Figures of all of Scotland's zones, ready to be cut by partnership.

    Parameters
    ----------
    observations
        Rows of the table ``observations`` of the indicators that are shown: ``indicator_id, area_code, area_type,
        period, period_end, value, status``. The latest period of each indicator counts. An indicator that is published
        for intermediate zones alone stands in every zone of each.
    zones
        ``zone_code, intermediate_zone_code``, in the order of the pages.
    poorer_is
        ``higher`` or ``lower``, by indicator.
    """

    def __init__(self, observations: pd.DataFrame, zones: pd.DataFrame, poorer_is: Mapping[str, str]) -> None:
        latest = observations.groupby("indicator_id", observed=True)["period_end"].transform("max")
        rows = observations[observations["period_end"] == latest]
        self.figures: dict[str, dict[str, Any]] = {}
        for indicator, group in rows.groupby("indicator_id", observed=True, sort=True):
            is_zone = group["area_type"] == "data_zone"
            own = group[is_zone] if is_zone.any() else group
            area = "data_zone" if is_zone.any() else "intermediate_zone"
            found = own.set_index("area_code").reindex(zones[area.replace("data_", "") + "_code"])
            values = found["value"].to_numpy(dtype=float)
            status = found["status"].astype(object).fillna("missing").to_numpy()
            values = np.where(np.isin(status, list(_NO_FIGURE)), np.nan, values)
            fifth = fifths(values, poorer_is[str(indicator)])
            is_modelled = status == "modelled"
            classes = np.array([_NO_FIGURE.get(one, "m") for one in status], dtype="U1")
            for signs, marked in ((_FIFTHS, ~is_modelled), (_MODELLED, is_modelled)):
                here = marked & (fifth >= 0)
                classes[here] = np.array(list(signs))[fifth[here]]
            self.figures[str(indicator)] = {
                "period": period_in_words(str(own["period"].iloc[0])),
                "area": area,
                "bounds": [_bounds(values[fifth == one]) for one in range(5)],
                "classes": classes,
                "values": values,
            }

    def of(self, rows: np.ndarray, *, with_values: bool = True) -> dict[str, dict[str, Any]]:
        """Return the figures of some zones, by indicator.

        Parameters
        ----------
        rows
            Which of the zones; true or false for each.
        with_values
            Whether the figures themselves are wanted; the fifths are there always.

        Returns
        -------
        dict
            ``period``; ``area``, the kind of area it was published for; ``bounds``, the lowest and highest figure of
            each fifth of Scotland's zones, the poorest last (none where ties leave a fifth empty); ``classes``, a sign
            for each zone: ``0`` to ``4`` (poorest) for its fifth, ``a`` to ``e`` where the figure is modelled from
            other zones, ``s`` suppressed, ``n`` not applicable, ``m`` missing; ``values``.
        """
        return {
            name: {key: one[key] for key in ("period", "area", "bounds")}
            | {"classes": "".join(one["classes"][rows])}
            | ({"values": shorts(one["values"][rows])} if with_values else {})
            for name, one in self.figures.items()
        }


def fifths(values: np.ndarray, poorer_is: str) -> np.ndarray:
    """Return the fifth that each figure is in, 0 to 4, the poorest being 4; -1 where there is none.

    Equal figures are in the same fifth, the better one.

    Examples
    --------
    >>> fifths(np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.nan]), "higher").tolist()
    [0, 1, 2, 3, 4, -1]
    >>> fifths(np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.nan]), "lower").tolist()
    [4, 3, 2, 1, 0, -1]
    """
    signed = values if poorer_is == "higher" else -values
    known = ~np.isnan(signed)
    found = np.full(len(signed), -1)
    if known.any():
        breaks = np.quantile(signed[known], [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
        found[known] = np.searchsorted(breaks, signed[known], side="left")
    return found


def _bounds(values: np.ndarray) -> list[Any] | None:
    return [short(float(values.min())), short(float(values.max()))] if len(values) else None


_OF_A_HOT_SPOT = (
    "hot_spot_name", "cpp_name", "rank", "population", "observed", "expected", "ratio", "people_in_need",
    "people_in_need_among", "people_in_need_period", "is_beyond_chance", "is_beyond_inequality", "p_inequality",
)  # fmt: skip


def hot_spots_of(spots: pd.DataFrame, members: pd.DataFrame, position: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the hot spots of some zones in order of partnership and rank, each with the places of its zones.

    Parameters
    ----------
    spots, members
        The tables ``hot_spots`` and ``hot_spot_zones``.
    position
        Place of each zone among those of the page, by code; hot spots elsewhere are left out.
    """
    placed = members.assign(at=members["zone_code"].map(position)).dropna(subset="at")
    zones: dict[str, Sequence[int]] = placed.astype({"at": int}).groupby("hot_spot_id")["at"].apply(sorted).to_dict()
    here = spots[spots["hot_spot_id"].isin(list(zones))].sort_values(["cpp_name", "rank"])
    rows = here[["hot_spot_id", *_OF_A_HOT_SPOT]].to_dict("records")
    return [
        {name: _plain(row[name]) for name in _OF_A_HOT_SPOT} | {"zones": list(zones[row["hot_spot_id"]])}
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return None if value is None or value != value else short(value)
