"""Fields of inequality and of change: trends, and progress beside the rest of the wider area."""

from __future__ import annotations

from indicators.schema.field import Field, flag, number, text
from indicators.schema.vocabulary import (
    GROUNDS,
    INEQUALITY_MEASURES,
    PROGRESS_DIRECTIONS,
    PROJECTED_YEARS,
    RELATIVE_SCALES,
    TREND_DIRECTIONS,
    TREND_STATUSES,
)


def _years(count: int) -> str:
    return "1 year" if count == 1 else f"{count} years"


FIELDS: dict[str, Field] = {
    # inequality
    "area_name": text("Name of the area"),
    "measure": text("Measure of inequality between more and less deprived zones", allowed=INEQUALITY_MEASURES),
    "zones_with_figures": Field("integer", "Zones with a figure for the indicator", "zones", minimum=0),
    # trends
    "first_period": text("First of the periods compared", nullable=True),
    "last_period": text("Last of the periods compared", nullable=True),
    "period_count": Field("integer", "Periods compared: none across a break, none that overlap", "periods", minimum=0),
    "change": number("Last period less the first"),
    "change_lower_ci": number("Lower limit of the change, by chance alone"),
    "change_upper_ci": number("Upper limit of the change, by chance alone"),
    "annual_change_pct": number("Change in a year along the trend", "% of the value"),
    "annual_change_lower_ci_pct": number("Lower limit of the yearly change", "% of the value"),
    "annual_change_upper_ci_pct": number("Upper limit of the yearly change", "% of the value"),
    "dispersion": number("Scatter about the trend, over what chance would give (for means: residual variance)"),
    "trend_method": text("Method of the trend"),
    "trend_direction": text("Which way the trend surely goes, if either", allowed=TREND_DIRECTIONS),
    "trend_status": text("What could be worked out", allowed=TREND_STATUSES),
    **{
        name: one
        for years in PROJECTED_YEARS
        for name, one in (
            (f"projected_{years}", number(f"Value {_years(years)} after the last period, by the trend")),
            (f"projected_{years}_lower", number(f"Lower prediction limit {_years(years)} on")),
            (f"projected_{years}_upper", number(f"Upper prediction limit {_years(years)} on")),
        )
    },
    # progress
    "first_value": number("Value in the first of the periods compared"),
    "last_value": number("Value in the last of the periods compared"),
    "rest_change": number("Last period less the first, in the rest of the wider area"),
    "rest_change_lower_ci": number("Lower limit of the rest's change, by chance alone"),
    "rest_change_upper_ci": number("Upper limit of the rest's change, by chance alone"),
    "change_against_rest": number("How much more it changed than the rest", "as its scale says"),
    "change_against_rest_lower_ci": number("Lower limit of how much more it changed", "as its scale says"),
    "change_against_rest_upper_ci": number("Upper limit of how much more it changed", "as its scale says"),
    "change_against_rest_scale": text(
        "percent: ratio of the two ratios of change, less 1; points: difference of changes in the unit",
        allowed=RELATIVE_SCALES,
    ),
    "change_direction": text("Which way it surely changed, if either", allowed=PROGRESS_DIRECTIONS),
    "wider_direction": text(
        "Which way the whole wider area (partnership; for one, Scotland) surely changed, if either",
        allowed=PROGRESS_DIRECTIONS,
    ),
    "ground": text("Whether it surely changed for the better or the worse of the rest", allowed=GROUNDS),
    "is_against_the_trend": flag("It surely goes one way, and the whole wider area surely the other"),
    "change_method": text("Method of the limits of change"),
}
