"""Two drawings of the same zones held against each other: what moved, whom it affects, and how alike they are.

For two candidate sets, two vintages or two runs. Which drawing serves people in need best is in
`localities.choosing.reach`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.errors import GeographyError


@dataclass(frozen=True)
class Comparison:
    """What differs between two drawings.

    Parameters
    ----------
    moved
        Zones that changed: ``zone_code, locality_before, locality_after`` (missing where a drawing has none)
        ``, population``.
    matched
        Localities that stand for each other: ``locality_before, locality_after, residents_kept, residents_before,
        residents_after``.
    zones_moved, residents_affected
        Number of zones that moved and their residents.
    residents
        Residents of all zones that either drawing holds.
    variation_of_information
        In nats; 0 for the same division. See `variation_of_information`.
    adjusted_rand_index
        1 for the same division, 0 for what chance would give. See `adjusted_rand_index`.
    """

    moved: pd.DataFrame
    matched: pd.DataFrame
    zones_moved: int
    residents_affected: int
    residents: int
    variation_of_information: float
    adjusted_rand_index: float


def variation_of_information(table: np.ndarray) -> float:
    """Return the variation of information between two divisions, in nats: H(A|B) + H(B|A).

    Parameters
    ----------
    table
        Residents by region of the first division (rows) and of the second (columns).

    References
    ----------
    Meila (2007), Comparing clusterings: an information based distance, Journal of Multivariate Analysis 98.

    Examples
    --------
    Two halves of one region: the second division says one bit more, ln 2.

    >>> round(variation_of_information(np.array([[50, 50]])), 4)
    0.6931
    >>> variation_of_information(np.array([[30, 0], [0, 70]]))
    0.0
    """
    share = np.asarray(table, dtype="float64")
    total = share.sum()
    if total <= 0:
        return 0.0
    share = share / total
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    at = np.nonzero(share)
    joint = share[at]
    value = -(joint * (np.log(joint / rows[at[0]]) + np.log(joint / columns[at[1]]))).sum()
    return float(value) if value > 0 else 0.0


def adjusted_rand_index(table: np.ndarray) -> float:
    """Return the adjusted Rand index of two divisions over pairs of zones or residents.

    Parameters
    ----------
    table
        Zones or residents by region of the first division (rows) and of the second (columns).

    References
    ----------
    Hubert and Arabie (1985), Comparing partitions, Journal of Classification 2.

    Examples
    --------
    The worked example of Yeung and Ruzzo (2001), Details of the adjusted Rand index, where it is 0.313:

    >>> round(adjusted_rand_index(np.array([[1, 1, 0], [1, 2, 1], [0, 0, 4]])), 4)
    0.3126
    """
    counts = np.asarray(table, dtype="float64")

    def pairs(values: np.ndarray) -> float:
        return float((values * (values - 1) / 2).sum())

    both, first, second = pairs(counts), pairs(counts.sum(axis=1)), pairs(counts.sum(axis=0))
    every = pairs(np.array([counts.sum()]))
    if every == 0:
        return 1.0
    expected, most = first * second / every, (first + second) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def compare_drawings(before: pd.DataFrame, after: pd.DataFrame, zones: pd.DataFrame) -> Comparison:
    """Return how the second drawing differs from the first.

    Localities of the two are matched one to one so that as many residents as possible stay where they were; a zone has
    moved when its locality is not the match of its former one. A zone in parts of several localities counts to the
    largest part. Indices are over residents of zones that both drawings hold.

    Parameters
    ----------
    before, after
        Memberships: ``locality_id, zone_code, weight``.
    zones
        ``zone_code, population``.

    Raises
    ------
    GeographyError
        If a drawing names unknown zones.

    Examples
    --------
    >>> zones = pd.DataFrame({"zone_code": list("abcd"), "population": [10, 20, 30, 40]})
    >>> first = pd.DataFrame({"locality_id": ["x", "x", "y", "y"], "zone_code": list("abcd"), "weight": 1.0})
    >>> found = compare_drawings(first, first.assign(locality_id=["p", "q", "q", "q"]), zones)
    >>> found.moved[["zone_code", "locality_before", "locality_after"]].to_numpy().tolist()
    [['b', 'x', 'q']]
    >>> found.residents_affected, found.residents
    (20, 100)
    """
    from scipy.optimize import linear_sum_assignment

    one, other = _main_locality(before, zones), _main_locality(after, zones)
    both = pd.DataFrame({"before": one, "after": other}).reindex(zones["zone_code"])
    both["population"] = zones["population"].to_numpy()
    both = both[both["before"].notna() | both["after"].notna()]
    in_both = both.dropna()
    row, rows = pd.factorize(in_both["before"], sort=True)
    column, columns = pd.factorize(in_both["after"], sort=True)
    people = in_both["population"].to_numpy(dtype="float64")
    # zones without residents decide among matches that are otherwise equal
    worth = np.zeros((len(rows), len(columns)))
    np.add.at(worth, (row, column), people + 1e-6)
    table = np.zeros_like(worth)
    np.add.at(table, (row, column), people)
    first, second = linear_sum_assignment(worth, maximize=True)
    kept = worth[first, second] > 0
    first, second = first[kept], second[kept]
    partner = pd.Series(columns[second], index=rows[first], dtype=object)
    moved = both[both["before"].map(partner).fillna("") != both["after"].fillna("")]
    matched = pd.DataFrame(
        {
            "locality_before": rows[first],
            "locality_after": columns[second],
            "residents_kept": table[first, second].astype("int64"),
            "residents_before": table.sum(axis=1)[first].astype("int64"),
            "residents_after": table.sum(axis=0)[second].astype("int64"),
        }
    )
    names = {"zone_code": "zone_code", "before": "locality_before", "after": "locality_after"}
    return Comparison(
        moved=moved.rename_axis("zone_code").reset_index().rename(columns=names),
        matched=matched,
        zones_moved=len(moved),
        residents_affected=int(moved["population"].sum()),
        residents=int(both["population"].sum()),
        variation_of_information=variation_of_information(table),
        adjusted_rand_index=adjusted_rand_index(table),
    )


def compare_by_partnership(
    before: pd.DataFrame, after: pd.DataFrame, zones: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per partnership that both drawings divide, and one per zone that moved there.

    A partnership in which either has no locality is left out: there is nothing to compare.

    Parameters
    ----------
    before, after
        Memberships: ``locality_id, zone_code, weight``.
    zones
        ``zone_code, cpp_code, cpp_name, population``.

    Returns
    -------
    pandas.DataFrame
        ``cpp_code, cpp_name, localities_before, localities_after, zones_moved, residents, residents_affected,
        share_affected, variation_of_information, adjusted_rand_index``; see `Comparison`.
    pandas.DataFrame
        ``cpp_code, cpp_name, zone_code, locality_before, locality_after, population``.

    Raises
    ------
    GeographyError
        If a drawing names unknown zones, as one on zones of another vintage does.
    """
    cpp = zones.set_index("zone_code")["cpp_code"]
    for one in (before, after):
        _refuse_unknown(one, zones)
    first, second = before["zone_code"].map(cpp), after["zone_code"].map(cpp)
    names = zones.drop_duplicates("cpp_code").set_index("cpp_code")["cpp_name"]
    areas, moved = [], []
    for code in sorted({*first} & {*second}):
        here = {"cpp_code": code, "cpp_name": names[code]}
        one, other = before[first == code], after[second == code]
        found = compare_drawings(one, other, zones[zones["cpp_code"] == code])
        areas.append(
            here
            | {
                "localities_before": one["locality_id"].nunique(),
                "localities_after": other["locality_id"].nunique(),
                "zones_moved": found.zones_moved,
                "residents": found.residents,
                "residents_affected": found.residents_affected,
                "share_affected": found.residents_affected / found.residents if found.residents else 0.0,
                "variation_of_information": found.variation_of_information,
                "adjusted_rand_index": found.adjusted_rand_index,
            }
        )
        moved.append(found.moved.assign(**here))
    table = pd.DataFrame(
        areas,
        columns=["cpp_code", "cpp_name", "localities_before", "localities_after", "zones_moved", "residents",
                 "residents_affected", "share_affected", "variation_of_information", "adjusted_rand_index"],
    )  # fmt: skip
    columns = ["cpp_code", "cpp_name", "zone_code", "locality_before", "locality_after", "population"]
    return table, pd.concat(moved, ignore_index=True)[columns] if moved else pd.DataFrame(columns=columns)


def _main_locality(membership: pd.DataFrame, zones: pd.DataFrame) -> pd.Series:
    _refuse_unknown(membership, zones)
    order = membership.sort_values(["zone_code", "weight", "locality_id"], ascending=[True, False, True])
    return order.drop_duplicates("zone_code").set_index("zone_code")["locality_id"]


def _refuse_unknown(membership: pd.DataFrame, zones: pd.DataFrame) -> None:
    unknown = ~membership["zone_code"].isin(zones["zone_code"])
    if unknown.any():
        raise GeographyError(
            "A drawing names unknown zones",
            codes=membership.loc[unknown, "zone_code"].unique(),
            expected="zones of one vintage in both drawings",
            remedy="compare drawings on the same zones",
        )
