"""What became of the zones of one census on those of another: pairs, shares of people, smallest common groups.

Zones of 2011 and of 2022 are joined by where residents live: every census output area of 2022 lies in a zone of 2022,
and a lookup says in which zone of 2011. Zones of 2001 and of 2011 are joined by the pairs that the publisher lists,
which say nothing of people: there, only one-to-one pairs are of use.

Nothing here knows where a boundary runs: it may have moved over land on which nobody lives. So the crosswalk carries
people and what is counted among them, never areas or distances.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from indicators.errors import ConfigError, GeographyError
from indicators.readers.shared.output_areas import OUTPUT_AREA_LOOKUPS
from indicators.schema.tables import TABLES
from indicators.schema.vocabulary import UNASSIGNED
from localities.boundaries.files import read_csv
from localities.councils import vintage_of
from localities.residents.census_2022 import RESIDENTS_SOURCE, has_residuals, residents_by_output_area

_PAIRS_SOURCE = "sg-data-zone-lookup-2001-2011"
_LOOKUP_2011 = "sg-data-zone-lookup-2011"
_BY_PEOPLE = (RESIDENTS_SOURCE, *(source for source, _, _ in OUTPUT_AREA_LOOKUPS.values()), _LOOKUP_2011)
SOURCES = (*_BY_PEOPLE, _PAIRS_SOURCE)
OPTIONAL_SOURCES = tuple(one for one in SOURCES if one != _LOOKUP_2011)
_PAIR_2001 = ["dz01_code", "dz11_code"]
_PARENTS = {_LOOKUP_2011: ("DZ2011_Code", "IZ2011_Code"), OUTPUT_AREA_LOOKUPS["2022"][0]: ("DZ22", "IZ22")}
_SHARES = ["share_of_from", "share_of_to"]
_WHOLE = 1e-6


def build_crosswalk(
    output_areas: pd.DataFrame | None = None,
    pairs_2001: pd.DataFrame | None = None,
    *,
    basis: str = "inferred",
    zones_2011: pd.Series | None = None,
    parents: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the table ``crosswalk``: zones of 2001, 2011 and 2022 in every direction.

    Parameters
    ----------
    output_areas
        One row per census output area of 2022: ``people, zone_2011, zone_2022``; ``zone_2011`` is missing where the
        lookup assigns it to none. Its people are *unassigned*, never zero.
    pairs_2001
        ``zone_2001, zone_2011``: zones that overlap, without weights (`read_pairs_of_2001`).
    basis
        Of the lookup from output areas to zones of 2011: ``published`` or ``inferred``.
    zones_2011
        Every zone of 2011, so that those to which no output area is assigned are named as unassigned too.
    parents
        Intermediate zone by code of the data zone, of 2011 and of 2022.

    Returns
    -------
    pandas.DataFrame
        One row per ordered pair of zones, and one per zone with unassigned people. ``people`` are residents of 2022.
        ``share_of_from`` of a zone sums to 1, unassigned people included. A pair is exact where the same people live
        in both: its smallest common group holds one zone of each census and nobody is unassigned.

    Examples
    --------
    >>> areas = pd.DataFrame({"people": [60, 40, 30], "zone_2011": ["S01006506", "S01006506", None],
    ...                       "zone_2022": ["S01013482", "S01013483", "S01013483"]})
    >>> build_crosswalk(areas)[["from_code", "to_code", "people", "share_of_from", "is_exact"]]
        from_code     to_code  people  share_of_from  is_exact
    0   S01006506   S01013482    60.0       0.600000     False
    1   S01006506   S01013483    40.0       0.400000     False
    2   S01013482   S01006506    60.0       1.000000     False
    3   S01013483   S01006506    40.0       0.571429     False
    4   S01013483  unassigned    30.0       0.428571     False
    """
    parts: list[pd.DataFrame] = []
    if output_areas is not None:
        parts += _both_ways(_by_people(output_areas, basis, zones_2011))
    if pairs_2001 is not None:
        listed = _listed(pairs_2001)
        parts += _both_ways(listed)
        if output_areas is not None:
            parts += _both_ways(_through_2011(listed, parts[0]))
    columns = list(TABLES["crosswalk"].columns)
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    for end in ("from", "to"):
        known = pd.Series(dtype="str") if parents is None else parents
        table[f"{end}_parent"] = table[f"{end}_code"].map(known).astype("str")
    table = table[columns]
    return table.sort_values(["from_vintage", "to_vintage", "from_code", "to_code"], ignore_index=True)


def crosswalk_of(files: Mapping[str, Path], *, inferred: Collection[str] = ()) -> pd.DataFrame:
    """Return the table ``crosswalk`` from the files of `SOURCES` that are there; empty where they are not.

    Parameters
    ----------
    files
        The file of each source id.
    inferred
        Sources that are declared as inferred: their rows say so under ``basis``.

    Raises
    ------
    ConfigError
        If a lookup says how well it was fitted, so that it is inferred, and is not declared so.
    LocalitiesError
        As the readers.
    """
    areas = zones_2011 = parents = None
    if set(_BY_PEOPLE) <= set(files):
        areas = residents_by_output_area(files)
        of_2011, of_2022 = (_parents(files[source], *columns) for source, columns in _PARENTS.items())
        zones_2011, parents = pd.Series(of_2011.index), pd.concat([of_2011, of_2022])
    pairs = read_pairs_of_2001(files[_PAIRS_SOURCE]) if _PAIRS_SOURCE in files else None
    lookup = OUTPUT_AREA_LOOKUPS["2011"][0]
    basis = "inferred" if lookup in inferred else "published"
    if areas is not None and basis == "published" and has_residuals(files):
        raise ConfigError(
            "A lookup says how well each output area was fitted, and is declared as published",
            where=f"{lookup}.yaml",
            column="basis",
            expected="inferred",
            found="published",
            remedy="declare what it is, or fetch the publisher's lookup",
        )
    return build_crosswalk(areas, pairs, basis=basis, zones_2011=zones_2011, parents=parents)


def exact_shares(membership: pd.DataFrame, crosswalk: pd.DataFrame | None, vintage: str) -> np.ndarray:
    """Return, for each row of a membership, the share of its residents whose figures add up in the locality.

    A figure of a zone of the other census is shared out among the zones here in which its people live. In a locality
    that holds all of its people the parts add up to what was published; in one that cuts it they rest on shares. So
    this is the share of the zone's residents who come from zones of the other census that the locality holds whole.

    Parameters
    ----------
    membership
        ``locality_id, zone_code, weight``.
    crosswalk
        Table ``crosswalk``; without pairs from the other of 2011 and 2022 every share is 0.
    vintage
        Census of the zones of `membership`.

    Examples
    --------
    >>> areas = pd.DataFrame({"people": [60, 40, 30], "zone_2011": ["S01006506", "S01006506", "S01006507"],
    ...                       "zone_2022": ["S01013482", "S01013483", "S01013483"]})
    >>> members = pd.DataFrame({"locality_id": ["a", "a", "b"], "weight": 1.0,
    ...                         "zone_code": ["S01013482", "S01013483", "S01013483"]})
    >>> exact_shares(members, build_crosswalk(areas), "2022").round(3).tolist()
    [1.0, 1.0, 0.429]
    """
    found = np.zeros(len(membership))
    if crosswalk is None or crosswalk.empty:
        return found
    leads = (crosswalk["to_vintage"] == vintage) & crosswalk["from_vintage"].isin({"2011", "2022"} - {vintage})
    pairs = crosswalk.loc[leads & (crosswalk["to_code"] != UNASSIGNED), ["from_code", "to_code", *_SHARES]]
    members = membership[["locality_id", "zone_code", "weight"]].reset_index(drop=True)
    rows = members.assign(row=members.index).merge(pairs, left_on="zone_code", right_on="to_code")
    covered = (
        (rows["weight"] * rows["share_of_from"]).groupby([rows["locality_id"], rows["from_code"]]).transform("sum")
    )
    whole = rows["share_of_to"].where(covered > 1 - _WHOLE, 0.0).groupby(rows["row"]).sum()
    found[whole.index] = np.clip(whole, 0.0, 1.0)
    return found


def read_pairs_of_2001(path: Path) -> pd.DataFrame:
    """Return the zones of 2001 and of 2011 that overlap: ``zone_2001, zone_2011``, each pair once.

    Raises
    ------
    UnreadableSource, SchemaError
        As `localities.boundaries.files.read_csv`.
    GeographyError
        If a code is of another census.
    """
    table = read_csv(path, _PAIR_2001)
    for column, vintage in zip(_PAIR_2001, ("2001", "2011"), strict=True):
        other = vintage_of(table[column].astype("str")) != vintage
        if other.any():
            raise GeographyError(
                f"A lookup holds codes that are not {vintage} data zones",
                where=path,
                column=column,
                codes=table.loc[other, column],
                expected=f"codes of {vintage} data zones",
                found=f"{int(other.sum()):,} others",
                remedy="fetch the lookup again",
            )
    return table[_PAIR_2001].set_axis(["zone_2001", "zone_2011"], axis="columns").drop_duplicates(ignore_index=True)


def _parents(path: Path, zone: str, parent: str) -> pd.Series:
    """Return the intermediate zone of each data zone of a lookup, by code."""
    table = read_csv(path, [zone, parent]).drop_duplicates(zone)
    return table.set_index(zone)[parent].astype("str")


def _by_people(areas: pd.DataFrame, basis: str, zones_2011: pd.Series | None) -> pd.DataFrame:
    """Return the pairs of 2011 and 2022, zones of 2011 as ``from``."""
    known = areas.assign(
        from_code=areas["zone_2011"].astype("str").fillna(UNASSIGNED), to_code=areas["zone_2022"].astype("str")
    )
    pairs = known.groupby(["from_code", "to_code"], as_index=False)["people"].sum().astype({"people": "float64"})
    # a common group is joined by people, not by empty output areas, unless nobody lives in the zone at all
    totals = {end: pairs.groupby(end)["people"].transform("sum") for end in ("from_code", "to_code")}
    pairs = pairs[(pairs["people"] > 0) | (totals["from_code"] == 0) | (totals["to_code"] == 0)]
    is_known = pairs["from_code"] != UNASSIGNED
    groups = _groups(pairs[is_known])
    pairs = pairs.merge(groups, on=["from_code", "to_code"], how="left")
    unsure = pairs.loc[pairs["from_code"] == UNASSIGNED, "to_code"]
    partly = pairs.loc[pairs["to_code"].isin(unsure), "common_group"]
    pairs["is_whole_group"] = pairs["common_group"].notna() & ~pairs["common_group"].isin(partly)
    pairs["is_exact"] = pairs["is_whole_group"] & (pairs["group_size"] == 2)
    for end, share in (("from_code", "share_of_from"), ("to_code", "share_of_to")):
        total = pairs.groupby(end)["people"].transform("sum")
        count = pairs.groupby(end)["people"].transform("size")
        pairs[share] = (pairs["people"] / total.where(total > 0)).fillna(1 / count).where(pairs[end] != UNASSIGNED)
    if zones_2011 is not None:
        absent = pd.Series(sorted(set(zones_2011) - set(pairs["from_code"])), dtype="str")
        lost = pd.DataFrame({"from_code": absent, "to_code": UNASSIGNED, "share_of_from": 1.0})
        pairs = pd.concat([pairs, lost.assign(is_exact=False, is_whole_group=False)], ignore_index=True)
    return pairs.assign(from_vintage="2011", to_vintage="2022", basis=basis)


def _listed(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the published pairs of 2001 and 2011, zones of 2001 as ``from``: shares for one-to-one pairs only."""
    table = pairs.rename(columns={"zone_2001": "from_code", "zone_2011": "to_code"})[["from_code", "to_code"]]
    table = table.merge(_groups(table), on=["from_code", "to_code"])
    table["is_exact"] = table["group_size"] == 2
    share = np.where(table["is_exact"], 1.0, np.nan)
    table = table.assign(people=np.nan, share_of_from=share, share_of_to=share, is_whole_group=True)
    return table.assign(from_vintage="2001", to_vintage="2011", basis="published")


def _through_2011(earlier: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of 2001 and 2022 that are exact at both steps; nothing is known of the people of others."""
    first = earlier.loc[earlier["is_exact"], ["from_code", "to_code", "common_group", "share_of_from", "share_of_to"]]
    second = later.loc[later["is_exact"], ["from_code", "to_code", "people", "basis"]]
    found = first.rename(columns={"to_code": "through"}).merge(second.rename(columns={"from_code": "through"}))
    return found.assign(is_exact=True, is_whole_group=True, from_vintage="2001", to_vintage="2022")


def _groups(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return for each pair its smallest common group, named for its first zone, and the number of zones in it."""
    first, froms = pd.factorize(pairs["from_code"], sort=True)
    second, tos = pd.factorize(pairs["to_code"], sort=True)
    size = len(froms) + len(tos)
    graph = csr_array((np.ones(len(pairs)), (first, second + len(froms))), shape=(size, size))
    part = connected_components(graph, directed=False)[1]
    members = np.bincount(part, minlength=size)
    name = pd.Series(froms, dtype="str").groupby(part[: len(froms)]).min()
    return pd.DataFrame(
        {
            "from_code": pairs["from_code"].to_numpy(),
            "to_code": pairs["to_code"].to_numpy(),
            "common_group": name.reindex(part[first]).to_numpy(),
            "group_size": members[part[first]],
        }
    )


def _both_ways(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return a table of pairs, and the same pairs the other way; rows for nobody known on the near side stay out."""
    turn = {f"from_{name}": f"to_{name}" for name in ("code", "vintage")}
    turn |= {"share_of_from": "share_of_to"}
    turn |= {later: earlier for earlier, later in turn.items()}
    return [one[one["from_code"] != UNASSIGNED] for one in (table, table.rename(columns=turn))]
