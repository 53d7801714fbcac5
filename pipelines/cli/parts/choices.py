"""What a person may name on the command line: the working folder, areas, candidate sets and localities.

A name that cannot be found is wrong usage (exit code 2) and is answered with what could have been meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from contextvars import ContextVar
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indicators.declaring.own import use_folder
from indicators.errors import ConfigError
from pipelines.cli.parts.output import rows_in
from pipelines.folders import Home, find_home
from pipelines.run.team import look_in
from pipelines.workers import SCHEDULER_VARIABLE

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.store import Store

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
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler whose workers share the work, such as tcp://127.0.0.1:8786. By default "
        f"{SCHEDULER_VARIABLE}, else the cores of this machine.",
        show_default=False,
    ),
]
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
    typer.Option(
        "--locality",
        "-l",
        metavar="ID|NAME|ZONE|POSTCODE",
        help="Candidate locality, or what lies in it. Repeatable.",
        show_default=False,
    ),
]
Indicators = Annotated[
    list[str] | None,
    typer.Option("--indicator", "-i", metavar="ID", help="Indicator. Repeatable.", show_default=False),
]
_ZONE = re.compile(r"S01\d{6}")
_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})")
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
    if is_sample:
        home = home.for_sample()
        use_folder(home.root)
    look_in(home)
    return home


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
    from pipelines.storage.reading import rows_of
    from pipelines.storage.store import Store

    store = Store(home.store)
    if "zones" in store.manifests():
        return rows_of(store, "zones", columns=["cpp_code", "cpp_name"])
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


def localities_named(
    texts: Sequence[str], localities: pd.DataFrame, *, option: str, store: Store | None = None, home: Home | None = None
) -> pd.DataFrame:
    """Return the candidate localities that texts mean, each once.

    Parameters
    ----------
    texts
        Ids (``wards:S13002516``), codes (``S13002516``), names or parts of them in any spelling (``Govan``), and with a
        store data zones (``S01006506``) and postcodes (``EH6 5AB``), which mean the localities that hold them.
    localities
        Rows to look among, with ``locality_id, locality_name, candidate_set, cpp_name``.
    option
        The option or argument, for the message.
    store, home
        Where zones, verdicts and the file of postcodes are.

    Raises
    ------
    typer.BadParameter
        If nothing matches a text, with the names most like it.
    """
    import pandas as pd

    found = [_localities_of(text, localities, option, store, home) for text in texts]
    return pd.concat(found).drop_duplicates("locality_id")


def _localities_of(
    text: str, localities: pd.DataFrame, option: str, store: Store | None, home: Home | None
) -> pd.DataFrame:
    from localities.councils import slug_of

    found = _holding(text, localities, option, store, home)
    if found is not None:
        return found
    wanted, slug = text.strip().casefold(), slug_of(text)
    ids = localities["locality_id"].astype(str).str.casefold()
    for matches in (ids == wanted, ids.str.replace(r"^[^:]*:", "", regex=True) == wanted):
        if matches.any():
            return localities[matches]
    slugs = _slugs(localities)
    for matches in ((slugs == slug) & bool(slug), slugs.str.contains(slug, regex=False) & bool(slug)):
        if matches.any():
            return localities[matches]
    near = _alike(slug, slugs)
    listed = _listed(localities.loc[near.index], store, near)
    hint = f" Most like it:\n{listed}" if listed else " `localities candidates` lists them all."
    raise refuse(f"No such locality: {text!r}.{hint}", option)


def _slugs(localities: pd.DataFrame) -> pd.Series:
    """Return the name of each locality in plain letters; most names are those of several localities."""
    import numpy as np
    import pandas as pd

    from localities.councils import slug_of

    names, distinct = pd.factorize(localities["locality_name"].astype(str))
    return pd.Series(np.array([slug_of(name) for name in distinct], dtype=object)[names], localities.index, dtype="str")


def _alike(slug: str, slugs: pd.Series) -> pd.Series:
    """Return how far down each name comes that is like a text, 0 for the most alike: whole names, then words of them.

    Examples
    --------
    >>> import pandas as pd
    >>> _alike("methill", pd.Series(["east-methil", "methil", "leith"])).to_dict()
    {0: 1, 1: 0}
    """
    distinct = slugs.unique().tolist()
    near = difflib.get_close_matches(slug, distinct, n=5, cutoff=0.6)
    words = difflib.get_close_matches(slug, {word for name in distinct for word in name.split("-")}, n=2, cutoff=0.8)
    near += [name for word in words for name in distinct if word in name.split("-") and name not in near]

    def likeness(name: str) -> float:
        """Return the letters in common, and those from the first one on: what is mistyped begins right."""
        parts = [(name, 0.1), *((word, 0.0) for word in name.split("-"))]
        return max(
            difflib.SequenceMatcher(None, slug, part).ratio()
            + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(slug, part, strict=False)))
            / max(len(slug), 1)
            + more
            for part, more in parts
        )

    near.sort(key=likeness, reverse=True)
    return slugs[slugs.isin(near)].map({name: rank for rank, name in reversed(list(enumerate(near)))})


def _holding(
    text: str, localities: pd.DataFrame, option: str, store: Store | None, home: Home | None
) -> pd.DataFrame | None:
    """Return the localities that hold a data zone or a postcode; None if a text is neither."""
    code = text.strip().upper()
    postcode = _POSTCODE.fullmatch(code)
    if store is None or home is None or not (postcode or _ZONE.fullmatch(code)):
        return None
    from pipelines.storage.reading import rows_of

    if postcode:
        code = _zone_of(store, home, " ".join(postcode.groups()), option)
    members = rows_of(store, "membership", columns=["locality_id"], where={"zone_code": [code]})
    found = localities[localities["locality_id"].isin(members["locality_id"])]
    if found.empty:
        raise refuse(f"No candidate locality holds {text!r}. `localities candidates` lists them all.", option)
    return found


def _zone_of(store: Store, home: Home, postcode: str, option: str) -> str:
    """Return the code of the data zone that a postcode's point lies in."""
    from shapely import Point

    from localities.residents.postcodes import read_postcodes
    from pipelines.sources.declarations import load_sources

    path = load_sources()["os-code-point-open"].path_in(home.downloads)
    if not path.is_file():
        raise refuse(
            f"No file of postcodes is there to look up {postcode}: run with the source os-code-point-open", option
        )
    listed = read_postcodes(path).set_index("postcode")
    if postcode not in listed.index:
        raise refuse(f"No such postcode in Scotland: {postcode}", option)
    zones = store.read("zones", columns=["zone_code", "geometry"])
    at = zones.sindex.query(Point(listed.at[postcode, "x"], listed.at[postcode, "y"]), predicate="intersects")
    if not len(at):
        raise refuse(f"{postcode} lies in no data zone", option)
    return str(zones["zone_code"].iloc[int(min(at))])


def one_locality(
    text: str, localities: pd.DataFrame, *, option: str, store: Store | None = None, home: Home | None = None
) -> str:
    """Return the id of the only candidate locality that a text means; in a terminal, the one chosen of several.

    The arguments are those of `localities_named`.

    Raises
    ------
    typer.BadParameter
        If none or, in a script, several match, with their ids and verdicts.
    """
    import sys

    from localities.councils import slug_of

    found = _localities_of(text, localities, option, store, home)
    if len(found) == 1:
        return str(found["locality_id"].iloc[0])
    slug = slug_of(text)
    if _holding(text, localities, option, store, home) is None and slug:
        # a name of several places is part of others' names, too
        parts = localities.loc[_slugs(localities).str.contains(slug, regex=False), "locality_id"]
        found = localities[localities["locality_id"].isin([*found["locality_id"], *parts])]
    listed = f"{text!r} may be any of {len(found):,} localities"
    order = _slugs(found).ne(slug).astype(int)
    if sys.stdin.isatty() and sys.stderr.isatty():
        import click

        click.echo(f"{listed}:\n{_listed(found, store, order)}", err=True)
        known = {str(one) for one in found["locality_id"]}
        while (answer := str(click.prompt("Which one? Give its id", err=True)).strip()) not in known:
            click.echo(f"{answer} is none of these.", err=True)
        return answer
    raise refuse(
        f"{listed}. Give an id, or narrow with --area and --candidate-set:\n{_listed(found, store, order)}", option
    )


def _listed(localities: pd.DataFrame, store: Store | None, order: pd.Series, most: int = 4) -> str:
    """Return the localities that a text may mean, line by line with their verdicts: a few of every way of drawing."""
    if localities.empty:
        return ""
    rows = localities[["locality_id", "locality_name", "cpp_name"]].assign(
        drawing=localities["locality_id"].astype(str).str.partition(":")[0], order=order
    )
    rows = rows.assign(first=rows.groupby("drawing")["order"].transform("min"))
    rows = rows.sort_values(["first", "drawing", "order", "cpp_name", "locality_name", "locality_id"])
    rows = rows.groupby("drawing", sort=False).head(most)
    verdicts: dict[str, str] = {}
    if store is not None and "verdicts" in store.manifests():
        from pipelines.storage.reading import rows_of

        known = rows_of(store, "verdicts", columns=["locality_id", "verdict"],
                        where={"locality_id": rows["locality_id"].tolist()})  # fmt: skip
        words = known["verdict"].astype(str).str.replace("_", " ")
        verdicts = dict(zip(known["locality_id"].astype(str), words, strict=True))
    lines = [
        f"  {row.locality_id}  {row.locality_name}, {row.cpp_name}"
        + (f" ({verdicts[str(row.locality_id)]})" if str(row.locality_id) in verdicts else "")
        for row in rows_in(rows)
    ]
    rest = len(localities) - len(rows)
    return "\n".join([*lines, f"  and {rest:,} more"] if rest > 0 else lines)
