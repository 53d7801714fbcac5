"""What a partnership calls its communities: names in a file of their own, which win over the names that a run finds.

A name is kept with the zones that it was given to, so that it outlives a drawing: in every run it goes to the locality
of the same candidate set that shares most residents with those zones, if it shares at least half of all residents that
either holds. Names whose place is no longer drawn wait in the file. They go into a drawing that is based on that set,
too, where a locality still has the name that was replaced.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.errors import SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCE = "given-names"
"""Id of the file as a source."""
COLUMNS = ["candidate_set", "cpp_code", "locality_name", "former_name", "zone_codes", "named_at"]
_LEAST_SHARED = 0.5


def read_names(path: Path) -> pd.DataFrame:
    """Return the names given so far: one row each, zone codes separated by spaces; none where there is no file.

    Raises
    ------
    SchemaError
        If the file is not such a table.
    """
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS, dtype="str")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise SchemaError("The file of given names is not a CSV table", where=path, found=str(error)) from error
    if list(table.columns) != COLUMNS or (table["locality_name"].str.strip() == "").any():
        raise SchemaError(
            "The file of given names has other columns, or a blank name",
            where=path,
            expected=", ".join(COLUMNS),
            found=", ".join(table.columns),
            remedy="give names with: localities candidates rename",
        )
    return table


def give_name(
    path: Path, candidate_set: str, cpp_code: str, former: str, name: str, zone_codes: list[str]
) -> pd.DataFrame:
    """Write a name for the zones of a locality into the file and return all names; the latest for a place stays."""
    known = read_names(path)
    codes = " ".join(sorted(zone_codes))
    known = known[(known["candidate_set"] != candidate_set) | (known["zone_codes"] != codes)]
    row = [candidate_set, cpp_code, name, former, codes, datetime.now(UTC).isoformat(timespec="seconds")]
    known = pd.concat([known, pd.DataFrame([row], columns=COLUMNS)], ignore_index=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    known.to_csv(draft, index=False, encoding="utf-8", lineterminator="\n")
    draft.replace(path)
    return known


def with_given_names(
    localities: pd.DataFrame, members: pd.DataFrame, names: pd.DataFrame, zones: pd.DataFrame
) -> pd.DataFrame:
    """Return the localities of one candidate set under the names that were given to them.

    The name that a run found joins the alternatives. Another locality of the partnership that a run gave the same name
    carries its code in brackets.

    Parameters
    ----------
    localities
        ``locality_id, candidate_set, locality_name, alternative_names, cpp_code, based_on``.
    members
        ``locality_id, zone_code, weight``.
    names
        From `read_names`.
    zones
        ``zone_code, population``.
    """
    own = localities["candidate_set"].unique()
    of_base = names["candidate_set"].isin(localities["based_on"].dropna().unique())
    # names given to the drawing itself come last, and win
    of_these_sets = pd.concat([names[of_base].assign(is_of_base=True), names[names["candidate_set"].isin(own)]])
    if of_these_sets.empty:
        return localities
    people = zones.set_index("zone_code")["population"].astype("float64") + 1e-6
    residents = members["zone_code"].map(people) * members["weight"]
    total = residents.groupby(members["locality_id"]).sum()
    found = localities["locality_name"].to_numpy(dtype=object).copy()
    alternatives = localities["alternative_names"].to_numpy(dtype=object).copy()
    given: NDArray[np.bool_] = np.zeros(len(localities), dtype=bool)
    place = pd.Series(np.arange(len(localities)), index=localities["locality_id"])
    for row in of_these_sets.itertuples():
        codes = str(row.zone_codes).split()
        shared = residents[members["zone_code"].isin(codes)].groupby(members["locality_id"]).sum()
        if shared.empty:
            continue
        either = total[shared.index] + people.reindex(codes).sum() - shared
        best = (shared / either).idxmax()
        if shared[best] / either[best] < _LEAST_SHARED:
            continue
        at = int(place[best])
        if row.is_of_base is True and found[at] != row.former_name:
            continue
        if not given[at] and found[at] != row.locality_name:
            more = alternatives[at]
            alternatives[at] = found[at] if pd.isna(more) else f"{found[at]}, {more}"
        found[at], given[at] = str(row.locality_name), True
    frame = localities.assign(locality_name=found, alternative_names=pd.Series(alternatives, dtype="str").to_numpy())
    key = [frame["cpp_code"], frame["locality_name"]]
    clash = ~given & pd.Series(given, index=frame.index).groupby(key).transform("any").to_numpy()
    code = frame["locality_id"].str.partition(":")[2]
    frame.loc[clash, "locality_name"] = frame["locality_name"] + " (" + code + ")"
    return frame
