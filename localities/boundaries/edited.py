"""A proposed drawing as a partnership edited it: each zone with the name of its community, and why it was moved.

The file is the GeoPackage of `localities.publishing.for_editing`, or any table with the same columns (GeoPackage or
text, or a workbook). What counts is the name that each zone carries; geometry is not read.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from indicators.errors import SchemaError
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.workbooks import cell_text
from localities.boundaries.files import check_file
from localities.councils import slug_of

COMMUNITY, REASON = "community", "reason"


def read_edited(path: Path) -> pd.DataFrame:
    """Return the zones of an edited drawing: ``locality_code, locality_name, zone_code, weight, reason``.

    A zone whose community was left blank is in none. Names that differ only in spaces or capitals are one.

    Raises
    ------
    UnreadableSource
        If the file cannot be read.
    SchemaError
        If no layer has the columns ``zone_code`` and ``community``, or a zone is there twice.
    """
    table = _table(path)
    table = table.assign(zone_code=table["zone_code"].astype("str").str.strip())
    twice = table["zone_code"].duplicated(keep=False)
    if twice.any():
        raise SchemaError(
            "A zone is in an edited drawing twice",
            where=path,
            column="zone_code",
            codes=table.loc[twice, "zone_code"].unique(),
            expected="each zone once: a zone is moved by its community, not copied",
            remedy="delete the copies",
        )
    names = table[COMMUNITY].astype("str").str.split().str.join(" ")
    reasons = (
        table[REASON].astype("str").str.split().str.join(" ") if REASON in table else pd.Series("", index=table.index)
    )
    kept = names.notna() & (names != "")
    codes = names[kept].map(lambda name: slug_of(name) or "unnamed")
    areas = pd.DataFrame(
        {
            "locality_code": codes,
            # the first spelling of a name stands for all
            "locality_name": names[kept].groupby(codes).transform("first"),
            "zone_code": table.loc[kept, "zone_code"],
            "weight": 1.0,
            "reason": reasons[kept].fillna("").astype("str"),
        }
    )
    return areas.sort_values(["locality_code", "zone_code"], ignore_index=True)


def _table(path: Path) -> pd.DataFrame:
    check_file(path)
    wanted = ("zone_code", COMMUNITY)
    table = read_table(path, has=wanted, is_list=True)
    if set(wanted) <= set(table.columns):
        cells = {
            name: [cell_text(cell) for cell in table.columns[name]]
            for name in (*wanted, REASON)
            if name in table.columns
        }
        return pd.DataFrame(cells, dtype="str")
    raise SchemaError(
        "No layer holds the zones of a drawing",
        where=path,
        expected=f"columns zone_code and {COMMUNITY}, as `localities candidates export` writes them",
        found=f"{table.seen.sheet or 'columns'}: {', '.join(table.columns) or 'none'}",
        remedy="edit the exported file, or leave --based-on out for boundaries of your own",
    )
