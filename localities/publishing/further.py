"""What workbooks and pages show beyond the layers of a GeoPackage: series over time, and similar places.

A GeoPackage is opened as a map and stays small; these are read beside one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from localities.publishing.layers import Layer

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NEEDED = ("trends", "peers")
"""Tables that are read, beside the estimates of every period; without them there is nothing further."""

_TREND = ("trend_direction", "annual_change_pct", "annual_change_lower_ci_pct", "annual_change_upper_ci_pct")

_SPAN = ("first_period", "last_period")

OF_TRENDS = ("locality_id", "indicator_id", "trend_status", *_SPAN, *_TREND)
"""Columns of ``trends`` that are looked at."""


class Further:
    """Layers without shapes for every partnership, ready to be cut.

    Parameters
    ----------
    tables
        ``trends``, ``peers``, ``candidate_localities``, ``indicators``, ``zones``, and ``series``: estimates of every
        period (``locality_id, indicator_id, period, value, lower_ci, upper_ci``).
    """

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        places = tables["candidate_localities"].select(["locality_id", "locality_name", "candidate_set", "cpp_code"])
        known = places.to_pandas().set_index("locality_id")
        areas = tables["zones"].select(["cpp_code", "cpp_name"]).to_pandas()
        areas = areas.drop_duplicates("cpp_code").set_index("cpp_code")
        titles = dict(
            zip(*(tables["indicators"][one].to_pylist() for one in ("indicator_id", "indicator_title")), strict=True)
        )
        self.layers = [
            (
                "Series",
                "One row per locality, indicator and period, for indicators with a trend: how each figure has moved.",
                *_by_partnership(_series(tables, known, titles)),
            ),
            (
                "Similar places",
                "One row per locality and similar place: the places most like it in settlement, ages and deprivation,"
                " nearest first, wherever in Scotland they are.",
                *_by_partnership(_peers(tables["peers"], known, areas)),
            ),
        ]

    def of(self, cpp_code: str) -> list[Layer]:
        """Return the layers of one partnership."""
        return [Layer(name, about, table.slice(*_span(codes, cpp_code))) for name, about, codes, table in self.layers]


def _span(codes: np.ndarray, cpp_code: str) -> tuple[int, int]:
    start, stop = np.searchsorted(codes, cpp_code, "left"), np.searchsorted(codes, cpp_code, "right")
    return int(start), int(stop - start)


def _by_partnership(frame: pd.DataFrame) -> tuple[np.ndarray, pa.Table]:
    import pyarrow as pa

    frame = frame.sort_values("cpp_code", kind="stable")
    codes = frame.pop("cpp_code").to_numpy(dtype=str)
    return codes, pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _series(tables: Mapping[str, pa.Table], known: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    trends = tables["trends"].select(list(OF_TRENDS)).to_pandas()
    trends = trends[trends["trend_status"] == "trend"].drop(columns="trend_status")
    series = tables["series"].to_pandas()
    # a trend belongs to the place and indicator, and stands at each of its periods
    frame = series.merge(trends, on=["locality_id", "indicator_id"])
    # figures beyond a break do not compare, and have no part in the trend
    frame = frame[(frame["period"] >= frame["first_period"]) & (frame["period"] <= frame["last_period"])]
    frame = frame.merge(known, left_on="locality_id", right_index=True)
    frame["indicator_title"] = frame["indicator_id"].map(titles)
    frame = frame.sort_values(["locality_id", "indicator_id", "period"], ignore_index=True)
    first = ["locality_name", "candidate_set", "indicator_title", "period", "value", "lower_ci", "upper_ci"]
    return frame[[*first, *_TREND, "locality_id", "indicator_id", "cpp_code"]]


def _peers(peers: pa.Table, known: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    frame = peers.to_pandas()
    frame = frame[(frame["matching"] == "with_deprivation") & frame["area_id"].isin(known.index)]
    frame = frame.drop(columns=["matching", "candidate_set"]).rename(columns={"area_id": "locality_id"})
    frame = frame.merge(known, left_on="locality_id", right_index=True)
    other = known.loc[frame["peer_id"], ["locality_name", "cpp_code"]]
    frame["peer_name"] = other["locality_name"].to_numpy()
    frame["peer_cpp_name"] = areas.loc[other["cpp_code"], "cpp_name"].to_numpy()
    frame = frame.sort_values(["locality_id", "peer_rank"], ignore_index=True)
    first = ["locality_name", "candidate_set", "peer_rank", "peer_name", "peer_cpp_name", "is_same_cpp", "distance"]
    last = ["settlement_distance", "age_distance", "deprivation_distance", "locality_id", "peer_id"]
    return frame[[*first, *last, "cpp_code"]]
