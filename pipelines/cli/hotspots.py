"""`localities hot-spots`: search for hot spots, in other outcomes, shapes or areas than the nightly run does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import Areas, AsCsv, AsJson, HomeFolder, Indicators, Sample, Scheduler, among, refuse
from pipelines.cli.parts.output import count, number, screen, table_of, yes_no
from pipelines.cli.parts.reading import open_store
from pipelines.cli.parts.results import asked_for, titled
from pipelines.storage.reading import rows_of, settings_of
from pipelines.workers import workers

if TYPE_CHECKING:
    import pandas as pd

    from localities.hotspots.search import HotSpots
    from pipelines.storage.store import Store

_SHAPES = ("circular", "flexible", "plain")
_WITHIN = ("cpp", "scotland")


def hot_spots(
    area: Areas = None,
    indicator: Indicators = None,
    shape: Annotated[
        str | None,
        typer.Option(
            "--shape",
            metavar="|".join(_SHAPES),
            help="Shape of the windows; plain: circles, contiguous or not.",
            show_default=False,
        ),
    ] = None,
    within: Annotated[
        str,
        typer.Option("--within", metavar="|".join(_WITHIN), help="Inside each CPP area, or free within Scotland."),
    ] = "cpp",
    least_ratio: Annotated[
        float | None,
        typer.Option("--least-ratio", min=1, help="Least relative risk. [default: 1.5]", show_default=False),
    ] = None,
    least_strength: Annotated[
        float | None,
        typer.Option("--least-strength", min=0, help="Least log likelihood ratio. [default: 12]", show_default=False),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option("--replications", min=1, help="Draws of the null. [default: 999]", show_default=False),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the draws.", show_default=False)] = None,
    scheduler: Scheduler = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Search for hot spots: contiguous zones under the limit of residents where poorer outcomes gather.

    Every one above the least relative risk and strength that overlaps no stronger one, in order. Two answers about
    each: beyond chance (one rate everywhere would not show a place as strong, after the stronger are taken out), and
    beyond this area's own inequality (nor would an area whose zones differ as much and whose neighbours are as alike).
    Several indicators are scanned together.
    """
    shapes = among([shape] if shape else None, _SHAPES, "--shape")
    extent = (among([within], _WITHIN, "--within") or ["cpp"])[0]
    if extent == "scotland" and area:
        raise refuse("Leave --area out where hot spots are searched in all of Scotland.", "--area")
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area, indicator=indicator)
    store = open_store(asked.home, "zones", "adjacency", "observations", is_sample=sample)
    from indicators.catalogue import load_catalogue
    from localities.choosing.reach import need_counted
    from localities.hotspots.search import find_hot_spots

    settings = settings_of(store)
    catalogue = load_catalogue()
    wanted = asked.indicators or list(settings.hot_spot_indicators)
    read = sorted({*wanted, settings.need_indicator})
    observations = rows_of(store, "observations", where={"indicator_id": read})
    with workers(scheduler, parts=1) as others:
        found = find_hot_spots(
            rows_of(store, "zones"),
            rows_of(store, "adjacency"),
            observations,
            indicators=[catalogue[one] for one in wanted],
            within=extent,
            shape=shapes[0] if shapes else settings.hot_spot_shape,
            limit=settings.limit,
            replications=replications or 999,
            seed=settings.seed if seed is None else seed,
            alpha=settings.alpha,
            least_ratio=settings.hot_spot_least_ratio if least_ratio is None else least_ratio,
            least_strength=settings.hot_spot_least_strength if least_strength is None else least_strength,
            areas=asked.areas,
            need=need_counted(observations, settings.need_indicator),
            workers=others,
        )

    def show(_: pd.DataFrame) -> None:
        names = dict(rows_of(store, "zones", columns=["cpp_code", "cpp_name"]).drop_duplicates().to_numpy())
        _show(found, names, store)

    asked.show(_with_zones(found), show, what="hot spots")


def _with_zones(found: HotSpots) -> pd.DataFrame:
    """Return hot spots with the codes of their zones, comma separated."""
    zones = found.hot_spot_zones.groupby("hot_spot_id")["zone_code"].agg(", ".join)
    return found.hot_spots.assign(zones=found.hot_spots["hot_spot_id"].map(zones))


def _show(found: HotSpots, names: dict[str, str], store: Store) -> None:
    spots = found.hot_spots
    whose = spots["hot_spot_id"].astype("str").str.extract(r":(.+)-", expand=False)
    bare = sorted(names.get(code, "Scotland") for code in set(found.areas["area_code"]) - set(whose))
    if len(spots):
        _table(found, store)
    if bare:
        screen().print(f"No clear hot spot: {', '.join(bare)}.", markup=False)
    searched = found.areas["area_code"].unique()
    for code in searched if len(spots) else ():
        own = spots[(whose == code).to_numpy()]
        if len(own):
            beyond = int(own["is_beyond_inequality"].sum())
            screen().print(
                f"{names.get(code, 'Scotland')}: {len(own):,} beyond the least risk and strength, "
                f"{int(own['is_beyond_chance'].sum()):,} of them beyond chance, "
                f"{f'{beyond:,}' if beyond else 'none'} beyond the area's own inequality.",
                markup=False,
            )


def _in_need(people: float, among: float, period: str) -> str:
    return "–" if not among > 0 else f"{count(round(people))} of {count(round(among))} ({period})"


def _table(found: HotSpots, store: Store) -> None:
    titles = titled(found.outcomes["indicator_id"], store)
    spots = found.hot_spots
    answers = ["is_beyond_chance", "is_beyond_inequality"]
    kept = ["hot_spot_id", "cpp_name", "hot_spot_name", "rank", "population", "zone_count"]
    kept += ["people_in_need", "people_in_need_among", "people_in_need_period"]
    outcomes = spots[[*kept, "p_inequality", *answers]].merge(found.outcomes, on="hot_spot_id", validate="one_to_many")
    first = spots.iloc[0]
    table_of(
        f"Hot spots, {first['shape']} windows, {count(first['replications'])} draws of each null",
        outcomes,
        (
            ("Partnership", "left", lambda row: str(row.cpp_name)),
            ("Rank", "right", lambda row: count(row.rank)),
            ("Hot spot", "left", lambda row: str(row.hot_spot_name)),
            ("Residents", "right", lambda row: count(row.population)),
            (
                "People in need",
                "right",
                lambda row: _in_need(row.people_in_need, row.people_in_need_among, row.people_in_need_period),
            ),
            ("Zones", "right", lambda row: count(row.zone_count)),
            ("Outcome", "left", lambda row: titles[row.indicator_id]),
            ("Observed", "right", lambda row: number(row.observed)),
            ("Expected", "right", lambda row: number(row.expected)),
            ("Times the rest", "right", lambda row: number(row.ratio)),
            ("Strength, log likelihood ratio", "right", lambda row: number(row.log_likelihood_ratio)),
            ("Beyond chance", "left", lambda row: yes_no(row.is_beyond_chance)),
            (
                "Beyond inequality",
                "left",
                lambda row: f"{yes_no(row.is_beyond_inequality)} (p {number(row.p_inequality)})",
            ),
        ),
        caption="Beyond inequality: an area whose zones differ as much, and whose neighbours are as alike, would show"
        " a place as strong less than once in twenty times. A no does not say that the place is not poor.",
        if_wide=(
            "Strength, log likelihood ratio",
            "Zones",
            "Expected",
            "Observed",
            "Residents",
            "Outcome",
            "Partnership",
        ),
        once=("Partnership",),
    )
