"""Health profiles of councils by Public Health Scotland (ScotPHO), as context for what is found in small areas.

The profiles publish their zone figures only through a web tool; what can be had in one file is one row per council and
indicator with its interval. So nothing here enters observations or votes: a council's figure says how the whole area
stands, not where in it. Which way is poorer is taken from the publisher's technical document, with two rows put right.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import GeographyError
from indicators.readers.shared.cells import parse_cells
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.published import source_file

PROFILES = "phs-scotpho-profiles"
TECHNICAL_DOCUMENT = "phs-scotpho-technical-document"

CORRECTED = {"S2 pupils who smoke (SALSUS)": "higher", "S4 pupils who smoke (SALSUS)": "higher"}
"""Rows of the technical document that call more smoking better, against its own rows on smoking prevalence."""

_POORER = {
    "Higher numbers are worse": "higher",
    "Higher numbers are better": "lower",
    "Indicator is assigned to 'worse' if percentage is below the Scottish average.": "lower",
}
_COUNCIL = r"S12\d{6}"
_MISSING = ("", "NA")


def council_context(files: Mapping[str, Path]) -> pd.DataFrame:
    """Return one row per council and profile indicator.

    Parameters
    ----------
    files
        The files of the sources `PROFILES` and `TECHNICAL_DOCUMENT`.

    Returns
    -------
    pandas.DataFrame
        ``cpp_code, indicator, definition, profile, period, unit, numerator, value, lower_ci, upper_ci``,
        ``poorer_is`` (missing where the publisher gives no direction or the technical document lacks the indicator)
        and ``poorer_rank`` (1 is the poorest council; missing without a direction), in order of indicator and council.

    Raises
    ------
    SourceUnavailable, UnreadableSource, SchemaError
        If a file is not there, is no CSV, lacks a column, or a figure is no number.
    GeographyError
        If an area is not a council, or is there twice for one indicator.
    """
    table = read_table(source_file(files, PROFILES))
    codes = pd.Series(table.column("area_code"), dtype="str")
    strange = ~codes.str.fullmatch(_COUNCIL)
    names = pd.Series(table.column("indicator"), dtype="str").str.strip()
    twice = pd.DataFrame({"code": codes, "name": names}).duplicated()
    if strange.any() or twice.any():
        raise GeographyError(
            "Areas are no councils" if strange.any() else "A council is there twice for one indicator",
            where=table.where,
            column="area_code",
            codes=codes[strange] if strange.any() else codes[twice],
            expected="each council once per indicator",
            remedy="fetch the profiles again, for councils",
        )

    def numbers(column: str) -> np.ndarray:
        cells = table.column(column)
        # a gap between groups, such as in pay, may be negative; a count may not
        least = 0.0 if column == "numerator" else None
        parsed = parse_cells(
            cells, codes=codes.to_numpy(), where=table.where, column=column, missing=_MISSING, minimum=least
        )
        return parsed.value

    known = _technical_document(files)
    frame = pd.DataFrame(
        {
            "cpp_code": codes,
            "indicator": names,
            "definition": names.map(known["definition"]),
            "profile": names.map(known["profile"]),
            "period": pd.Series(table.column("period"), dtype="str"),
            "unit": pd.Series(table.column("type_definition"), dtype="str"),
            "numerator": numbers("numerator"),
            "value": numbers("measure"),
            "lower_ci": numbers("lower_confidence_interval"),
            "upper_ci": numbers("upper_confidence_interval"),
            "poorer_is": names.map(known["poorer_is"]),
        }
    )
    signed = frame["value"].where(frame["poorer_is"] == "higher", -frame["value"]).where(frame["poorer_is"].notna())
    frame["poorer_rank"] = signed.groupby(frame["indicator"]).rank(ascending=False, method="min").astype("Int64")
    return frame.sort_values(["indicator", "cpp_code"], ignore_index=True)


def _technical_document(files: Mapping[str, Path]) -> pd.DataFrame:
    """Return definition, profile and direction of each indicator that the technical document has."""
    table = read_table(source_file(files, TECHNICAL_DOCUMENT))
    names = pd.Index(table.column("indicator_name"), dtype="str").str.strip()
    frame = pd.DataFrame(
        {
            "definition": table.column("indicator_definition"),
            "profile": table.column("profile"),
            "poorer_is": pd.Series(table.column("interpretation"), dtype="str").map(_POORER).to_numpy(dtype=object),
        },
        index=names,
    )
    # an indicator that several profiles share is described once for each, but not always with its direction
    frame = frame.sort_values("poorer_is", na_position="last", kind="stable")
    frame = frame[~frame.index.duplicated()]
    for name, poorer_is in CORRECTED.items():
        if name in frame.index:
            frame.loc[name, "poorer_is"] = poorer_is
    return frame
