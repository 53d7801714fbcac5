"""Area codes of published tables: their form, their census vintage, and that each is there once.

The codes of data zones drawn for different censuses look alike and name different places: they are told apart by their
number and never matched across vintages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, some

# first and last number of the GSS codes, by geography and census; 99xxxx are the fictional areas of the sample
_RANGES = {
    "data_zone": (
        ("2001", 1, 6505),
        ("2011", 6506, 13481),
        ("2022", 13482, 20873),
        ("2011", 990001, 994999),
        ("2022", 995001, 998999),
    ),
    "intermediate_zone": (
        ("2001", 1, 1235),
        ("2011", 1236, 2514),
        ("2022", 2515, 3848),
        ("2011", 990001, 994999),
        ("2022", 995001, 998999),
    ),
    "output_area": (
        ("2011", 88956, 135306),
        ("2022", 135307, 181669),
        ("2011", 990001, 994999),
        ("2022", 995001, 999999),
    ),
    # codes that a council area has had, too: boundaries moved by a little
    "council": (("2019", 1, 50), ("2019", 990001, 994999)),
}
_PREFIXES = {"data_zone": "S01", "intermediate_zone": "S02", "output_area": "S00", "council": "S12"}


def geography_of(geography: str) -> tuple[str, str]:
    """Return the type of area and the vintage of a declared geography.

    Examples
    --------
    >>> geography_of("data_zone_2011")
    ('data_zone', '2011')
    """
    area_type, _, vintage = geography.rpartition("_")
    return area_type, vintage


def zones_of_a_vintage(area_type: str, vintage: str) -> int:
    """Return how many areas of a type there are in Scotland.

    Examples
    --------
    >>> zones_of_a_vintage("data_zone", "2011"), zones_of_a_vintage("intermediate_zone", "2022")
    (6976, 1334)
    """
    first, last = next((first, last) for census, first, last in _RANGES[area_type] if census == vintage)
    return last - first + 1


def vintages_of(codes: Sequence[str] | np.ndarray, area_type: str = "data_zone") -> np.ndarray:
    """Return the census that each area code was drawn for: ``2001``, ``2011``, ``2022``, or "" where it is none.

    Examples
    --------
    >>> vintages_of(["S01000001", "S01006506", "S01013482", "E01000001"]).tolist()
    ['2001', '2011', '2022', '']
    """
    texts = pd.Series(np.asarray(codes, dtype=object), dtype="str")
    formed = texts.str.fullmatch(_PREFIXES[area_type] + r"\d{6}").to_numpy(dtype=bool, na_value=False)
    numbers = pd.to_numeric(texts.str.slice(3).where(formed), errors="coerce").to_numpy(dtype="float64")
    found = np.full(len(texts), "", dtype=object)
    for vintage, first, last in _RANGES[area_type]:
        found[(numbers >= first) & (numbers <= last)] = vintage
    return found


def is_of_geography(
    codes: Sequence[object] | np.ndarray, geography: str, *, mixes_vintages: bool = False
) -> np.ndarray:
    """Return which codes are of the declared type of area, in tables that hold several types.

    Parameters
    ----------
    codes
        Codes as read, shape (rows,).
    geography
        Declared geography, such as ``data_zone_2011``.
    mixes_vintages
        Leave out areas of other vintages too. Only for tables that are known to mix them: elsewhere another vintage is
        a mistake that `check_areas` should see.

    Examples
    --------
    >>> codes = ["S92000003", "S01006506", "S01000001"]
    >>> is_of_geography(codes, "data_zone_2011").tolist()
    [False, True, True]
    >>> is_of_geography(codes, "data_zone_2011", mixes_vintages=True).tolist()
    [False, True, False]
    """
    area_type, vintage = geography_of(geography)
    texts = np.array(["" if code is None else str(code).strip() for code in codes], dtype=object)
    keep = np.array([text.startswith(_PREFIXES[area_type]) for text in texts], dtype=bool)
    if mixes_vintages:
        others = vintages_of(texts, area_type)
        keep &= (others == vintage) | (others == "")
    return keep


def check_areas(
    codes: Sequence[object] | np.ndarray,
    *,
    geography: str,
    where: Path | str,
    column: str,
    is_unique: bool = True,
) -> np.ndarray:
    """Return the area codes of a table as an array of texts, checked.

    Parameters
    ----------
    codes
        Codes as read, shape (rows,).
    geography
        Declared geography, such as ``data_zone_2011``.
    where, column
        File and column, for messages.
    is_unique
        Whether each code may be there only once.

    Raises
    ------
    GeographyError
        If there is no code, a code is of another vintage or no code of this geography at all, or is there twice.

    Examples
    --------
    >>> check_areas(["S01006506", "S01006507"], geography="data_zone_2011", where="file.csv", column="DZ").tolist()
    ['S01006506', 'S01006507']
    """
    area_type, vintage = geography_of(geography)
    name = area_type.replace("_", " ")
    texts = np.array(["" if code is None else str(code).strip() for code in codes], dtype=object)
    if not len(texts):
        raise GeographyError(
            "A table has no rows",
            where=where,
            column=column,
            expected=f"one row per {name}",
            found="none",
            remedy="fetch the file again",
        )
    distinct = texts if is_unique else pd.unique(texts)
    found = vintages_of(distinct, area_type)
    wrong = found != vintage
    if wrong.any():
        others = sorted(set(found[wrong]) - {""})
        shown = f"{int(wrong.sum()):,} of {len(distinct):,} codes are of " + (
            f"the {' and '.join(others)} {name}s" if others else f"no known {name}"
        )
        raise GeographyError(
            f"Codes are of another vintage of {name}s" if others else f"Codes are not those of {name}s",
            where=where,
            column=column,
            codes=distinct[wrong],
            expected=f"codes of the {vintage} {name}s",
            found=shown,
            remedy=f"get the table for the {vintage} {name}s; codes are never matched across vintages",
        )
    if is_unique:
        duplicated = pd.Series(texts).duplicated(keep=False).to_numpy()
        if duplicated.any():
            twice = pd.unique(texts[duplicated])
            raise GeographyError(
                f"Duplicated {name} codes",
                where=where,
                column=column,
                codes=twice,
                expected="each code once",
                found=f"{len(twice):,} more than once ({some(twice, 1)})",
                remedy="remove the rows that should not be there",
            )
    return texts
