"""What the UI shows of a table: declared columns, rows, a preview, and the counts that a reader asks for first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import dagster as dg

from indicators.schema.field import ASIDE
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from localities.wording.escaping import in_markdown
from localities.wording.numbers import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 10
_LONGEST = 60


def column_schema(table: str) -> dg.TableSchema:
    """Return the declared columns of a table, with type, description and unit, for the UI.

    Examples
    --------
    >>> [(column.name, column.type) for column in column_schema("adjacency").columns][:2]
    [('zone_code', 'code'), ('neighbour_code', 'code')]
    """
    declared = TABLES[table]
    columns = []
    for name in declared.columns:
        field = FIELDS[name]
        other = [f"one of {', '.join(field.allowed)}"] if field.allowed else []
        other += [f"at least {field.minimum:g}"] if field.minimum is not None else []
        other += [f"at most {field.maximum:g}"] if field.maximum is not None else []
        columns.append(
            dg.TableColumn(
                name,
                type=field.dtype,
                description=f"{field.description} ({field.unit})" if field.unit else field.description,
                constraints=dg.TableColumnConstraints(nullable=field.nullable, other=other),
                tags={"key": ""} if name in declared.key else {},
            )
        )
    return dg.TableSchema(columns, constraints=dg.TableConstraints([f"key: {', '.join(declared.key)}"]))


def table_metadata(table: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, dg.MetadataValue]:
    """Return what a materialisation of a table says: rows, headline counts, a preview, and a map where there is one.

    Parameters
    ----------
    table, frame
        Name and content.
    tables
        The tables that it was computed from, and those computed together with it.
    """
    from pipelines.defs.metadata.maps import maps_of

    return {
        "dagster/row_count": dg.MetadataValue.int(len(frame)),
        **headline_counts(table, frame, tables),
        **{name: dg.MetadataValue.md(drawn) for name, drawn in maps_of(table, frame, tables).items()},
        "preview": dg.MetadataValue.md(markdown_table(preview(table, frame, tables))),
    }


def preview(table: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a few rows and columns of a table: places by priority, columns by importance, names in place of ids.

    Parameters
    ----------
    table, frame, tables
        As in `table_metadata`.

    Examples
    --------
    >>> import pandas as pd
    >>> preview("membership", pd.DataFrame({"locality_id": ["wards:A"], "zone_code": ["S01"], "weight": [1.0]}), {})
      zone_code locality_id  weight
    0       S01     wards:A     1.0
    """
    import pandas as pd

    from indicators.catalogue import load_catalogue

    rows = frame.nsmallest(PREVIEW_ROWS, "priority_rank") if "priority_rank" in frame else frame.head(PREVIEW_ROWS)
    named = pd.DataFrame(rows.drop(columns="geometry", errors="ignore"))
    places = tables.get("candidate_localities")
    if "locality_id" in named and "locality_name" not in named and places is not None:
        named["locality_name"] = named["locality_id"].map(places.set_index("locality_id")["locality_name"])
    if "indicator_id" in named and "title" not in named:
        titles = {one.id: one.title for one in load_catalogue()}
        named["indicator_id"] = named["indicator_id"].astype("str").replace(titles)
    ids = [name for name in named if name.endswith(("_id", "_code")) and f"{name.rpartition('_')[0]}_name" in named]
    declared = [
        *dict.fromkeys((*(name for name in named if name not in TABLES[table].columns), *TABLES[table].columns))
    ]
    shown = [name for name in declared if name in named and name not in ids]
    first = {*TABLES[table].key, "candidate_set", *(name for name in shown if name.endswith("_name"))}

    def importance(name: str) -> tuple[bool, int]:
        # what names a row, then as the layers of a GeoPackage have it
        return name not in first, min(FIELDS[name].published.values(), default=ASIDE)

    return named[sorted(shown, key=importance)[:PREVIEW_COLUMNS]]


def markdown_table(frame: pd.DataFrame) -> str:
    """Return a frame as a Markdown table; missing values are left empty, long texts cut.

    Examples
    --------
    >>> import pandas as pd
    >>> print(markdown_table(pd.DataFrame({"zone": ["S01000001", "S01000002"], "share": [0.123456, None]})))
    | zone | share |
    |---|---|
    | S01000001 | 0.123 |
    | S01000002 |  |
    """
    lines = [" | ".join(map(_cell, frame.columns)), "|".join(["---"] * len(frame.columns))]
    body = [" | ".join(_cell(value) for value in row) for row in frame.itertuples(index=False, name=None)]
    return "\n".join([f"| {lines[0]} |", f"|{lines[1]}|", *(f"| {line} |" for line in body)])


def _cell(value: object) -> str:
    import pandas as pd

    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = " ".join(str(value).split())
    # cut before it is escaped, so that no escape is cut in two
    return in_markdown(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def headline_counts(table: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, dg.MetadataValue]:
    """Return the counts that a reader of this table asks for first; none for a table without an entry here."""
    count = _COUNTS.get(table)
    return count(frame, tables) if count else {}


Metadata = dict[str, dg.MetadataValue]


def _sources(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    stale = sorted(frame.loc[frame["is_stale"], "source_id"])
    return {
        "stale sources": dg.MetadataValue.int(len(stale)),
        "could not be refreshed": dg.MetadataValue.text(", ".join(stale) or "none"),
        "fictional": dg.MetadataValue.bool(bool(frame["is_fictional"].any())),
    }


def _zones(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    return {
        "residents": dg.MetadataValue.int(int(frame["population"].sum())),
        "partnerships": dg.MetadataValue.int(frame["cpp_code"].nunique()),
        "intermediate zones": dg.MetadataValue.int(frame["intermediate_zone_code"].nunique()),
        "zones without residents": dg.MetadataValue.int(int((frame["population"] == 0).sum())),
    }


def _adjacency(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    return {
        "borders": dg.MetadataValue.int(int((~frame["is_link"]).sum()) // 2),
        "borders along a barrier without a crossing": dg.MetadataValue.int(int(frame["barrier"].notna().sum()) // 2),
        "declared links": dg.MetadataValue.int(int(frame["is_link"].sum()) // 2),
    }


def _indicators(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    roles = frame.groupby("role", as_index=False).size().rename(columns={"size": "indicators"})
    return {"by role": dg.MetadataValue.md(markdown_table(roles))}


def _observations(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    statuses = frame.groupby("status", as_index=False).size().rename(columns={"size": "observations"})
    return {
        "indicators": dg.MetadataValue.int(frame["indicator_id"].nunique()),
        "by status": dg.MetadataValue.md(markdown_table(statuses)),
    }


def _candidates(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    by_set = frame.groupby("candidate_set", as_index=False).agg(
        localities=("locality_id", "size"),
        within_limit=("is_within_limit", "sum"),
        median_residents=("population", "median"),
        largest=("population", "max"),
        contiguous=("is_contiguous", "sum"),
    )
    return {"by candidate set": dg.MetadataValue.md(markdown_table(by_set))}


def _membership(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    by_set = frame.groupby("candidate_set", as_index=False).agg(zones=("zone_code", "nunique"), rows=("weight", "size"))
    return {"by candidate set": dg.MetadataValue.md(markdown_table(by_set))}


def _findings(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    headline = frame[frame["is_headline_period"]]
    grades = headline.groupby(["comparator", "significance"], as_index=False, observed=True).size()
    wide = grades.pivot(index="significance", columns="comparator", values="size").fillna(0).astype(int).reset_index()
    return {"headline findings by grade": dg.MetadataValue.md(markdown_table(wide))}


def _verdicts(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    by_set = frame.groupby("candidate_set", as_index=False).agg(
        localities=("locality_id", "size"), flagged=("is_flagged", "sum"), partnerships=("cpp_code", "nunique")
    )
    flagged = zip(by_set["candidate_set"], by_set["flagged"].tolist(), strict=True)
    metadata: Metadata = {f"flagged in {name}": dg.MetadataValue.int(int(count)) for name, count in flagged}
    return {"localities flagged": dg.MetadataValue.md(markdown_table(by_set)), **metadata}


def _inequality(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    measures = frame.groupby("measure", as_index=False).agg(rows=("value", "size"), with_value=("value", "count"))
    return {
        "areas": dg.MetadataValue.int(frame["area_code"].nunique()),
        "by measure": dg.MetadataValue.md(markdown_table(measures)),
    }


def _trends(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    ways = frame.groupby("trend_direction", as_index=False).size().rename(columns={"size": "series"})
    return {"by direction": dg.MetadataValue.md(markdown_table(ways))}


def _hot_spots(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    answers = ["is_beyond_chance", "is_beyond_inequality"]
    shown = frame.loc[frame["rank"] == 1, ["cpp_name", "hot_spot_name", "population", "ratio", *answers]]
    return {
        **{
            name.removeprefix("is_").replace("_", " "): dg.MetadataValue.int(int(frame[name].sum())) for name in answers
        },
        "strongest hot spots": dg.MetadataValue.md(markdown_table(shown)),
    }


def _progress(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    ways = frame.groupby(["change_direction", "ground"], as_index=False, observed=True).size()
    return {
        "against the trend": dg.MetadataValue.int(int(frame["is_against_the_trend"].sum())),
        "by direction": dg.MetadataValue.md(markdown_table(ways.rename(columns={"size": "changes"}))),
    }


def _peers(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    by_set = frame.groupby(["candidate_set", "matching"], as_index=False, observed=True).agg(
        places=("area_id", "nunique"), median_distance=("distance", "median"), same_partnership=("is_same_cpp", "mean")
    )
    return {"by candidate set": dg.MetadataValue.md(markdown_table(by_set))}


def _reach(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Metadata:
    by_set = frame.groupby("candidate_set", as_index=False).agg(
        recommended=("is_recommended", "sum"), need_reached=("need_reached", "sum"),
        residents_in_scope=("residents_in_scope", "sum"), need_missed=("need_missed", "sum"),
    )  # fmt: skip
    return {
        "partnerships with a recommendation": dg.MetadataValue.int(int(frame["is_recommended"].sum())),
        "by candidate set": dg.MetadataValue.md(markdown_table(by_set)),
    }


_COUNTS: dict[str, Callable[[pd.DataFrame, Mapping[str, pd.DataFrame]], Metadata]] = {
    "sources": _sources,
    "zones": _zones,
    "adjacency": _adjacency,
    "indicators": _indicators,
    "observations": _observations,
    "candidate_localities": _candidates,
    "membership": _membership,
    "findings": _findings,
    "verdicts": _verdicts,
    "inequality": _inequality,
    "trends": _trends,
    "progress": _progress,
    "peers": _peers,
    "reach": _reach,
    "hot_spots": _hot_spots,
}
