"""`localities profile`, `pack` and `report`: documents for boards and communities, in Word, PDF and HTML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import (
    Areas,
    AsJson,
    CandidateSets,
    HomeFolder,
    Sample,
    Scheduler,
    among,
    areas_named,
    home_of,
    one_locality,
    refuse,
    sets_named,
)
from pipelines.cli.parts.output import say_fictional, screen, write_json
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from pipelines.folders import Home
    from pipelines.run.documents import Wanted
    from pipelines.storage.store import Store

_KINDS = {"pack": "evidence_pack", "report": "progress_report"}

Formats = Annotated[
    str,
    typer.Option(
        "--format", metavar="docx,pdf,html", help="Which of Word (to edit), PDF (tagged) and HTML, with commas."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Folder; `documents` beside the publications by default.", show_default=False),
]


def profile(
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="PLACE", help="Id, code or name of a place, a data zone or postcode in it.", show_default=False
        ),
    ] = None,
    all_flagged: Annotated[
        bool, typer.Option("--all-flagged", help="Every flagged place of the drawing proposed, or of --candidate-set.")
    ] = False,
    form: Formats = "docx,pdf,html",
    area: Areas = None,
    candidate_set: CandidateSets = None,
    out: Out = None,
    scheduler: Scheduler = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Write the profile of a place, or of every flagged one, for councillors, communities and planners.

    Two to five pages: where it is, who lives there, outcomes beside its partnership and Scotland, how they changed, how
    sure and how old that is, what could be aimed for, and what was decided. PLACE is looked for in the drawing proposed
    first.
    """
    if (place is None) != all_flagged:
        raise refuse("Name one place, or give --all-flagged.", "PLACE")
    working = home_of(home, is_sample=sample)
    store = _opened(working, sample)
    places = _places(store, working, area, candidate_set, sample)
    if place is not None:
        chosen = places[places["locality_id"] == _one_of(place, places, store, working, candidate_set is None)]
    else:
        flagged = rows_of(store, "verdicts", columns=["locality_id"], where={"is_flagged": [True]})
        chosen = places[places["locality_id"].isin(flagged["locality_id"])]
        chosen = chosen if candidate_set else chosen[chosen["is_proposed"]]
    _write([_profile(row) for row in chosen.itertuples()], working, form, out, scheduler, as_json, sample)


def pack(
    area: Areas = None,
    form: Formats = "docx,pdf,html",
    out: Out = None,
    scheduler: Scheduler = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Write the evidence pack for a partnership's plan: how outcomes vary, by place and between communities.

    With the drawings considered, inequality over time, the National Outcome of each outcome, and a section for each of
    the six statements by which plans were reviewed nationally.
    """
    _write_for_partnerships("pack", area, form, out, scheduler, sample, home, as_json)


def report(
    area: Areas = None,
    form: Formats = "docx,pdf,html",
    out: Out = None,
    scheduler: Scheduler = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Write the annual progress report of a partnership and its localities, against past, rest and its own targets."""
    _write_for_partnerships("report", area, form, out, scheduler, sample, home, as_json)


def _write_for_partnerships(
    command: str,
    area: Sequence[str] | None,
    form: str,
    out: Path | None,
    scheduler: str | None,
    sample: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    from pipelines.run.documents import Wanted

    working = home_of(home, is_sample=sample)
    store = _opened(working, sample)
    places = _places(store, working, area, None, sample)
    drawn = places.loc[places["is_proposed"], ["cpp_code", "candidate_set"]].drop_duplicates()
    wanted = [Wanted(_KINDS[command], str(row.cpp_code), str(row.candidate_set)) for row in drawn.itertuples()]
    _write(wanted, working, form, out, scheduler, as_json, sample)


def _opened(working: Home, is_sample: bool) -> Store:
    from pipelines.run.documents import NEEDED

    return open_store(working, *NEEDED, is_sample=is_sample)


def _places(
    store: Store, working: Home, area: Sequence[str] | None, candidate_set: Sequence[str] | None, is_sample: bool
) -> pd.DataFrame:
    """Return the places in question, and whether each is of the drawing that is proposed to its partnership."""
    import pandas as pd

    codes = areas_named(area, working, is_sample=is_sample)
    places = rows_of(
        store,
        "candidate_localities",
        columns=["locality_id", "locality_name", "candidate_set", "cpp_code", "cpp_name"],
        where=where_of(cpp_code=codes, candidate_set=sets_named(candidate_set, working)),
    )
    proposed = rows_of(store, "reach", columns=["cpp_code", "candidate_set"], where={"is_proposed": [True]})
    keys = ["cpp_code", "candidate_set"]
    of_proposed = pd.MultiIndex.from_frame(places[keys]).isin(pd.MultiIndex.from_frame(proposed[keys]))
    return places.assign(is_proposed=of_proposed)


def _one_of(text: str, places: pd.DataFrame, store: Store, working: Home, is_any_set: bool) -> str:
    if is_any_set:
        try:
            return one_locality(text, places[places["is_proposed"]], option="PLACE", store=store, home=working)
        except typer.BadParameter:
            # of another drawing, or of several places: the message of all drawings says which
            pass
    return one_locality(text, places, option="PLACE", store=store, home=working)


def _profile(row) -> Wanted:  # type: ignore[no-untyped-def]
    from pipelines.run.documents import Wanted

    return Wanted("profile", str(row.cpp_code), str(row.candidate_set), str(row.locality_id))


def _write(
    wanted: Sequence[Wanted],
    working: Home,
    form: str,
    out: Path | None,
    scheduler: str | None,
    as_json: bool,
    is_sample: bool,
) -> None:
    from pipelines.run.documents import FORMATS, written

    formats = among(form.split(","), FORMATS, "--format") or list(FORMATS)
    folder = out or working.publications / "documents"
    paths = [path for some in written(working, wanted, folder, formats, scheduler) for path in some]
    if as_json:
        write_json([str(path) for path in sorted(paths)])
        return
    if is_sample:
        say_fictional()
    console = screen()
    if not paths:
        console.print("No place is flagged there: nothing to write.")
    for path in sorted(paths)[:12]:
        console.print(str(path), markup=False, soft_wrap=True)
    if len(paths) > 12:
        console.print(f"and {len(paths) - 12:,} more files in {folder}", markup=False, soft_wrap=True)
