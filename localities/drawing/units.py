"""Lists by intermediate zone, output area, postcode or postcode sector, turned into data zones by where people live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from indicators.errors import GeographyError
from indicators.readers.shared.areas import vintages_of
from localities.boundaries.zone_lists import units_of

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

_HALF = 0.5


def in_data_zones(
    context: DrawingContext, areas: pd.DataFrame, where: object, *, by_shares: bool = False
) -> pd.DataFrame:
    """Return a list of areas by data zone: ``locality_code, locality_name, zone_code, weight``.

    Where zones are taken whole, ``inside`` is the share of their residents who live in the area.

    Intermediate zones are their data zones. Of output areas, postcodes and sectors a data zone belongs to the areas
    that hold at least half of its residents, or, by shares, to each with the share that lives there. Residents of a
    postcode are those of the output area that it is nearest to; those of an output area of 2022, for want of counts,
    are taken as the same in each of a zone.

    Parameters
    ----------
    context
        With ``nrs-output-areas-2011`` for output areas of 2011 and postcodes, ``os-code-point-open`` for postcodes,
        ``nrs-oa22-dz22-lookup`` for output areas of 2022.
    areas
        ``locality_code, locality_name, zone_code, weight``; `zone_code` is of one kind.
    where
        What they are of, for messages.

    Raises
    ------
    SourceUnavailable
        If a file is not there.
    GeographyError
        If half of the codes or more are not known; fewer are left out (`unknown_codes`).
    """
    unit, areas, parts = _parts(context, areas)
    if parts is None:
        return areas
    unknown = ~areas["zone_code"].isin(parts["part"])
    if unknown.mean() >= _HALF:
        kind = unit.replace("_", " ")
        is_old = unit == "intermediate_zone" and (vintages_of(areas["zone_code"], unit) == "2001").any()
        raise GeographyError(
            f"A list names {kind}s that are not known",
            where=where,
            codes=areas.loc[unknown, "zone_code"],
            expected=f"{kind}s that are in use and lie in data zones",
            found=f"{int(unknown.sum()):,} of {len(areas):,} that do not"
            + (", codes of the census of 2001 among them" if is_old else ""),
            remedy="list the data zones of 2001 that they were made of: no lookup here has the intermediate zones"
            if is_old
            else "correct them; if they are right, no lookup here has them: list the data zones instead",
        )
    merged = areas.merge(parts, left_on="zone_code", right_on="part", suffixes=("_of_list", ""))
    merged["weight"] = merged["weight"] * merged["share"]
    drawing = merged.groupby(["locality_code", "locality_name", "zone_code"], as_index=False)["weight"].sum()
    drawing["weight"] = drawing["weight"].round(9).clip(upper=1.0)
    if by_shares or unit == "intermediate_zone":
        return drawing
    kept = drawing[drawing["weight"] >= _HALF].reset_index(drop=True)
    return kept.assign(inside=kept["weight"], weight=1.0)


def unknown_codes(context: DrawingContext, areas: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a list whose code is in no lookup, as `in_data_zones` leaves them out; none of data zones."""
    _, known, parts = _parts(context, areas)
    return areas.iloc[:0] if parts is None else areas[~known["zone_code"].isin(parts["part"]).to_numpy()]


def _parts(context: DrawingContext, areas: pd.DataFrame) -> tuple[str, pd.DataFrame, pd.DataFrame | None]:
    """Return the kind of a list's codes, the list, and the data zones of each code; None where it is of data zones."""
    unit = str(units_of(areas["zone_code"].head(1)).iloc[0])
    if unit == "data_zone":
        return unit, areas, None
    if unit.startswith("postcode"):
        codes = areas["zone_code"].str.replace(" ", "", regex=False)
        return unit, areas.assign(zone_code=codes), _of_postcodes(context, unit)
    vintage = str(vintages_of(areas["zone_code"].head(1).to_numpy(dtype=object), unit)[0])
    return unit, areas, (_of_intermediate if unit == "intermediate_zone" else _of_output)(context, vintage)


def _of_intermediate(context: DrawingContext, vintage: str) -> pd.DataFrame:
    """Return the data zones of intermediate zones: ``part, zone_code, share``, those of another census by its zones."""
    if vintage == context.vintage:
        pairs = context.zones[["intermediate_zone_code", "zone_code"]]
    elif context.crosswalk is not None:
        known = context.crosswalk[context.crosswalk["from_vintage"] == vintage]
        pairs = known[["from_parent", "from_code"]].dropna().drop_duplicates()
    else:
        pairs = pd.DataFrame(columns=["part", "zone_code"], dtype="str")
    return pairs.set_axis(["part", "zone_code"], axis="columns").assign(share=1.0)


def _of_output(context: DrawingContext, vintage: str) -> pd.DataFrame:
    if vintage == "2011":
        from localities.residents.output_areas import read_output_areas

        points = read_output_areas(context.file("nrs-output-areas-2011"))
        pairs = points.rename(columns={"code": "part"})[["part", "zone_code", "residents"]]
    else:
        from indicators.readers.shared.output_areas import OUTPUT_AREA_LOOKUPS, zones_of_output_areas

        source = OUTPUT_AREA_LOOKUPS["2022"][0]
        pairs = zones_of_output_areas({source: context.file(source)}, "2022").dropna()
        pairs = pairs.rename(columns={"oa_code": "part"}).assign(residents=1.0)
    return pairs.assign(share=pairs["residents"] / pairs.groupby("zone_code")["residents"].transform("sum"))


def _of_postcodes(context: DrawingContext, unit: str) -> pd.DataFrame:
    postcodes, people = context.postcodes
    part = postcodes["postcode" if unit == "postcode" else "sector"].str.replace(" ", "", regex=False)
    return pd.DataFrame(
        {
            "part": part.to_numpy()[people["postcode"].to_numpy()],
            "zone_code": context.zones["zone_code"].to_numpy()[people["zone"].to_numpy()],
            "share": people["share"].to_numpy(),
        }
    )
