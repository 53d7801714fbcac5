"""An index of one domain: its indicators taken together zone by zone, for description.

A share or a ratio of one zone carries the chance variation of a few hundred people; the mean of several, in standard
deviations from Scotland's, varies less between zones that are alike. Members weigh by their reliability: the share of
the variance between zones that is more than chance. It never replaces the counts of its members, which are tested and
vote themselves.

What a declaration says under ``columns``:

``of``
    Ids of the indicators that it is made of.

The latest period of each member is used. Not here: how places are held against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Catalogue, Indicator, load_catalogue
from indicators.errors import ConfigError
from indicators.schema.vocabulary import STATUSES


def read(files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return the observations of indices, with their members read anew from the publishers' files.

    Raises
    ------
    ConfigError
        If a member is not declared; and as the members' readers.
    """
    from indicators.readers import editions_of, reader_named

    catalogue = load_catalogue()
    members = {one.id: one for index in indicators for one in members_of(index, catalogue)}
    frames = [reader_named(one.reader)(files, editions_of(one)[:1]) for one in members.values()]
    return derive(pd.concat(frames, ignore_index=True), indicators, catalogue)


def members_of(indicator: Indicator, catalogue: Catalogue) -> tuple[Indicator, ...]:
    """Return the indicators that an index is made of.

    Raises
    ------
    ConfigError
        If there are fewer than two, or one is not declared.
    """
    listed = indicator.columns.get("of")
    names = [str(one) for one in listed] if isinstance(listed, list | tuple) else []
    wrong = [name for name in names if name not in catalogue]
    if len(names) < 2 or wrong:
        raise ConfigError(
            "An index is not made of declared indicators",
            where=f"{indicator.id}.yaml",
            column="columns, of",
            codes=wrong or None,
            expected="the ids of two or more declared indicators",
            found=", ".join(names) or "none",
            remedy="correct the ids",
        )
    return tuple(catalogue[name] for name in names)


def derive(observations: pd.DataFrame, indicators: Sequence[Indicator], catalogue: Catalogue) -> pd.DataFrame:
    """Return the observations of indices, computed from those of their members.

    One row per index and area. With x a member's value, w the people that it concerns, and sums over all areas of the
    country: z = ± (x − Σwx / Σw) / sd, sd² = Σw (x − mean)² / Σw, with the sign that makes higher poorer. The value is
    the mean of z over the members that the area has, at least half of them, weighted by reliability; the denominator
    the mean of their w. An area with fewer has no value, and the status of most of the members that it lacks.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from indicators.catalogue import load_catalogue
    >>> catalogue = load_catalogue()
    >>> index = replace(catalogue["health_index"], columns={"of": ["simd_smr", "simd_cif"]})
    >>> rows = pd.DataFrame({"indicator_id": ["simd_smr"] * 2 + ["simd_cif"] * 2, "area_code": ["a", "b"] * 2,
    ...     "area_type": "data_zone", "vintage": "2011", "period": "2017", "status": "observed", "source_id": "s",
    ...     "period_start": pd.Timestamp("2017-01-01"), "period_end": pd.Timestamp("2017-12-31"),
    ...     "numerator": np.nan, "denominator": 100.0, "value": [120.0, 80.0, 110.0, 90.0]})
    >>> derive(rows, [index], catalogue)["value"].tolist()
    [1.0, -1.0]
    """
    frames = [_index(observations, one, members_of(one, catalogue)) for one in indicators]
    texts = ("indicator_id", "area_code", "area_type", "vintage", "period", "status", "source_id")
    return pd.concat(frames, ignore_index=True).astype(dict.fromkeys(texts, "category"))


def _index(observations: pd.DataFrame, index: Indicator, members: Sequence[Indicator]) -> pd.DataFrame:
    parts = [_latest(observations, one) for one in members]
    areas = np.unique(np.concatenate([part["area_code"].astype("object").to_numpy() for part in parts]))
    shape = (len(areas), len(members))
    z, w = np.full(shape, np.nan), np.full(shape, np.nan)
    reliability = np.ones(len(members))
    state = np.full(shape, STATUSES.index("missing"))
    for column, (one, part) in enumerate(zip(members, parts, strict=True)):
        at = pd.Index(areas).get_indexer(pd.Index(part["area_code"].astype("object")))
        value, weight = part["value"].to_numpy(dtype="float64"), part["denominator"].to_numpy(dtype="float64")
        state[at, column] = pd.Categorical(part["status"].astype("object"), categories=list(STATUSES)).codes
        has = np.isfinite(value) & (weight > 0)
        if not has.any():
            continue
        x, people = value[has], weight[has]
        mean = np.average(x, weights=people)
        spread = np.sqrt(np.average((x - mean) ** 2, weights=people))
        if spread > 0:
            sign = 1.0 if one.poorer_is == "higher" else -1.0
            z[at[has], column], w[at[has], column] = sign * (x - mean) / spread, people
            noise = np.average(_sampling_variance(one, x, people), weights=people)
            reliability[column] = np.clip(1 - noise / spread**2, LEAST_RELIABILITY, 1.0)
    has = np.isfinite(z)
    count = has.sum(axis=1)
    enough = 2 * count >= len(members)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(enough, np.nansum(z * reliability, axis=1) / (has @ reliability), np.nan)
        people = np.where(count > 0, np.nansum(w, axis=1) / count, np.nan)
    # what is said most often among the members that an area lacks
    lacking = np.stack([((state == code) & ~has).sum(axis=1) for code in range(len(STATUSES))], axis=1)
    lacking[:, STATUSES.index("observed")] = 0
    statuses = np.where(enough, "observed", np.array(STATUSES, dtype=object)[lacking.argmax(axis=1)])
    start = min(part["period_start"].min() for part in parts)
    end = max(part["period_end"].max() for part in parts)
    first = parts[0].iloc[0]
    return pd.DataFrame(
        {
            "indicator_id": index.id,
            "area_code": areas,
            "area_type": str(first["area_type"]),
            "vintage": str(first["vintage"]),
            "period_start": start,
            "period_end": end,
            "period": f"{start.year}-{end.year}",
            "numerator": np.nan,
            "denominator": people,
            "value": value,
            "status": statuses,
            "source_id": index.source,
        }
    )


LEAST_RELIABILITY = 0.05
"""A member whose zones differ by no more than chance still counts a little."""


def _sampling_variance(one: Indicator, value: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return the variance of each area's value by chance alone; 0 where the people behind a mean are not known."""
    if one.kind == "mean":
        return (one.sd_between_people or 0.0) ** 2 / people
    level = value / one.multiplier
    left = np.maximum(1 - level, 0.0) if one.kind == "proportion" else 1.0
    return one.multiplier**2 * level * left * one.dispersion / people


def _latest(observations: pd.DataFrame, one: Indicator) -> pd.DataFrame:
    of_zones = observations[(observations["indicator_id"] == one.id) & (observations["area_type"] == "data_zone")]
    if of_zones.empty:
        raise ConfigError(
            "A member of an index has no figures",
            where=f"{one.id}.yaml",
            expected="figures by data zone",
            found="none",
            remedy="take it out of the index, or mend its declaration",
        )
    return of_zones[of_zones["period_end"] == of_zones["period_end"].max()]
