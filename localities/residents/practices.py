"""GP practices: where they are, by postcode, and how many patients are on their lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, SchemaError
from localities.boundaries.files import read_csv

_COLUMNS = ["PracticeCode", "GPPracticeName", "PracticeListSize", "Postcode"]
# a few postcodes are newer or older than the file of postcodes; more than this and the files do not belong together
_MOST_UNPLACED = 0.05


def read_practices(path: Path, postcodes: pd.DataFrame) -> pd.DataFrame:
    """Return places with GP practices: ``place_code, place_name, patients, practices, x, y`` (EPSG:27700), in order.

    Practices at one postcode, as in a shared health centre, are one place: it takes the name of the one with most
    patients and, where there are more, how many. Its code is the first of theirs. Practices whose postcode has no
    position are left out, and practices without patients.

    Parameters
    ----------
    path
        CSV of Public Health Scotland's practices and list sizes.
    postcodes
        ``postcode, x, y``, from `localities.residents.postcodes.read_postcodes`.

    Raises
    ------
    UnreadableSource, SchemaError
        As `localities.boundaries.files.read_csv`; also where a list size is not a number.
    GeographyError
        If a practice occurs twice, or more than one in twenty has no position.
    """
    table = read_csv(path, _COLUMNS)
    patients = pd.to_numeric(table["PracticeListSize"].str.replace(",", "", regex=False), errors="coerce")
    odd = ~np.isfinite(patients) | (patients < 0)
    if odd.any():
        raise SchemaError(
            "A list size of a practice is not a number, or is negative",
            where=path,
            column="PracticeListSize",
            codes=table.loc[odd, "PracticeCode"],
            expected="a number of at least 0",
            found=", ".join(map(repr, table.loc[odd, "PracticeListSize"].unique()[:5])),
            remedy="fetch the file again",
        )
    at = pd.Index(_compact(postcodes["postcode"])).get_indexer(pd.Index(_compact(table["Postcode"].fillna(""))))
    twice, unplaced = table["PracticeCode"].duplicated(keep=False), at < 0
    if twice.any() or not len(table) or unplaced.mean() > _MOST_UNPLACED:
        raise GeographyError(
            "GP practices are not as they should be",
            where=path,
            codes=table.loc[twice | unplaced, "PracticeCode"].unique(),
            expected="each practice once, at a postcode with a position",
            found=f"{len(table):,} practices, {int(twice.sum()):,} rows of repeated ones, "
            f"{int(unplaced.sum()):,} at unknown postcodes",
            remedy="fetch the practices and Code-Point Open again",
        )
    kept = ~unplaced & (patients > 0)
    placed = pd.DataFrame(
        {
            "postcode": at[kept],
            "place_code": table.loc[kept, "PracticeCode"].to_numpy(),
            "place_name": table.loc[kept, "GPPracticeName"].fillna("GP practice").str.strip().to_numpy(),
            "patients": patients[kept].to_numpy(dtype="float64"),
        }
    )
    placed = placed.sort_values(["postcode", "patients", "place_code"], ascending=[True, False, True], kind="stable")
    grouped = placed.groupby("postcode", sort=True)
    places = grouped.agg(
        place_code=("place_code", "min"),
        place_name=("place_name", "first"),
        patients=("patients", "sum"),
        practices=("place_code", "size"),
    ).reset_index()
    more = places["practices"] - 1
    places["place_name"] = places["place_name"].where(
        more == 0, places["place_name"] + " and " + more.astype("str") + " more"
    )
    where = postcodes[["x", "y"]].to_numpy()[places["postcode"].to_numpy()]
    places = places.assign(x=where[:, 0], y=where[:, 1]).drop(columns="postcode")
    return places.sort_values("place_code", ignore_index=True)


def _compact(text: pd.Series) -> pd.Series:
    return text.astype("str").str.replace(" ", "", regex=False).str.upper()
