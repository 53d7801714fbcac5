"""What a person may name on the command line: the working folder, areas, candidate sets and localities.

A name that cannot be found is wrong usage (exit code 2) and is answered with what could have been meant.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indicators.errors import ConfigError
from pipelines.home import Home, find_home

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Areas",
    "AsJson",
    "CandidateSets",
    "HomeFolder",
    "Mirror",
    "Sample",
    "areas_named",
    "home_of",
    "localities_named",
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
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, for machines.")]


def refuse(message: str, option: str) -> typer.BadParameter:
    """Return the error for a value that an option cannot take: exit code 2."""
    return typer.BadParameter(message, param_hint=option)


def home_of(folder: Path | None, *, is_sample: bool = False) -> Home:
    """Return the working folder that was named, or the sample's folder inside it."""
    home = find_home(folder)
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
    from localities.places import cpp_codes

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

    from pipelines.sample.plan import COUNCILS

    return pd.DataFrame({"cpp_code": [one.code for one in COUNCILS], "cpp_name": [one.name for one in COUNCILS]})


def sets_named(texts: Sequence[str] | None) -> list[str] | None:
    """Return the ids of the candidate sets named, each once, or None for all. ``-`` may stand for ``_``."""
    if not texts:
        return None
    from localities.candidate_sets import set_ids

    known = set_ids()
    named = list(dict.fromkeys(text.strip().casefold().replace("-", "_") for text in texts))
    for name in named:
        if name not in known:
            raise refuse(f"No such way of drawing localities: {name!r}. Known: {', '.join(known)}.", "--candidate-set")
    return named


def localities_named(text: str, localities: pd.DataFrame, *, option: str) -> pd.DataFrame:
    """Return the candidate localities that a text means: an id, a code, or a name in any spelling.

    Parameters
    ----------
    text
        Such as ``wards:S13002516``, ``S13002516`` or ``Govan``.
    localities
        Rows to look among, with ``locality_id, locality_name, candidate_set, cpp_name``.
    option
        The option or argument, for the message.

    Raises
    ------
    typer.BadParameter
        If nothing matches, with the nearest names.
    """
    from localities.places import slug_of

    wanted = text.strip()
    ids = localities["locality_id"].astype(str)
    slugs = localities["locality_name"].astype(str).map(slug_of)
    slug = slug_of(wanted)
    for matches in (
        ids.str.casefold() == wanted.casefold(),
        ids.str.partition(":")[2].str.casefold() == wanted.casefold(),
        (slugs == slug) & bool(slug),
        slugs.str.contains(slug, regex=False) & bool(slug),
    ):
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
    found = localities_named(text, localities, option=option)
    if len(found) == 1:
        return str(found["locality_id"].iloc[0])
    raise refuse(
        f"{text!r} may be any of {len(found):,} localities. Give an id, or narrow with --area and --candidate-set:\n"
        f"{_listed(found)}",
        option,
    )


def _listed(localities: pd.DataFrame, most: int = 12) -> str:
    rows = localities.sort_values(["cpp_name", "locality_name", "locality_id"]).head(most)
    lines = [
        f"  {row.locality_id}  {row.locality_name}, {row.cpp_name}"
        for row in rows[["locality_id", "locality_name", "cpp_name"]].itertuples()
    ]
    rest = len(localities) - len(rows)
    return "\n".join([*lines, f"  and {rest:,} more"] if rest > 0 else lines)
