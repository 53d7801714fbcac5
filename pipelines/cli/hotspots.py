"""`localities hot-spots`: search for hot spots, in other outcomes, shapes or areas than the nightly run does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parts.choices import (
    Areas,
    AsCsv,
    AsJson,
    HomeFolder,
    Indicators,
    Sample,
    among,
    areas_named,
    home_of,
    indicators_named,
    one_form,
    refuse,
)
from pipelines.cli.parts.output import (
    EXIT_CODES,
    count,
    number,
    rows_in,
    say_fictional,
    screen,
    table,
    write_csv,
    write_rows,
)
from pipelines.cli.parts.reading import open_store, rows_of, settings_of

if TYPE_CHECKING:
    import pandas as pd

    from localities.hotspots.search import HotSpots

__all__ = ["register"]

_SHAPES = ("circular", "flexible")
_WITHIN = ("cpp", "scotland")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("hot-spots", epilog=EXIT_CODES)(hot_spots)


def hot_spots(
    area: Areas = None,
    indicator: Indicators = None,
    shape: Annotated[
        str | None,
        typer.Option("--shape", metavar="|".join(_SHAPES), help="Shape of the windows.", show_default=False),
    ] = None,
    within: Annotated[
        str,
        typer.Option("--within", metavar="|".join(_WITHIN), help="Inside each CPP area, or free within Scotland."),
    ] = "cpp",
    replications: Annotated[
        int | None,
        typer.Option("--replications", min=1, help="Draws of the null. [default: 999]", show_default=False),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the draws.", show_default=False)] = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Search for hot spots: contiguous zones under the limit of residents where poorer outcomes gather.

    Several indicators are scanned together. The p of the scan is a hot spot's only inference: it says how often an area
    in which zones differ just as much, and neighbours are just as alike, would show a place as strong by chance.
    """
    one_form(as_json, as_csv)
    shapes = among([shape] if shape else None, _SHAPES, "--shape")
    extent = (among([within], _WITHIN, "--within") or ["cpp"])[0]
    if extent == "scotland" and area:
        raise refuse("Leave --area out where hot spots are searched in all of Scotland.", "--area")
    working = home_of(home, is_sample=sample)
    areas = areas_named(area, working, is_sample=sample)
    named = indicators_named(indicator)
    store = open_store(working, "zones", "adjacency", "observations", is_sample=sample)
    from indicators.catalogue import load_catalogue
    from localities.hotspots.search import find_hot_spots

    settings = settings_of(store)
    catalogue = load_catalogue()
    wanted = named or list(settings.hot_spot_indicators)
    found = find_hot_spots(
        rows_of(store, "zones"),
        rows_of(store, "adjacency"),
        rows_of(store, "observations", where={"indicator_id": wanted}),
        indicators=[catalogue[one] for one in wanted],
        within=extent,
        shape=shapes[0] if shapes else settings.hot_spot_shape,
        limit=settings.limit,
        replications=replications or 999,
        seed=settings.seed if seed is None else seed,
        alpha=settings.alpha,
        areas=areas,
    )
    rows = _with_zones(found)
    if as_json:
        write_rows(rows)
    elif as_csv:
        write_csv(rows)
    elif rows.empty:
        screen().print("No hot spot: nowhere is there more than expected.")
    else:
        if sample:
            say_fictional()
        _show(found, {one.id: one.title for one in catalogue})


def _with_zones(found: HotSpots) -> pd.DataFrame:
    """Return hot spots with the codes of their zones, comma separated."""
    zones = found.hot_spot_zones.groupby("hot_spot_id")["zone_code"].agg(", ".join)
    return found.hot_spots.assign(zones=found.hot_spots["hot_spot_id"].map(zones))


def _show(found: HotSpots, titles: dict[str, str]) -> None:
    spots = found.hot_spots
    outcomes = spots[["hot_spot_id", "cpp_name", "hot_spot_name", "population", "zone_count", "p_value"]].merge(
        found.outcomes, on="hot_spot_id", validate="one_to_many"
    )
    first = spots.iloc[0]
    table(
        f"Hot spots, {first['shape']} windows, {count(first['replications'])} draws of the null",
        (
            ("Partnership", "left"),
            ("Hot spot", "left"),
            ("Residents", "right"),
            ("Zones", "right"),
            ("Outcome", "left"),
            ("Observed", "right"),
            ("Expected", "right"),
            ("Times the rest", "right"),
            ("Strength", "right"),
            ("p", "right"),
        ),
        [
            (
                str(row.cpp_name),
                str(row.hot_spot_name),
                count(row.population),
                count(row.zone_count),
                titles.get(row.indicator_id, str(row.indicator_id)),
                number(row.observed),
                number(row.expected),
                number(row.ratio),
                number(row.log_likelihood_ratio),
                number(row.p_value),
            )
            for row in rows_in(outcomes)
        ],
        caption="The most likely hot spot of each area, whatever its p; further ones only where p is small. "
        f"Of {spots['cpp_code'].nunique()} areas, one in twenty has a p below 0.05 by chance.",
        if_wide=("Strength", "Zones", "Expected", "Observed"),
    )
