"""What a person may name on the command line: the working folder, areas, candidate sets and localities.

A name that cannot be found is wrong usage (exit code 2) and is answered with what could have been meant.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indicators.errors import ConfigError
from pipelines.cli.parts.output import rows_in
from pipelines.folders import Home, find_home

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ZONES_BEFORE",
    "Areas",
    "AsCsv",
    "AsJson",
    "CandidateSets",
    "HomeFolder",
    "Indicators",
    "Limit",
    "Localities",
    "Mirror",
    "Sample",
    "Zones",
    "among",
    "areas_named",
    "first_rows",
    "home_of",
    "indicators_named",
    "localities_named",
    "one_form",
    "one_locality",
    "one_of",
    "refuse",
    "sets_named",
]

Areas = Annotated[
    list[str] | None,
    typer.Option(
        "--area",
        "-a",
        metavar="NAME|CODE|SLUG|all",
        help="Community planning partnership, such as 'Glasgow City', S12000049 or glasgow-city. Repeatable; all by "
        "default.",
        show_default=False,
    ),
]
CandidateSets = Annotated[
    list[str] | None,
    typer.Option(
        "--candidate-set",
        "-s",
        metavar="ID",
        help="Way of drawing localities, such as wards. Repeatable; all by default.",
        show_default=False,
    ),
]
HomeFolder = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="Working folder. By default LOCALITIES_HOME, else data/ of the checkout, else the current folder.",
        show_default=False,
    ),
]
Mirror = Annotated[
    str | None,
    typer.Option(
        "--mirror",
        metavar="PATH|URL",
        help="Folder or https address asked before the publishers. By default LOCALITIES_MIRROR.",
        show_default=False,
    ),
]
Sample = Annotated[bool, typer.Option("--sample", help="The embedded fictional country, in a folder of its own.")]
Zones = Annotated[
    str | None,
    typer.Option(
        "--zones",
        metavar="2011|2022",
        help="Census whose data zones to stand on. By default LOCALITIES_ZONES, else the setting zones, else 2011. "
        "What is computed for another census lies beside: zones_2022/ in the working folder.",
        show_default=False,
    ),
]
Localities = Annotated[
    list[str] | None,
    typer.Option("--locality", "-l", metavar="ID|NAME", help="Candidate locality. Repeatable.", show_default=False),
]
Indicators = Annotated[
    list[str] | None,
    typer.Option("--indicator", "-i", metavar="ID", help="Indicator. Repeatable.", show_default=False),
]
ZONES_BEFORE: ContextVar[str | None] = ContextVar("ZONES_BEFORE", default=None)
"""Census whose zones were named before the command, for commands that do not take them themselves."""

SHOWN_ROWS = 100
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        "-n",
        min=0,
        help=f"Show so many rows; 0 for all. By default {SHOWN_ROWS} in a table, all in JSON and CSV.",
        show_default=False,
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print a CSV table (UTF-8) on standard output.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, for machines.")]


def refuse(message: str, option: str) -> typer.BadParameter:
    """Return the error for a value that an option cannot take: exit code 2."""
    return typer.BadParameter(message, param_hint=option)


def home_of(folder: Path | None, *, is_sample: bool = False, zones: str | None = None) -> Home:
    """Return the working folder that was named, or the sample's folder inside it, for the zones of a census.

    Which zones is said with the command, or before it (``localities --zones 2022 findings``).
    """
    home = find_home(folder)
    census = zones or ZONES_BEFORE.get()
    if census:
        from localities.settings import ZONES

        if census not in ZONES:
            raise refuse(f"No such zones: {census!r}. Known: {', '.join(ZONES)}.", "--zones")
        home = home.on_zones(census)
    return home.for_sample() if is_sample else home


def areas_named(texts: Sequence[str] | None, home: Home, *, is_sample: bool) -> list[str] | None:
    """Return the codes of the areas named, each once, or None for all.

    Parameters
    ----------
    texts
        What was given: codes, slugs or any usual spelling; ``all`` means all.
    home
        Folder whose table of zones, if there is one, says which areas exist.
    is_sample
        Whether the areas are the fictional country's.
    """
    if not texts or any(text.strip().casefold() == "all" for text in texts):
        return None
    from localities.councils import cpp_codes

    try:
        return list(dict.fromkeys(cpp_codes(texts, _known_areas(home, is_sample=is_sample))))
    except ConfigError as error:
        raise refuse(str(error), "--area") from error


def _known_areas(home: Home, *, is_sample: bool) -> pd.DataFrame | None:
    from pipelines.storage.store import Store

    store = Store(home.store)
    if "zones" in store.manifests():
        return store.read("zones", ["cpp_code", "cpp_name"])
    if not is_sample:
        return None
    import pandas as pd

    from pipelines.folders import sample_folder

    lookup = sample_folder() / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv"
    areas = pd.read_csv(lookup, encoding="cp1252", usecols=["LA_Code", "LA_Name"]).drop_duplicates(ignore_index=True)
    return areas.set_axis(["cpp_code", "cpp_name"], axis="columns")


def sets_named(texts: Sequence[str] | None, home: Home) -> list[str] | None:
    """Return the ids of the candidate sets named, each once, or None for all. ``-`` may stand for ``_``.

    Parameters
    ----------
    texts
        What was given.
    home
        Folder whose own boundaries are sets as well.
    """
    if not texts:
        return None
    from localities.boundaries.own_files import own_sets
    from localities.candidate_sets import set_ids

    known = (*set_ids(), *own_sets(home.boundaries))
    named = list(dict.fromkeys(text.strip().casefold().replace("-", "_") for text in texts))
    for name in named:
        if name not in known:
            raise refuse(f"No such way of drawing localities: {name!r}. Known: {', '.join(known)}.", "--candidate-set")
    return named


def indicators_named(texts: Sequence[str] | None, *, option: str = "--indicator") -> list[str] | None:
    """Return the ids of the indicators named, each once, or None for all."""
    if not texts:
        return None
    from indicators.catalogue import load_catalogue

    known = [one.id for one in load_catalogue()]
    for text in texts:
        if text not in known:
            near = difflib.get_close_matches(text, known, n=5, cutoff=0.4)
            hint = f"Nearest: {', '.join(near)}." if near else "`localities indicators list` lists them all."
            raise refuse(f"No such indicator: {text!r}. {hint}", option)
    return list(dict.fromkeys(texts))


def among(texts: Sequence[str] | None, allowed: Sequence[str], option: str) -> list[str] | None:
    """Return codes out of a short list, however their words are joined, or None for all."""
    if not texts:
        return None
    named = [text.strip().casefold().replace("-", "_").replace(" ", "_") for text in texts]
    for name, text in zip(named, texts, strict=True):
        if name not in allowed:
            raise refuse(f"{text!r} is not one of {', '.join(allowed)}.", option)
    return named


def one_form(as_json: bool, as_csv: bool) -> None:
    """Refuse to print two forms at once."""
    if as_json and as_csv:
        raise refuse("Give --json or --csv, not both.", "--csv")


def first_rows(rows: pd.DataFrame, limit: int | None, *, is_for_machines: bool) -> pd.DataFrame:
    """Return the rows to show: as many as were asked for, by default all for machines and `SHOWN_ROWS` for people."""
    most = limit if limit is not None else (0 if is_for_machines else SHOWN_ROWS)
    return rows.head(most) if most else rows


def localities_named(texts: Sequence[str], localities: pd.DataFrame, *, option: str) -> pd.DataFrame:
    """Return the candidate localities that texts mean, each once: ids, codes, or names in any spelling.

    Parameters
    ----------
    texts
        Such as ``wards:S13002516``, ``S13002516`` or ``Govan``.
    localities
        Rows to look among, with ``locality_id, locality_name, candidate_set, cpp_name``.
    option
        The option or argument, for the message.

    Raises
    ------
    typer.BadParameter
        If nothing matches a text, with the nearest names.
    """
    import pandas as pd

    found = [_localities_of(text, localities, option) for text in texts]
    return pd.concat(found).drop_duplicates("locality_id")


def _localities_of(text: str, localities: pd.DataFrame, option: str) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    from localities.councils import slug_of

    wanted, slug = text.strip().casefold(), slug_of(text)
    ids = localities["locality_id"].astype(str).str.casefold()
    for matches in (ids == wanted, ids.str.replace(r"^[^:]*:", "", regex=True) == wanted):
        if matches.any():
            return localities[matches]
    # most names are those of several localities
    names, distinct = pd.factorize(localities["locality_name"].astype(str))
    slugs = pd.Series(
        np.array([slug_of(name) for name in distinct], dtype=object)[names], localities.index, dtype="str"
    )
    for matches in ((slugs == slug) & bool(slug), slugs.str.contains(slug, regex=False) & bool(slug)):
        if matches.any():
            return localities[matches]
    near = difflib.get_close_matches(slug, slugs.unique(), n=5, cutoff=0.6)
    listed = _listed(localities[slugs.isin(near)])
    hint = f" Nearest:\n{listed}" if listed else " `localities candidates` lists them all."
    raise refuse(f"No such locality: {text!r}.{hint}", option)


def one_locality(text: str, localities: pd.DataFrame, *, option: str) -> str:
    """Return the id of the only candidate locality that a text means.

    Raises
    ------
    typer.BadParameter
        If none or several match, with their ids.
    """
    found = _localities_of(text, localities, option)
    if len(found) > 1:
        from localities.councils import slug_of

        # a name of several places is part of others' names, too
        slugs, slug = localities["locality_name"].astype(str).map(slug_of), slug_of(text.strip())
        found = localities[
            localities["locality_id"].isin(found["locality_id"]) | (slugs.str.contains(slug, regex=False) & bool(slug))
        ]
    return one_of(text, found, option=option)


def one_of(text: str, found: pd.DataFrame, *, option: str) -> str:
    """Return the id of the only locality that a text means; several are refused with a few of every way of drawing."""
    if found.empty:
        raise refuse(f"No candidate locality holds {text!r}. `localities candidates` lists them all.", option)
    if len(found) == 1:
        return str(found["locality_id"].iloc[0])
    raise refuse(
        f"{text!r} may be any of {len(found):,} localities. Give an id, or narrow with --area and --candidate-set:\n"
        f"{_listed(found)}",
        option,
    )


def _listed(localities: pd.DataFrame, most: int = 4) -> str:
    """Return the localities that a text may mean, line by line: a few of every way of drawing."""
    ordered = localities.assign(drawing=[str(one).partition(":")[0] for one in localities["locality_id"]])
    ordered = ordered.sort_values(["drawing", "cpp_name", "locality_name", "locality_id"])
    rows = ordered.groupby("drawing", sort=False).head(most)
    lines = [
        f"  {row.locality_id}  {row.locality_name}, {row.cpp_name}"
        for row in rows_in(rows[["locality_id", "locality_name", "cpp_name"]])
    ]
    rest = len(localities) - len(rows)
    return "\n".join([*lines, f"  and {rest:,} more"] if rest > 0 else lines)
