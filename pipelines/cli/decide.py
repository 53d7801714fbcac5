"""`localities decide` and `decisions`: what a partnership decided about a place, kept beside the evidence."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer

from localities.wording.periods import period_in_words
from pipelines.cli.parts.choices import (
    Areas,
    AsCsv,
    AsJson,
    CandidateSets,
    HomeFolder,
    Sample,
    among,
    indicators_named,
    one_locality,
    refuse,
)
from pipelines.cli.parts.output import in_words, number, numbers, rows_in, say_fictional, screen, table_of
from pipelines.cli.parts.reading import open_store
from pipelines.cli.parts.results import PLACE, asked_for, places_in
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from localities.decisions.records import Decision, Decisions, Target
    from pipelines.cli.parts.results import Asked
    from pipelines.storage.store import Store

NEEDED = ("zones", "candidate_localities", "membership", "verdicts", "estimates", "observations")
_TARGET = re.compile(r"\s*([^=@\s]+)\s*=\s*([^=@\s]+)\s*@\s*(\d+)\s*")
_AGE = re.compile(r"(\d+)\s*(y|year|years|m|month|months|d|day|days)?", re.IGNORECASE)
_DAYS = {"y": 365.25, "m": 30.4375, "d": 1.0}

OlderThan = Annotated[
    str | None,
    typer.Option(
        "--older-than",
        metavar="AGE|DATE",
        help="Only decisions made longer ago, such as 10y, 18m or 90d, or before a day such as 2020-04-01.",
        show_default=False,
    ),
]


def decide(
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help="Candidate locality: id, code, name, or a zone or postcode in it.")
    ],
    because: Annotated[
        str | None,
        typer.Option("--because", metavar="TEXT", help="Why, in the partnership's words.", show_default=False),
    ] = None,
    decision: Annotated[
        str, typer.Option("--as", metavar="chosen|not-chosen|to-revisit", help="What was decided.")
    ] = "chosen",
    by_role: Annotated[
        str, typer.Option("--by", metavar="ROLE", help="Which role decided. Never the name of a person.")
    ] = "community planning board",
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="Day of the decision; today by default.", show_default=False),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            metavar="INDICATOR=VALUE@YEARS",
            help="Target for an outcome in 1, 3 or 10 years: a value of your own, or trend_continued, best_quarter or "
            "gap_closed from `localities targets`. Repeatable.",
            show_default=False,
        ),
    ] = None,
    gap_share: Annotated[
        float, typer.Option("--gap-share", min=0.0, max=1.0, help="Share of the gap, for gap_closed.")
    ] = 0.5,
    forget: Annotated[bool, typer.Option("--forget", help="Delete every decision on the place.")] = False,
    area: Areas = None,
    candidate_set: CandidateSets = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Record what the partnership decided on a place: chosen, not chosen or to revisit; by which role; why; targets.

    It is kept in a file of the partnership's own, which no run overwrites, with the verdict, the boundary and the
    figures as they are now, so that later changes are noticed. Every file published from then on shows it beside the
    evidence. A second decision on a place stands beside the first, and is the one in force.
    """
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=False, area=area, candidate_set=candidate_set)
    if forget:
        if because is not None or target:
            raise refuse("--forget deletes: give it without --because and --target.", "--forget")
        _forget_place(place, asked)
        return
    if because is None or not because.strip():
        raise refuse('Say why, in the partnership\'s words: --because "...".', "--because")
    made = _made(place, because, decision, by_role, on, target or (), gap_share, asked)
    if as_json:
        from pipelines.cli.parts.output import write_json

        write_json(made[1])
    else:
        _say_recorded(*made, asked)


def decisions(
    older_than: OlderThan = None,
    forget: Annotated[bool, typer.Option("--forget", help="Delete the decisions listed.")] = False,
    area: Areas = None,
    candidate_set: CandidateSets = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List what was decided on which places, how targets stand, and which boundaries changed since.

    With --forget the decisions listed are deleted: those of some partnerships (--area), or those that are older than
    they may be kept (--older-than 10y).
    """
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area, candidate_set=candidate_set)
    before = None if older_than is None else _day_before(older_than)

    def is_meant(cpp_code: str, one: Decision) -> bool:
        return (
            (asked.areas is None or cpp_code in asked.areas)
            and (asked.sets is None or one.place.partition(":")[0] in asked.sets)
            and (before is None or one.decided_on < before)
        )

    if forget:
        if area is None and before is None and candidate_set is None:
            raise refuse("Say which: --older-than, --area or --candidate-set (`--area all` for all).", "--forget")
        _forget(asked, is_meant)
        return
    from pipelines.run.decisions import decided_in

    store = open_store(asked.home, *NEEDED, is_sample=sample)
    found = decided_in(asked.home, store, cpp_codes=asked.areas)
    rows = found.decisions
    if asked.sets is not None:
        rows = rows[rows["candidate_set"].isin(asked.sets)]
    if before is not None:
        import pandas as pd

        rows = rows[rows["decided_on"] < pd.Timestamp(before)]
    rows = rows.sort_values(["cpp_name", "locality_name", "decided_on"], ignore_index=True)
    targets = found.targets[found.targets["locality_id"].isin(rows["locality_id"])]
    asked.show(
        rows,
        lambda shown: _show(shown, targets),
        what="decisions",
        nothing='No decision is recorded here. `localities decide PLACE --because "..."` records one.',
    )


def _made(
    place: str,
    because: str,
    decision: str,
    by_role: str,
    on: str | None,
    targets: Sequence[str],
    gap_share: float,
    asked: Asked,
) -> tuple[Decisions, dict[str, Any]]:
    """Record a decision; return the partnership's file, and the decision as it is kept with the path of the file."""
    from indicators.declaring.strict_yaml import check_as
    from indicators.schema.vocabulary import DECISIONS
    from localities.decisions.records import Decision, Decisions, read_decisions, record, write_decisions
    from pipelines.run.workspace import the_only_run
    from pipelines.storage.whole import write_whole

    today = dt.date.today()
    when = today if on is None else _date(on, "--on")
    if when > today:
        raise refuse(f"{when} is still to come: a decision is recorded once it is made.", "--on")
    (code,) = among([decision], DECISIONS, "--as") or ("",)
    if "@" in by_role:
        raise refuse("Give a role, such as 'community planning board': no address, and no person's name.", "--by")
    store = open_store(asked.home, *NEEDED, is_sample=asked.is_sample)
    chosen = one_locality(place, places_in(store, asked), option="PLACE", store=store, home=asked.home)
    of_place = {"locality_id": [chosen]}
    row = rows_of(store, "candidate_localities", columns=[*PLACE, "population"], where=of_place).iloc[0]
    answer = str(rows_of(store, "verdicts", columns=["answer"], where=of_place)["answer"].iloc[0])
    members = rows_of(store, "membership", columns=["zone_code", "weight"], where=of_place).sort_values("zone_code")
    vintage = rows_of(store, "zones", columns=["vintage"], where={"zone_code": [members["zone_code"].iloc[0]]})
    written = {
        "place": chosen,
        "name": str(row["locality_name"]),
        "decision": code,
        "by_role": by_role,
        "decided_on": str(when),
        "because": because,
        "answer": answer,
        "vintage": str(vintage["vintage"].iloc[0]),
        "people": int(row["population"]),
        "zones": members["zone_code"].tolist(),
        "shares": {one.zone_code: round(float(one.weight), 4) for one in rows_in(members) if one.weight < 1},
        "targets": [_plain(one) for one in _targets(targets, chosen, row, store, asked, gap_share)],
    }
    kept: Decision = check_as(Decision, written, "The decision")
    with the_only_run(asked.home):
        files = {one.cpp_code: one for one in read_decisions(asked.home.decisions)}
        file = files.get(str(row["cpp_code"])) or Decisions(str(row["cpp_code"]), str(row["cpp_name"]))
        file = record(file, kept)
        path = write_decisions(asked.home.decisions, file, write_whole)
    return file, {"file": str(path), **_plain(kept)}


def _plain(one: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: str(value) if isinstance(value, dt.date) else value for name, value in asdict(one).items()}


def _targets(
    texts: Sequence[str], place: str, row: pd.Series, store: Store, asked: Asked, gap_share: float
) -> list[Target]:
    """Return the targets that were given, each beside the figure as it is; refuse what is none."""
    if not texts:
        return []
    from indicators.catalogue import load_catalogue
    from indicators.schema.vocabulary import PROJECTED_YEARS, TARGET_GROUNDS
    from localities.decisions.beside import period_ends
    from localities.decisions.records import Target

    given = []
    for text in texts:
        found = _TARGET.fullmatch(text)
        if found is None or int(found[3]) not in PROJECTED_YEARS:
            raise refuse(
                f"{text!r} is no target. Give INDICATOR=VALUE@YEARS with 1, 3 or 10 years, such as simd_income=12.5@3.",
                "--target",
            )
        given.append((found[1], found[2], int(found[3])))
    catalogue = load_catalogue()
    wanted = indicators_named([indicator for indicator, *_ in given], option="--target") or []
    odd = [one for one in wanted if catalogue[one].role != "outcome"]
    if odd:
        raise refuse(f"Only outcomes are given targets. Not an outcome: {', '.join(odd)}.", "--target")
    figures = rows_of(
        store, "estimates", columns=["indicator_id", "period", "value", "lower_ci", "upper_ci", "status"],
        where={"locality_id": [place], "indicator_id": wanted, "is_headline_period": [True]},
    ).set_index("indicator_id")  # fmt: skip
    ends = period_ends(partial(rows_of, store), wanted)
    ranges = None
    if any(value in TARGET_GROUNDS for _, value, _ in given):
        ranges = _ranges(place, row, store, asked, wanted, gap_share)
    made: list[Target] = []
    for indicator, value, years in given:
        one = catalogue[indicator]
        now = figures.loc[indicator] if indicator in figures.index else None
        if now is None or now["value"] != now["value"]:
            why = "" if now is None else f": {in_words(now['status'])}"
            raise refuse(f"{one.title} has no figure for this place{why}, so no target can be held against it.",
                         "--target")  # fmt: skip
        ground = value if value in TARGET_GROUNDS and value != "own" else "own"
        goal = _number(value, one.title) if ground == "own" else _of_range(ranges, indicator, ground, years)
        _check_side(one, goal, float(now["value"]), str(now["period"]))
        limits = [None if limit != limit else _short(limit) for limit in (now["lower_ci"], now["upper_ci"])]
        made.append(
            Target(
                indicator=indicator, years=years, target=_short(goal), ground=ground, value=_short(now["value"]),
                period=str(now["period"]), period_end=ends[indicator, str(now["period"])], lower=limits[0],
                upper=limits[1],
            )
        )  # fmt: skip
    _check_order(made, catalogue)
    return made


def _ranges(
    place: str, row: pd.Series, store: Store, asked: Asked, indicators: Sequence[str], gap_share: float
) -> pd.DataFrame:
    from indicators.catalogue import load_catalogue
    from pipelines.cli.targets import NEEDED as OF_RANGES
    from pipelines.cli.targets import targets_of

    store = open_store(asked.home, *OF_RANGES, is_sample=asked.is_sample)
    alike = rows_of(
        store, "candidate_localities", columns=[*PLACE, "population"], where={"candidate_set": [row["candidate_set"]]}
    )
    return targets_of(store, place, alike, load_catalogue(), indicators, gap_share)


def _of_range(ranges: pd.DataFrame | None, indicator: str, ground: str, years: int) -> float:
    """Return a figure of `localities targets`; refuse one that is not there, or asks for nothing."""
    if ranges is None:
        raise ValueError("the ranges were not worked out")
    rows = ranges[
        (ranges["indicator_id"] == indicator) & (ranges["ground"] == ground) & (ranges["years_ahead"] == years)
    ]
    row = rows.iloc[0]
    if isinstance(row["reason"], str):
        raise refuse(f"{indicator}={ground}@{years} gives no target: {row['reason']}.", "--target")
    return float(row["target"])


def _number(text: str, title: str) -> float:
    try:
        found = float(text.rstrip("%"))
    except ValueError:
        found = float("nan")
    if found != found or abs(found) == float("inf"):
        raise refuse(
            f"{text!r} is no value for {title}. Give a number, or trend_continued, best_quarter or gap_closed.",
            "--target",
        )
    return found


def _short(value: float) -> float:
    """Return a figure as a person can read it in the file: six digits, more than any publisher gives."""
    return float(f"{value:.6g}")


def _check_side(one: Any, goal: float, value: float, period: str) -> None:
    """Refuse a target that is worse than what the place has, or that cannot be."""
    least, most = one.possible
    if not least <= goal <= most:
        raise refuse(f"{one.title} cannot be {number(goal)} ({one.unit}).", "--target")
    if (goal > value) if one.poorer_is == "higher" else (goal < value):
        better = "lower" if one.poorer_is == "higher" else "higher"
        raise refuse(
            f"A target of {number(goal)} for {one.title} is on the wrong side: the place has {number(value)} "
            f"({period_in_words(period)}), and {better} is better.",
            "--target",
        )


def _check_order(made: Sequence[Target], catalogue: Any) -> None:
    """Refuse a target that asks for less in more years."""
    by_years = sorted(made, key=lambda one: (one.indicator, one.years))
    for before, after in pairwise(by_years):
        if before.indicator != after.indicator:
            continue
        one = catalogue[after.indicator]
        if (after.target > before.target) if one.poorer_is == "higher" else (after.target < before.target):
            raise refuse(
                f"The target of {one.title} for {after.years} years, {number(after.target)}, asks for less than that "
                f"for {before.years}, {number(before.target)}.",
                "--target",
            )


def _say_recorded(file: Decisions, kept: dict[str, Any], asked: Asked) -> None:
    from localities.decisions.wording import sentences_of
    from localities.wording.codes import CODES_IN_WORDS
    from pipelines.run.decisions import decided_in

    if asked.is_sample:
        say_fictional()
    store = open_store(asked.home, *NEEDED, is_sample=asked.is_sample)
    found = decided_in(asked.home, store, places=[kept["place"]])
    console = screen()

    zones = len(kept["zones"])
    run = "--sample" if asked.is_sample else f'--area "{file.cpp_name}"'
    sections = {
        f"Recorded: {kept['name']}, {file.cpp_name} ({kept['place']})": sentences_of(found, kept["place"]),
        "Kept with it, so that a later change is noticed": [
            f"the evidence as it is today: {CODES_IN_WORDS['answer'][kept['answer']]}",
            f"the boundary: {zones:,} data zone{'' if zones == 1 else 's'}, {kept['people']:,} residents",
            *(["the figure behind each target, with its interval"] if kept["targets"] else []),
        ],
        "Where it is": [
            f"{kept['file']}, a text file that you can read. No person is named in it, and no run changes it.",
            f"`localities run {run}` shows it in the map, the workbook and the page; `localities decisions` lists what "
            "was decided; `localities decide PLACE --forget` deletes it.",
        ],
    }
    for heading, lines in sections.items():
        console.print(heading, markup=False, soft_wrap=True)
        for line in lines:
            text = textwrap.fill(line, min(console.width, 100), initial_indent="  - ", subsequent_indent="    ",
                                 break_long_words=False, break_on_hyphens=False)  # fmt: skip
            console.print(text, markup=False, soft_wrap=True)
        console.print()


def _figure(row: Any) -> str:
    """Return the latest figure of a target with its interval, or that there is none."""
    if row.value != row.value:
        return "no figure"
    return f"{number(row.value)} ({numbers(row.lower_ci, row.upper_ci)}; {period_in_words(row.period)})"


def _show(rows: pd.DataFrame, targets: pd.DataFrame) -> None:
    from localities.decisions.wording import day
    from localities.wording.codes import CODES_IN_WORDS

    def in_full(column: str, row: Any, why: object) -> str:
        return CODES_IN_WORDS[column][getattr(row, column)] + (f": {why}" if isinstance(why, str) else "")

    table_of(
        "Decisions",
        rows,
        (
            ("Place", "left", lambda row: row.locality_name),
            ("Partnership", "left", lambda row: row.cpp_name),
            (
                "Decision",
                "left",
                lambda row: CODES_IN_WORDS["decision"][row.decision] + ("" if row.is_in_force else " (replaced since)"),
            ),
            ("By", "left", lambda row: row.by_role),
            ("On", "left", lambda row: day(row.decided_on)),
            ("Because", "left", lambda row: row.because),
            ("Boundary since", "left", lambda row: in_full("boundary_now", row, row.boundary_change)),
            ("Id", "code", lambda row: row.locality_id),
        ),
        if_wide=("Id", "By"),
    )
    if targets.empty:
        return
    table_of(
        "Targets",
        targets,
        (
            ("Place", "left", lambda row: row.locality_name),
            ("Outcome", "left", lambda row: f"{row.indicator_title} ({row.unit})"),
            ("Then", "right", lambda row: f"{number(row.value_then)} ({period_in_words(row.period_then)})"),
            ("Target", "right", lambda row: number(row.target)),
            ("By", "left", lambda row: day(row.due_on)),
            ("Latest", "right", lambda row: _figure(row)),
            ("On track?", "left", lambda row: in_full("target_track", row, row.reason)),
        ),
        once=("Place", "Outcome"),
        if_wide=("Then",),
    )


def _forget_place(text: str, asked: Asked) -> None:
    """Delete every decision on a place, found by the id or name that it was recorded under."""
    from localities.councils import slug_of
    from localities.decisions.records import read_decisions

    files = [one for one in read_decisions(asked.home.decisions) if asked.areas is None or one.cpp_code in asked.areas]
    known = {(one.place, one.name) for file in files for one in file.decisions}
    known = {pair for pair in known if asked.sets is None or pair[0].partition(":")[0] in asked.sets}
    wanted, slug = text.strip().casefold(), slug_of(text)
    ids = {place for place, _ in known if wanted in (place.casefold(), place.partition(":")[2].casefold())}
    ids = ids or {place for place, name in known if slug and slug_of(name) == slug}
    if len(ids) != 1:
        listed = "; ".join(f"{place} ({name})" for place, name in sorted(known)) or "none"
        raise refuse(
            f"{text!r} is {'none' if not ids else 'several'} of the places on which something is recorded: {listed}.",
            "PLACE",
        )
    _forget(asked, lambda _, one: one.place in ids)


def _forget(asked: Asked, is_meant: Any) -> None:
    from localities.decisions.records import forget, read_decisions, write_decisions
    from pipelines.run.workspace import the_only_run
    from pipelines.storage.whole import write_whole

    gone = 0
    names = []
    with the_only_run(asked.home):
        for file in read_decisions(asked.home.decisions):
            left = forget(file, partial(is_meant, file.cpp_code))
            if len(left.decisions) < len(file.decisions):
                gone += len(file.decisions) - len(left.decisions)
                names.append(file.cpp_name)
                write_decisions(asked.home.decisions, left, write_whole)
    console = screen()
    if not gone:
        console.print("Nothing is recorded that this would delete.", markup=False)
        return
    options = " ".join(f'--area "{name}"' for name in names)
    console.print(
        f"Deleted: {gone:,} decision{'' if gone == 1 else 's'} of {', '.join(names)}. Files that were published before "
        f"still show {'it' if gone == 1 else 'them'} until `localities run {options}` writes them anew; copies that "
        "carry an edition in their name, backups, and files handed to others are not reached from here.",
        markup=False,
        soft_wrap=False,
    )


def _day_before(text: str) -> dt.date:
    found = _AGE.fullmatch(text.strip())
    if found and found[2]:
        days = int(found[1]) * _DAYS[found[2][0].lower()]
        try:
            return dt.date.today() - dt.timedelta(days=round(days))
        except OverflowError:
            pass
    return _date(text, "--older-than")


def _date(text: str, option: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise refuse(f"{text!r} is no day such as 2026-11-30.", option) from error
