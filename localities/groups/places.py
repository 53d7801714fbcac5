"""The table ``group_places``: where groups of people live, in each council and in Scotland.

A plan for places reaches a group as far as it lives in them. Of every group that is counted by zone (indicators of role
``population`` that are shares) it is said how many there are, how gathered they live, and how many live in the most
income-deprived fifth and in the flagged localities of the proposed drawing. None of it says that a group is poorer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.inequality.ridits import fifths
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from localities.evidence.panel import Floats
from localities.groups.findings import SCOTLAND
from localities.settings import Settings

_FIFTH = 0.2


def build_group_places(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame,
    membership: pd.DataFrame,
    verdicts: pd.DataFrame,
    reach: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the table ``group_places``: one row per group (indicator of a population) and area, latest period.

    Parameters
    ----------
    observations, zones, membership, verdicts, reach
        Tables of the same names.
    catalogue
        The declared indicators.
    settings
        ``need_indicator`` ranks zones by income deprivation; ``minimum_coverage`` is the share of an area's residents
        in zones with a figure below which it has none.
    """
    wanted = [one.id for one in catalogue if one.role == "population" and one.kind == "proportion"]
    frame = observations[observations["indicator_id"].isin([*wanted, settings.need_indicator])]
    frame = frame[frame["area_type"] == "data_zone"]
    at = pd.Index(zones["zone_code"])
    areas = frame["area_code"].astype("category").cat
    frame = frame.assign(zone=at.get_indexer(pd.Index(areas.categories))[areas.codes])
    by_indicator = {
        str(name): rows[rows["period_end"] == rows["period_end"].max()]
        for name, rows in frame.groupby("indicator_id", observed=True)
    }
    codes, cpps = pd.factorize(zones["cpp_code"], sort=True)
    people = zones["population"].to_numpy(dtype="float64")
    figures = {name: _figures(rows, len(at)) for name, rows in by_indicator.items()}
    nothing = np.full(len(at), np.nan)
    deprived, among = figures.get(settings.need_indicator, (nothing, nothing))
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = deprived / among
    flagged = {answer: _flagged(zones, membership, verdicts, reach, answer) for answer in ("scotland", "cpp")}
    names = zones.drop_duplicates("cpp_code").set_index("cpp_code")["cpp_name"]
    areas = (
        (codes.astype(np.intp), list(cpps), [str(names[one]) for one in cpps]),
        (np.zeros(len(zones), dtype=np.intp), [SCOTLAND[0]], [SCOTLAND[1]]),
    )
    parts = []
    for group, area_codes, area_names in areas:
        most_deprived = fifths(rate, people, group) == 5
        for name in (one for one in wanted if one in figures):
            measures = _measures(*figures[name], people, group, len(area_codes), most_deprived, flagged)
            covered = measures.pop("covered")
            part = pd.DataFrame({**measures, "area_code": area_codes, "area_name": area_names})
            enough = covered >= settings.minimum_coverage
            numbers = [one for one in measures if one != "zones_with_figures"]
            part[numbers] = part[numbers].where(enough & (part["numerator"] > 0))
            too_few = f"zones with a figure hold less than {settings.minimum_coverage:.0%} of its residents"
            part["reason"] = np.where(~enough, too_few, np.where(part["numerator"].isna(), "nobody of the group", ""))
            parts.append(part.assign(indicator_id=name, period=str(by_indicator[name]["period"].iloc[0])))
    columns = list(TABLES["group_places"].columns)
    table = pd.concat([*parts, pd.DataFrame(columns=columns)], ignore_index=True)[columns]
    table["reason"] = table["reason"].replace("", None)
    return coerce("group_places", table.sort_values(["area_code", "indicator_id"], ignore_index=True))


def _figures(rows: pd.DataFrame, zones: int) -> tuple[Floats, Floats]:
    """Return the group and those among whom it is counted by zone; NaN where there is no figure."""
    figures, zone = rows[["numerator", "denominator"]].to_numpy(dtype="float64"), rows["zone"].to_numpy()
    known = (zone >= 0) & np.isfinite(figures).all(axis=1)
    found = np.full((zones, 2), np.nan)
    found[zone[known]] = figures[known]
    return found[:, 0], found[:, 1]


def _flagged(
    zones: pd.DataFrame, membership: pd.DataFrame, verdicts: pd.DataFrame, reach: pd.DataFrame, answer: str
) -> Floats:
    """Return the share of each zone's residents in flagged localities of the drawing proposed to its partnership."""
    proposed = set(map(tuple, reach.loc[reach["is_proposed"], ["cpp_code", "candidate_set"]].astype("str").to_numpy()))
    strong = verdicts[verdicts[f"verdict_{answer}"] == "strong_evidence"]
    pairs = zip(strong["cpp_code"].astype("str"), strong["candidate_set"].astype("str"), strict=True)
    chosen = strong.loc[[pair in proposed for pair in pairs], "locality_id"]
    weights = membership[membership["locality_id"].isin(set(chosen.astype("str")))]
    summed = weights.groupby(weights["zone_code"].astype("str"))["weight"].sum()
    return np.asarray(zones["zone_code"].astype("str").map(summed).fillna(0.0).clip(upper=1.0), dtype=np.float64)


def _measures(
    own: Floats,
    base: Floats,
    people: Floats,
    group: NDArray[np.intp],
    count: int,
    most_deprived: NDArray[np.bool_],
    flagged: dict[str, Floats],
) -> dict[str, NDArray]:
    has = np.isfinite(own) & np.isfinite(base) & (base > 0)
    own, base = np.where(has, own, 0.0), np.where(has, base, 0.0)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, weights=values, minlength=count), dtype=np.float64)

    everyone, among = total(own), total(base)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "numerator": everyone,
            "denominator": among,
            "share_of_people": everyone / among,
            "share_in_densest_fifth": densest_share(own, base, group, count),
            "dissimilarity": dissimilarity(own, base, group, count),
            "share_in_deprived_fifth": total(own * most_deprived) / everyone,
            **{f"share_in_flagged_{answer}": total(own * share) / everyone for answer, share in flagged.items()},
            "zones_with_figures": total(has.astype(float)),
            "covered": total(people * has) / total(people),
        }


def densest_share(own: Floats, base: Floats, group: NDArray[np.intp], count: int) -> Floats:
    """Return the share of each area's group that lives where it is densest, in a fifth of all people.

    Zones are taken from that with the highest share of the group until they hold a fifth of the people among whom it
    is counted; the last one counts in part. 0.2 where the group lives as everybody does, 1 where a fifth holds it all.

    Examples
    --------
    Five zones of 100 with 60, 10, 10, 10 and 10 of the group: the densest fifth holds 60 of 100.

    >>> zone = np.zeros(5, dtype=int)
    >>> densest_share(np.array([10.0, 60, 10, 10, 10]), np.full(5, 100.0), zone, 1).tolist()
    [0.6]
    """
    rate = np.divide(own, base, out=np.zeros_like(own), where=base > 0)
    order = np.lexsort((-rate, group))
    g = group[order]
    people, members = base[order], own[order]
    starts = np.searchsorted(g, np.arange(count))
    before = np.concatenate([[0.0], np.cumsum(people)])
    gone = before[:-1] - before[starts][g]
    limit = _FIFTH * np.bincount(g, weights=people, minlength=count)
    part = np.clip(np.divide(limit[g] - gone, people, out=np.zeros_like(people), where=people > 0), 0.0, 1.0)
    inside = np.bincount(g, weights=members * part, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(inside / np.bincount(g, weights=members, minlength=count), dtype=np.float64)


def dissimilarity(own: Floats, base: Floats, group: NDArray[np.intp], count: int) -> Floats:
    """Return the index of dissimilarity of each area's group: who would have to move for every zone to be alike.

    Half the sum over zones of the differences between a zone's share of the group and of all others (Duncan and Duncan
    1955, American Sociological Review 20:210-217): 0 for a group spread as others are, 1 for one that lives apart.
    Groups of few people look gathered by chance.

    Examples
    --------
    >>> zone = np.zeros(2, dtype=int)
    >>> dissimilarity(np.array([30.0, 10.0]), np.array([60.0, 80.0]), zone, 1).round(2).tolist()
    [0.45]
    """
    others = base - own
    sums = [np.bincount(group, weights=values, minlength=count) for values in (own, others)]
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(own / sums[0][group] - others / sums[1][group])
    return np.asarray(np.bincount(group, weights=np.nan_to_num(apart), minlength=count) / 2, dtype=np.float64)
