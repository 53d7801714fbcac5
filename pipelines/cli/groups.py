"""`localities groups`: outcomes of groups of people of a council, held against others; and what is not by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from indicators.schema.vocabulary import GROUP_DIMENSIONS
from pipelines.cli.parts.choices import Areas, AsCsv, AsJson, HomeFolder, Limit, Sample, among, refuse
from pipelines.cli.parts.output import count, in_words, number, numbers, percent, rows_in, screen, table
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.cli.parts.results import asked_for, titled
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.store import Store

# the country stands in the table as an area of its own (localities.groups.findings.SCOTLAND, too heavy to import here)
COUNTRY = "S92000003"


def groups(
    area: Areas = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="DIMENSION",
            help=f"One of {', '.join(GROUP_DIMENSIONS)}. Repeatable; all by default.",
            show_default=False,
        ),
    ] = None,
    poorer: Annotated[
        bool, typer.Option("--poorer", help="Only groups that are poorer against one of the comparators.")
    ] = False,
    places: Annotated[
        bool, typer.Option("--places", help="Where groups that are counted by zone live, not how they fare.")
    ] = False,
    all_periods: Annotated[bool, typer.Option("--all-periods", help="Every period, not only the latest.")] = False,
    limit: Limit = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show outcomes of groups of people (communities of interest) of each CPP area, and of Scotland (--area Scotland).

    Each group is held against the rest of the area's people, everybody else in Scotland, and the same group elsewhere
    in Scotland. Figures are crude unless the groups are ages: only the last comparison then is of people of one age.
    """
    dimensions = among(by, GROUP_DIMENSIONS, "--by")
    others = [text for text in area or () if text.strip().casefold() not in ("scotland", COUNTRY.casefold())]
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=others)
    wanted = asked.areas
    if len(others) < len(area or ()):
        wanted = [COUNTRY] if not others else [*(wanted or ()), COUNTRY]
    if places:
        if dimensions or poorer or all_periods:
            raise refuse("Where groups live has no dimension, grade or earlier period: give --area alone.", "--places")
        store = open_store(asked.home, "group_places", is_sample=sample)
        live = rows_of(store, "group_places", where=where_of(area_code=wanted))
        asked.show(live, lambda shown: _show_places(shown, store), what="rows", nothing="Nothing matches.", limit=limit)
        return
    store = open_store(asked.home, "group_findings", "group_indicators", "group_coverage", is_sample=sample)
    where = where_of(group_dimension=dimensions, is_headline_period=None if all_periods else [True], area_code=wanted)
    rows = rows_of(store, "group_findings", where=where)
    if poorer:
        key = ["indicator_id", "group_name", "area_code", "period"]
        rows = rows[rows["significance"].eq("poorer").groupby([rows[name] for name in key]).transform("any")]

    def show(shown: pd.DataFrame) -> None:
        _show(shown, store)

    asked.show(rows.reset_index(drop=True), show, what="rows", nothing="Nothing matches.", limit=limit)


_AGAINST = (("Rest of the area", "cpp"), ("Else in Scotland", "scotland"), ("Same elsewhere", "same_group"))


def _show(rows: pd.DataFrame, store: Store) -> None:
    from localities.groups.of_one_council import groups_of

    declared = rows_of(store, "group_indicators").set_index("indicator_id")
    for (name, code), group in rows.groupby(["area_name", "area_code"], sort=False):
        found = groups_of(group, str(code), headline_only=False)
        table(
            f"{name} ({code})",
            (
                ("Outcome", "left"),
                ("Period", "left"),
                ("Group", "left"),
                ("People", "right"),
                ("Value", "right"),
                ("Interval", "right"),
                *((title, "left") for title, _ in _AGAINST),
            ),
            [
                (
                    "{indicator_title} ({unit})".format(**declared.loc[row.indicator_id]),
                    str(row.period),
                    str(row.group_name),
                    _people(row),
                    number(row.value),
                    numbers(row.lower_ci, row.upper_ci),
                    *(_against(row, comparator) for _, comparator in _AGAINST),
                )
                for row in rows_in(found)
            ],
            caption=_caption(rows),
            if_wide=("Interval", "Period", "People"),
            once=("Outcome", "Period"),
        )
    unread = rows.loc[rows["reason"].astype("str").str.startswith("its table could not be read")]
    for one in unread.drop_duplicates("indicator_id").itertuples():
        screen().print(f"{one.indicator_id}: {one.reason}.", markup=False, soft_wrap=True)
    missing = rows_of(store, "group_coverage")
    missing = missing[~missing["is_by_group"]]
    by_domain = missing.groupby("domain", sort=True)["group_dimension"].agg(
        lambda names: ", ".join(map(in_words, names))
    )
    screen().print("Not by group in anything that is declared:", markup=False)
    for domain, names in by_domain.items():
        screen().print(f"  {domain}: {names}", markup=False, soft_wrap=True)


def _show_places(rows: pd.DataFrame, store: Store) -> None:
    titles = titled(rows["indicator_id"], store, with_unit=False)
    for (name, code), group in rows.groupby(["area_name", "area_code"], sort=False):
        table(
            f"{name} ({code})",
            (("Group", "left"), ("Period", "left"), ("Number", "right"), ("Of all", "right"),
             ("In its densest fifth", "right"), ("In the most deprived fifth", "right"),
             ("In places poorer than Scotland", "right"), ("than the rest of the area", "right"), ("Why not", "left")),
            [
                (titles[row.indicator_id], str(row.period), count(row.numerator), percent(row.share_of_people),
                 percent(row.share_in_densest_fifth), percent(row.share_in_deprived_fifth),
                 percent(row.share_in_flagged_scotland), percent(row.share_in_flagged_cpp), in_words(row.reason))
                for row in rows_in(group)
            ],
            caption="Shares of the group. A group that lives as everybody does has 20% in any fifth. Places: flagged "
            "localities of the drawing proposed to each partnership. None of it says that a group is poorer.",
            if_wide=("Why not", "Period", "than the rest of the area"),
        )  # fmt: skip


def _people(row: Any) -> str:
    if row.denominator != row.denominator:
        return in_words(row.status)
    # of a share with limits and no counts nobody was counted
    return count(row.denominator) if row.share_of_people == row.share_of_people else f"(as of {count(row.denominator)})"


def _against(row: Any, comparator: str) -> str:
    grade = getattr(row, f"{comparator}_significance")
    if not isinstance(grade, str):
        return ""
    if grade == "not_assessed":
        return f"not assessed: {getattr(row, f'{comparator}_reason')}"
    age = getattr(row, f"{comparator}_age_basis")
    note = " *" if age == "other_ages" else ""
    return f"{in_words(grade)} ({number(getattr(row, f'{comparator}_value'))}){note}"


def _caption(rows: pd.DataFrame) -> str:
    parts = ["In brackets: the value of those whom the group is held against."]
    if (rows["denominator"].notna() & rows["share_of_people"].isna()).any():
        parts.append("(as of 80): as sure as if 80 had been counted; how many there are is not published.")
    if (rows["age_basis"] == "other_ages").any():
        parts.append(
            "*: the others are of other ages, so that growing old is in the difference; the last is like for like."
        )
    if (rows["age_basis"] == "not_adjusted").any():
        parts.append("What is not by age is crude: groups may be older or younger than those they are held against.")
    return " ".join(parts)
