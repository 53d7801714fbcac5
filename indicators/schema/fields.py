"""Every field, described once: type, meaning, unit, values.

Tables refer to fields by name (`indicators.schema.tables`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from indicators.schema.vocabulary import (
    ACCESS_VERDICTS,
    ANSWERS,
    BASES,
    COMPARATORS,
    GROUNDS,
    INEQUALITY_MEASURES,
    MATCHINGS,
    PROGRESS_DIRECTIONS,
    PROJECTED_YEARS,
    RELATIVE_SCALES,
    SIGNIFICANCES,
    STATUSES,
    TREND_DIRECTIONS,
    TREND_STATUSES,
    UNASSIGNED,
    VERDICTS,
    VINTAGES,
    VOTES,
)

__all__ = ["ASIDE", "FIELDS", "FIRST", "Field"]

FIRST, ASIDE = 100, 900
"""Places in a layer below which a column comes first, and from which it is not shown."""


@dataclass(frozen=True)
class Field:
    """One field: its type, what it means, its unit and the values it may take.

    Parameters
    ----------
    dtype
        One of ``code, text, integer, number, boolean, date, geometry``.
    description
        Plain words, used for aliases and documentation.
    unit
        Unit of a number, in words.
    allowed
        The only values that a text or code may take; empty means any.
    pattern
        Regular expression that a whole code must match.
    minimum, maximum
        Bounds of a number, inclusive.
    nullable
        Whether a missing value is allowed.
    alias
        Short title, as GeoPackages and QGIS show it; without one the description, or the name where that is long.
    decimals
        Decimals that a number is shown with; None shows it as it is.
    table
        The one table that it is a column of, after those that the table lists itself (`indicators.schema.tables`).
    published
        Its place in each layer of a GeoPackage: below `FIRST` a reader sees it first, from `ASIDE` on it is kept for
        joins and not shown; see `indicators.schema.publication`.
    """

    dtype: str
    description: str
    unit: str = ""
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    nullable: bool = False
    alias: str = ""
    decimals: int | None = None
    table: str = ""
    published: Mapping[str, int] = field(default_factory=dict)


def _share(description: str, *, nullable: bool = True, **shown: Any) -> Field:
    shown = {"decimals": 3, **shown}
    return Field("number", description, "share, 0 to 1", minimum=0.0, maximum=1.0, nullable=nullable, **shown)


def _number(description: str, unit: str = "unit of the indicator", **shown: Any) -> Field:
    return Field("number", description, unit, nullable=True, **{"decimals": 2, **shown})


def _s(count: int) -> str:
    return "" if count == 1 else "s"


FIELDS: dict[str, Field] = {
    # areas
    "zone_code": Field(
        "code",
        "GSS code of the data zone",
        pattern=r"S01\d{6}",
        alias="Data zone (code)",
        published={"members": 100, "zones": 10},
    ),
    "zone_name": Field(
        "text", "Name of the data zone", alias="Data zone", published={"editing": 15, "members": 15, "zones": 5}
    ),
    "vintage": Field("text", "Census year that the zones were drawn for", allowed=VINTAGES),
    "population": Field(
        "integer",
        "Residents",
        "people",
        minimum=0,
        published={"editing": 25, "hot_spots": 15, "localities": 65, "zones": 15},
    ),
    "population_source_id": Field("text", "Source of the number of residents", alias="Source of residents"),
    "population_period": Field("text", "Date of the number of residents", alias="Residents as at"),
    "census_population": Field(
        "integer", "Residents at the census that the zones were drawn for", "people", minimum=0, nullable=True
    ),
    "census_household_population": Field(
        "integer",
        "Residents in households at the census that the zones were drawn for",
        "people",
        minimum=0,
        nullable=True,
    ),
    "cpp_code": Field(
        "code",
        "GSS code of the community planning partnership's council area",
        pattern=r"S12\d{6}",
        alias="Partnership (code)",
        published={"localities": 235, "reach": 810},
    ),
    "cpp_name": Field("text", "Community planning partnership", published={"localities": 230, "reach": 805}),
    "cpp_slug": Field("text", "Short name of the partnership, for file names"),
    "intermediate_zone_code": Field(
        "code", "GSS code of the intermediate zone", pattern=r"S02\d{6}", alias="Intermediate zone (code)"
    ),
    "intermediate_zone_name": Field(
        "text", "Name of the intermediate zone (not unique)", alias="Intermediate zone", published={"editing": 20}
    ),
    "ward_code": Field(
        "code",
        "GSS code of the electoral ward that the publisher assigns",
        pattern=r"S13\d{6}",
        alias="Electoral ward (code)",
    ),
    "ward_name": Field("text", "Electoral ward"),
    "travel_to_work_area_code": Field("code", "GSS code of the travel-to-work area", nullable=True),
    "travel_to_work_area_name": Field("text", "Travel-to-work area", nullable=True),
    "urban_rural_8_code": Field(
        "integer",
        "Scottish Government urban rural class, 8-fold",
        "class",
        minimum=1,
        maximum=8,
        nullable=True,
    ),
    "urban_rural_8_name": Field(
        "text", "Scottish Government urban rural class, 8-fold", nullable=True, alias="Urban rural class"
    ),
    "centroid_x": Field("number", "Easting of the population-weighted centroid, EPSG:27700", "metres", decimals=0),
    "centroid_y": Field("number", "Northing of the population-weighted centroid, EPSG:27700", "metres", decimals=0),
    "area_m2": Field("number", "Area of the polygon", "square metres", minimum=0.0, decimals=0),
    "perimeter_m": Field("number", "Length of the boundary", "metres", minimum=0.0, decimals=0),
    "geometry": Field("geometry", "Polygon, EPSG:27700", "metres"),
    "neighbour_code": Field("code", "GSS code of the neighbouring data zone", pattern=r"S01\d{6}"),
    "shared_border_m": Field("number", "Length of border shared with the neighbour", "metres", minimum=0.0, decimals=0),
    "is_link": Field("boolean", "Joined by a declared ferry, bridge or causeway, not by a border"),
    "link_kind": Field(
        "text",
        "What joins the two across water; nearest: nothing is declared, and the nearest zones were joined",
        nullable=True,
        allowed=("bridge", "causeway", "ferry", "tunnel", "nearest"),
    ),
    "barrier": Field(
        "text",
        "What the border runs along where no crossing is known: the two are then no neighbours",
        nullable=True,
        allowed=("motorway", "river", "canal", "railway"),
    ),
    # crosswalk
    "from_vintage": Field("text", "Census year of the zone to carry from", allowed=VINTAGES),
    "to_vintage": Field("text", "Census year of the zone to carry to", allowed=VINTAGES),
    "from_code": Field("code", "GSS code of the data zone to carry from", pattern=r"S01\d{6}"),
    "to_code": Field(
        "code",
        f"GSS code of the data zone to carry to, or {UNASSIGNED}: people whose zone there is not known",
        pattern=rf"S01\d{{6}}|{UNASSIGNED}",
    ),
    "people": Field(
        "number",
        "Residents of 2022 in both; missing where only the pair is published",
        "people",
        minimum=0.0,
        nullable=True,
    ),
    "share_of_from": _share("Share of the residents of the zone carried from; missing where not known"),
    "share_of_to": _share("Share of the residents of the zone carried to; missing where not known"),
    "is_exact": Field("boolean", "The same people live in both zones"),
    "common_group": Field(
        "code", "Smallest group of zones that holds the same people in both censuses, by its first zone", nullable=True
    ),
    "is_whole_group": Field("boolean", "Nobody in the smallest common group is unassigned"),
    # localities on the zones of another census
    "changed_zones": Field(
        "integer", "Zones in which not the same people live as in one zone there", "zones", minimum=0
    ),
    "unassigned_zones": Field("integer", "Zones with people whose zone there is not known", "zones", minimum=0),
    "redrawn_zones": Field("integer", "Zones of the other census in the locality as redrawn", "zones", minimum=0),
    "people_in_changed_zones": Field("number", "Of these, residents of changed zones", "people", minimum=0.0),
    "people_kept": Field("number", "Residents of the locality as it is and as redrawn", "people", minimum=0.0),
    "people_lost": Field("number", "Residents of the locality as it is, outside as redrawn", "people", minimum=0.0),
    "people_gained": Field("number", "Residents of the locality as redrawn, outside as it is", "people", minimum=0.0),
    # indicators and observations
    "indicator_id": Field(
        "text", "Indicator", alias="Indicator (code)", published={"findings": 905, "indicators": 900}
    ),
    "indicator_title": Field(
        "text", "Indicator, in plain words", alias="Indicator", published={"findings": 15, "indicators": 5}
    ),
    "definition": Field("text", "What the indicator counts", published={"indicators": 15}),
    "domain": Field("text", "Domain of outcomes", published={"findings": 100, "indicators": 10}),
    "vote": Field(
        "text", "Vote of the verdict that it takes part in; empty: it describes", nullable=True, allowed=VOTES
    ),
    "role": Field(
        "text",
        "What the indicator is for",
        allowed=("outcome", "determinant", "access", "population"),
        published={"indicators": 30},
    ),
    "kind": Field(
        "text",
        "How the indicator is aggregated and tested",
        allowed=("proportion", "rate", "standardised_rate", "standardised_ratio", "mean"),
        alias="Kind of indicator",
    ),
    "unit": Field("text", "Unit of the value", published={"findings": 50, "indicators": 20}),
    "multiplier": Field("number", "Value = numerator / denominator x this", "", minimum=0.0, alias="Multiplier"),
    "poorer_is": Field("text", "Which way is poorer", allowed=("higher", "lower"), published={"indicators": 25}),
    "smallest_important_difference": Field(
        "number",
        "Smallest difference that matters, on its scale",
        alias="Smallest important difference",
        published={"indicators": 35},
    ),
    "smallest_important_difference_scale": Field(
        "text",
        "Scale of the smallest important difference",
        allowed=("ratio", "odds", "points", "sd"),
        published={"indicators": 40},
    ),
    "national_outcome": Field(
        "text", "National Outcome that the indicator speaks to", alias="National Outcome", published={"indicators": 45}
    ),
    "supersedes": Field("text", "Older indicators of the very same thing, which do not vote beside it", nullable=True),
    "caveats": Field("text", "What to keep in mind", nullable=True, published={"indicators": 50}),
    "is_approximate": Field(
        "boolean",
        "The weights of the mean stand in for the population that it concerns",
        alias="Weights are a stand-in",
    ),
    "area_code": Field("code", "GSS code of the area observed", pattern=r"S\d{8}"),
    "area_type": Field("text", "Type of the area observed", allowed=("data_zone", "intermediate_zone")),
    "context_figure": Field("text", "Figure of a whole council, in plain words"),
    "period": Field("text", "Period as published, such as 2017 or 2020/21", alias="Period", published={"findings": 20}),
    "period_start": Field("date", "First day of the period"),
    "period_end": Field("date", "Last day of the period"),
    "is_headline_period": Field("boolean", "The indicator's latest period, used in the verdict"),
    "numerator": Field(
        "number",
        "Events or people counted",
        "count",
        minimum=0.0,
        nullable=True,
        alias="Numerator",
        decimals=1,
        published={"findings": 130},
    ),
    "denominator": Field(
        "number",
        "Population or expected count held against",
        "count",
        minimum=0.0,
        nullable=True,
        alias="Denominator",
        decimals=1,
        published={"findings": 135},
    ),
    "value": _number("Value of the indicator", alias="Value", published={"findings": 35}),
    "status": Field(
        "text",
        "What stands behind the value",
        allowed=STATUSES,
        alias="Status of the data",
        published={"findings": 165},
    ),
    "source_id": Field("text", "Source", alias="Source (code)", published={"indicators": 905}),
    # candidate localities
    "locality_id": Field(
        "text",
        "Candidate locality",
        alias="Candidate locality (code)",
        published={"findings": 900, "localities": 900, "members": 900},
    ),
    "candidate_set": Field(
        "text", "Way of drawing localities", published={"findings": 10, "localities": 220, "members": 10, "reach": 800}
    ),
    "locality_name": Field(
        "text",
        "Name of the candidate locality",
        alias="Locality",
        published={"findings": 5, "localities": 5, "members": 5},
    ),
    "alternative_names": Field(
        "text",
        "Other names that residents may know it by",
        nullable=True,
        alias="Also known as",
        published={"localities": 225},
    ),
    "is_within_limit": Field(
        "boolean",
        "Fewer residents than the guidance's limit",
        alias="Under the limit of residents",
        published={"localities": 120},
    ),
    "zone_count": Field("integer", "Data zones in the locality", "zones", minimum=1, published={"localities": 195}),
    "is_contiguous": Field(
        "boolean",
        "Every zone can be reached from every other inside the locality",
        alias="In one piece",
        published={"localities": 200},
    ),
    "compactness": _share(
        "Compactness (Polsby and Popper): 4 pi area / perimeter squared",
        alias="Compactness",
        published={"localities": 205},
    ),
    "fit": _share(
        "Share of the locality's residents who live inside the boundary that it is named for",
        alias="Fit to the boundary it is named for",
        published={"localities": 210},
    ),
    "based_on": Field(
        "text",
        "Proposed candidate set that it is a partnership's edited drawing of",
        nullable=True,
        alias="Edited from",
    ),
    "drawn_from": Field(
        "text",
        "Indicators used to draw it, comma separated; never tested on it",
        nullable=True,
        alias="Indicators used to draw it",
        published={"localities": 215},
    ),
    "weight": Field(
        "number",
        "Share of the zone's residents who belong",
        "share of residents",
        minimum=0.0,
        maximum=1.0,
        published={"members": 20},
    ),
    # estimates
    "lower_ci": _number("Lower limit of the interval", alias="Value, lower limit", published={"findings": 40}),
    "upper_ci": _number("Upper limit of the interval", alias="Value, upper limit", published={"findings": 45}),
    "ci_method": Field("text", "Method of the interval", published={"findings": 180}),
    "confidence": Field(
        "number", "Confidence of the interval", "share", minimum=0.0, maximum=1.0, published={"findings": 175}
    ),
    "coverage": _share("Share of residents with observed data", published={"findings": 170}),
    "effective_n": _number(
        "Effective number of zones or people behind the value", "count", alias="Effective number behind the value"
    ),
    # findings
    "comparator": Field(
        "text",
        "What it is held against, always the rest of the area",
        allowed=COMPARATORS,
        alias="Comparator (code)",
        published={"findings": 105},
    ),
    "comparator_value": _number(
        "Value in the rest of the comparator area", alias="Comparator value (the rest)", published={"findings": 55}
    ),
    "whole_area_value": _number(
        "Value in the whole comparator area, as published figures have it",
        alias="Whole area, as published",
        published={"findings": 110},
    ),
    "difference": _number(
        "Locality minus the rest of the comparator", alias="Difference from the rest", published={"findings": 60}
    ),
    "difference_lower_ci": _number(
        "Lower limit of the difference", alias="Difference, lower limit", published={"findings": 65}
    ),
    "difference_upper_ci": _number(
        "Upper limit of the difference", alias="Difference, upper limit", published={"findings": 70}
    ),
    "ratio": _number(
        "Locality over the rest of the comparator",
        "ratio",
        alias="Ratio to the rest",
        published={"findings": 115, "hot_spots": 35},
    ),
    "ratio_lower_ci": _number(
        "Lower limit of the ratio", "ratio", alias="Ratio, lower limit", published={"findings": 120}
    ),
    "ratio_upper_ci": _number(
        "Upper limit of the ratio", "ratio", alias="Ratio, upper limit", published={"findings": 125}
    ),
    "p_value": _share(
        "One-sided p toward poorer, for no difference",
        alias="p, no difference",
        decimals=4,
        published={"findings": 140},
    ),
    "q_value": _share(
        "p_value after Benjamini and Hochberg in its family",
        alias="q, no difference",
        decimals=4,
        published={"findings": 145},
    ),
    "p_important": _share(
        "One-sided p toward poorer, for a difference at or below the smallest important one",
        alias="p, important difference",
        decimals=4,
        published={"findings": 150},
    ),
    "q_important": _share(
        "p_important after Benjamini and Hochberg in its family",
        alias="q, important difference",
        decimals=4,
        published={"findings": 75},
    ),
    "null_model": Field(
        "text",
        "Null that the p values refer to",
        allowed=("sampling", "correlated", "none"),
        alias="Null of the test",
        published={"findings": 190},
    ),
    "test_method": Field("text", "Method of the test", published={"findings": 185}),
    "verdict_cpp": Field(
        "text",
        "Grade of the evidence against elsewhere in the partnership's area",
        allowed=VERDICTS,
        alias="Verdict against the rest of the partnership's area",
        published={"localities": 25},
    ),
    "verdict_scotland": Field(
        "text",
        "Grade of the evidence against elsewhere in Scotland",
        allowed=VERDICTS,
        alias="Verdict against the rest of Scotland",
        published={"localities": 15},
    ),
    "holds_without_special_zones": Field(
        "boolean",
        "The flag, or its absence, stays when zones with many residents in institutions are left out",
        alias="Holds without special zones",
        published={"localities": 185},
    ),
    "drawing_support": _share(
        "Share of its residents in flagged localities under other candidate sets, on average",
        alias="Support under other drawings",
        published={"localities": 175},
    ),
    "special_zones": Field(
        "integer",
        "Zones where a quarter of residents or more live in institutions",
        "zones",
        alias="Special zones",
        published={"localities": 180},
    ),
    "changes_under": Field(
        "text",
        "Alternative settings under which the flag changes, if any",
        nullable=True,
        alias="Settings under which the flag changes",
        published={"localities": 170},
    ),
    "depth": _number(
        "Near interval limit, in units of the smallest important difference: 0 no difference, 1 exactly important",
        "smallest important differences",
        alias="Depth (important differences)",
        published={"findings": 155, "localities": 160},
    ),
    "shrunken_value": _number("Empirical-Bayes value, for maps and ranks only", alias="Shrunken value, for maps"),
    "posterior_worst_fifth": _share(
        "Posterior probability of being in the CPP's worst fifth",
        alias="Chance of being in the worst fifth",
        published={"findings": 160},
    ),
    "posterior_worst_tenth": _share(
        "Posterior probability of being in the CPP's worst tenth", alias="Chance of being in the worst tenth"
    ),
    "significance": Field(
        "text", "Grade of the finding", allowed=SIGNIFICANCES, alias="Significance", published={"findings": 30}
    ),
    "reason": Field(
        "text",
        "Why the grade is what it is, in plain words",
        nullable=True,
        alias="Reason",
        published={"editing": 10, "findings": 80, "localities": 190},
    ),
    # verdicts
    "domains_assessed": Field(
        "integer",
        "Core votes (of three) assessed, of the answer shown",
        "votes",
        minimum=0,
        alias="Domains assessed",
        published={"localities": 135},
    ),
    "domains_poorer": Field(
        "integer",
        "Core votes surely and importantly poorer",
        "votes",
        minimum=0,
        alias="Core votes poorer",
        published={"localities": 140},
    ),
    "domains_slightly_poorer": Field(
        "integer",
        "Core votes poorer, but not surely by enough",
        "votes",
        minimum=0,
        alias="Domains slightly poorer",
        published={"localities": 145},
    ),
    "poorer_domains": Field("text", "Names of the poorer core votes", nullable=True, published={"localities": 150}),
    **{
        f"{name}_votes_{code}": Field("text", f"Votes {words} elsewhere in {where}", nullable=True)
        for code, where in (("cpp", "the partnership's area"), ("scotland", "Scotland"))
        for name, words in (
            ("poorer", "surely and importantly poorer than"),
            ("slightly", "poorer, but not surely by enough, than"),
            ("better", "surely better than"),
        )
    },
    **{
        name: _number(f"Largest ratio, as the smallest that matters, at which evidence is strong{against}", "ratio")
        for name, against in (
            ("holds_up_to", ""),
            ("holds_up_to_cpp", " against elsewhere in the partnership's area"),
            ("holds_up_to_scotland", " against elsewhere in Scotland"),
        )
    },
    "answer": Field(
        "text",
        "Both answers together, for colours and legends",
        allowed=ANSWERS,
        alias="Answer",
        published={"localities": 10},
    ),
    "verdict_same_kind": Field(
        "text",
        "Grade against the rest of Scotland's zones of its own urban rural class (six-fold), beside",
        allowed=VERDICTS,
        alias="Verdict against places of its own kind",
        published={"localities": 90},
    ),
    "poorer_votes_same_kind": Field(
        "text",
        "Votes surely and importantly poorer than there",
        nullable=True,
        alias="Poorer than places of its kind in",
    ),
    "verdict_access": Field(
        "text",
        "Whether half or more of the access indicators are importantly poorer than Scotland's",
        allowed=ACCESS_VERDICTS,
        alias="Access to services",
        published={"localities": 85},
    ),
    "access_poorer": Field(
        "integer",
        "Access indicators importantly poorer than elsewhere in Scotland",
        minimum=0,
        alias="Access indicators poorer",
    ),
    "access_assessed": Field("integer", "Access indicators assessed", minimum=0),
    "hangs_on": Field(
        "text",
        "What takes the flag away when it is left out or turns out otherwise",
        nullable=True,
        alias="What the flag hangs on",
        published={"localities": 50},
    ),
    "would_flag": Field(
        "text",
        "Of a place without a flag: what would give it one",
        nullable=True,
        alias="What would flag it",
        published={"localities": 55},
    ),
    "effective_domains": _number(
        "Assessed core votes, allowing for their correlation",
        "votes",
        alias="Effective number of domains",
        decimals=1,
        published={"localities": 155},
    ),
    "people_in_need": _number(
        "Residents counted by the headline indicator of need",
        "people",
        alias="People in need",
        decimals=0,
        published={"hot_spots": 20, "localities": 70},
    ),
    "people_in_need_indicator": Field(
        "text",
        "Indicator that counts people in need",
        nullable=True,
        alias="People in need are",
        published={"localities": 115},
    ),
    "basis": Field(
        "text",
        "What it rests on: of a verdict, the comparators; of a pair of zones, a published or inferred lookup",
        allowed=(*BASES, "published", "inferred"),
        alias="Held against",
        published={"localities": 110},
    ),
    "verdict": Field(
        "text", "Grade of the statistical evidence", allowed=VERDICTS, alias="Verdict", published={"localities": 105}
    ),
    "is_flagged": Field(
        "boolean", "Strong evidence of significantly poorer outcomes", alias="Flagged", published={"localities": 100}
    ),
    "priority_rank": Field(
        "integer",
        "Order by evidence inside the CPP and candidate set, 1 first",
        "rank",
        minimum=1,
        alias="Priority rank",
        published={"localities": 60},
    ),
    "stability": _share(
        "Share of the alternative settings under which the flag (or its absence) stays",
        alias="Stability of the flag",
        published={"localities": 165},
    ),
    # hot spots
    "hot_spot_id": Field(
        "text", "Hot spot: the area's code and the rank", alias="Hot spot (code)", published={"hot_spots": 900}
    ),
    "hot_spot_name": Field(
        "text", "Intermediate zones where most of its residents live", alias="Hot spot", published={"hot_spots": 5}
    ),
    "rank": Field(
        "integer",
        "Order by strength in the area searched, 1 first",
        "rank",
        minimum=1,
        alias="Rank by strength",
        published={"hot_spots": 10},
    ),
    "within": Field("text", "Area searched, and held against the rest of", allowed=("cpp", "scotland")),
    "shape": Field("text", "Shape of the windows", allowed=("circular", "flexible", "plain")),
    "indicators": Field("text", "Outcomes scanned together, comma separated"),
    "periods": Field("text", "Periods of the outcomes, comma separated"),
    "observed": _number(
        "Counted inside (for means: the mean inside); missing for several outcomes",
        "count or value",
        alias="Observed inside",
        decimals=1,
        published={"hot_spots": 25},
    ),
    "expected": _number(
        "Expected inside at the whole area's rate; missing for several outcomes",
        "as observed",
        alias="Expected inside",
        decimals=1,
        published={"hot_spots": 30},
    ),
    "log_likelihood_ratio": Field(
        "number",
        "Strength: Kulldorff's log likelihood ratio, summed over outcomes",
        minimum=0.0,
        alias="Strength (log likelihood ratio)",
        decimals=1,
    ),
    "p_chance": _share(
        "Beyond chance: how often one rate everywhere would show as strong a place, after the stronger are taken out",
        alias="p, beyond chance",
        decimals=4,
        published={"hot_spots": 50},
    ),
    "is_beyond_chance": Field(
        "boolean", "p_chance at or below alpha", alias="Beyond chance", published={"hot_spots": 40}
    ),
    "p_inequality": _share(
        "Beyond this area's own inequality: how often an area as unequal and as clustered would show as strong a place",
        alias="p, beyond this area's own inequality",
        decimals=4,
        published={"hot_spots": 55},
    ),
    "is_beyond_inequality": Field(
        "boolean",
        "p_inequality at or below alpha",
        alias="Beyond this area's own inequality",
        published={"hot_spots": 45},
    ),
    "over_dispersion": _number(
        "Standard deviation between zones beyond sampling, first outcome",
        "log, logit, value",
        alias="Spread between zones beyond sampling",
    ),
    "spatial_correlation": _number(
        "Moran's I of zones that one window may hold, outside the strongest window, first outcome",
        "correlation",
        alias="Likeness of near zones (Moran's I)",
    ),
    "replications": Field("integer", "Draws of the null", "draws", minimum=1),
    "seed": Field("integer", "Seed of what is random", minimum=0),
    # inequality
    "area_name": Field("text", "Name of the area"),
    "measure": Field("text", "Measure of inequality between more and less deprived zones", allowed=INEQUALITY_MEASURES),
    "zones_with_figures": Field("integer", "Zones with a figure for the indicator", "zones", minimum=0),
    # trends
    "first_period": Field("text", "First of the periods compared", nullable=True),
    "last_period": Field("text", "Last of the periods compared", nullable=True),
    "period_count": Field("integer", "Periods compared: none across a break, none that overlap", "periods", minimum=0),
    "change": _number("Last period less the first"),
    "change_lower_ci": _number("Lower limit of the change, by chance alone"),
    "change_upper_ci": _number("Upper limit of the change, by chance alone"),
    "annual_change_pct": _number("Change in a year along the trend", "% of the value"),
    "annual_change_lower_ci_pct": _number("Lower limit of the yearly change", "% of the value"),
    "annual_change_upper_ci_pct": _number("Upper limit of the yearly change", "% of the value"),
    "dispersion": _number("Scatter about the trend, over what chance would give (for means: residual variance)"),
    "trend_method": Field("text", "Method of the trend"),
    "trend_direction": Field("text", "Which way the trend surely goes, if either", allowed=TREND_DIRECTIONS),
    "trend_status": Field("text", "What could be worked out", allowed=TREND_STATUSES),
    **{
        name: one
        for years in PROJECTED_YEARS
        for name, one in (
            (f"projected_{years}", _number(f"Value {years} year{_s(years)} after the last period, by the trend")),
            (f"projected_{years}_lower", _number(f"Lower prediction limit {years} year{_s(years)} on")),
            (f"projected_{years}_upper", _number(f"Upper prediction limit {years} year{_s(years)} on")),
        )
    },
    # peers
    "area_id": Field("text", "Candidate locality, or code of a partnership"),
    "matching": Field("text", "Whether peers are alike in income deprivation too", allowed=MATCHINGS),
    "peer_rank": Field("integer", "Order of similarity, 1 the most similar", "rank", minimum=1),
    "peer_id": Field("text", "The similar candidate locality or partnership"),
    "distance": Field("number", "How far apart they are", "standard deviations, root mean square", minimum=0.0),
    "settlement_distance": _number("How far apart in settlement and density", "standard deviations, root mean square"),
    "age_distance": _number("How far apart in age structure", "standard deviations, root mean square"),
    "deprivation_distance": _number("How far apart in income deprivation", "standard deviations"),
    "is_same_cpp": Field("boolean", "Both lie in one partnership's area"),
    # which boundaries serve best
    "locality_count": Field(
        "integer",
        "Candidate localities of the set in the partnership",
        "localities",
        minimum=1,
        alias="Candidate localities",
    ),
    "counted_against": Field("text", "Answer whose flags are counted as reached", allowed=COMPARATORS),
    **{
        name: field
        for code, than in (("scotland", "elsewhere in Scotland"), ("cpp", "elsewhere in the partnership"))
        for name, field in (
            (f"flagged_count_{code}", Field("integer", f"Localities poorer than {than}", "localities", minimum=0)),
            (f"share_of_need_{code}", _share(f"Share of people in need in localities poorer than {than}")),
            (f"share_of_residents_{code}", _share(f"Share of residents in localities poorer than {than}")),
        )
    },
    "flagged_count": Field(
        "integer",
        "Flagged localities of the set in the partnership",
        "localities",
        minimum=0,
        alias="Flagged localities",
    ),
    "share_covered": _share(
        "Share of residents who live in a locality of the set", alias="Share of residents in a locality"
    ),
    "share_overlapping": _share(
        "Share of residents whose zone is in localities that overlap",
        alias="Share of residents where localities overlap",
    ),
    "residents_in_scope": Field("number", "Residents inside flagged localities", "people", minimum=0.0, decimals=0),
    "share_of_residents": _share(
        "Share of the partnership's residents inside flagged localities", alias="Share of residents in scope"
    ),
    "need_reached": Field(
        "number",
        "People in need inside flagged localities",
        "people",
        minimum=0.0,
        alias="People in need reached",
        decimals=0,
    ),
    "share_of_need": _share(
        "Share of the partnership's people in need inside flagged localities (completeness)",
        alias="Share of people in need reached",
    ),
    "need_per_100_in": _number(
        "People in need per 100 residents inside flagged localities (efficiency)",
        "per 100",
        alias="In need per 100 residents, inside",
    ),
    "need_per_100_out": _number(
        "People in need per 100 residents outside every flagged locality",
        "per 100",
        alias="In need per 100 residents, outside",
    ),
    "lift": _number(
        "Share of people in need reached, less the share of residents in scope",
        "share",
        alias="Share of need less share of residents",
    ),
    "need_missed": Field(
        "number",
        "People in need outside every flagged locality",
        "people",
        minimum=0.0,
        alias="People in need missed",
        decimals=0,
    ),
    "missed_where": Field(
        "text",
        "Intermediate zones where most of the missed live, and how many",
        nullable=True,
        alias="Where most of the missed live",
    ),
    "share_within_limit": _share(
        "Share of the set's localities under the limit of residents", alias="Share of localities under the limit"
    ),
    "evidence_from": Field(
        "date",
        "End of the earliest period of the evidence",
        nullable=True,
        alias="Earliest evidence, to",
        published={"localities": 75},
    ),
    "evidence_to": Field(
        "date",
        "End of the latest period of the evidence",
        nullable=True,
        alias="Latest evidence, to",
        published={"localities": 80},
    ),
    "share_modelled": _share(
        "Share of the headline estimates of outcomes that are modelled", alias="Share of the evidence modelled"
    ),
    "is_proposed": Field(
        "boolean",
        "The drawing proposed to the partnership: its own edited one, else the natural communities",
        alias="Proposed to the partnership",
    ),
    "is_recommended": Field(
        "boolean",
        "The set to start from in the partnership; the decision remains its own",
        alias="Recommended to start from",
    ),
    # progress
    "first_value": _number("Value in the first of the periods compared"),
    "last_value": _number("Value in the last of the periods compared"),
    "rest_change": _number("Last period less the first, in the rest of the wider area"),
    "rest_change_lower_ci": _number("Lower limit of the rest's change, by chance alone"),
    "rest_change_upper_ci": _number("Upper limit of the rest's change, by chance alone"),
    "change_against_rest": _number("How much more it changed than the rest", "as its scale says"),
    "change_against_rest_lower_ci": _number("Lower limit of how much more it changed", "as its scale says"),
    "change_against_rest_upper_ci": _number("Upper limit of how much more it changed", "as its scale says"),
    "change_against_rest_scale": Field(
        "text",
        "percent: ratio of the two ratios of change, less 1; points: difference of changes in the unit",
        allowed=RELATIVE_SCALES,
    ),
    "change_direction": Field("text", "Which way it surely changed, if either", allowed=PROGRESS_DIRECTIONS),
    "wider_direction": Field(
        "text",
        "Which way the whole wider area (partnership; for one, Scotland) surely changed, if either",
        allowed=PROGRESS_DIRECTIONS,
    ),
    "ground": Field("text", "Whether it surely changed for the better or the worse of the rest", allowed=GROUNDS),
    "is_against_the_trend": Field("boolean", "It surely goes one way, and the whole wider area surely the other"),
    "change_method": Field("text", "Method of the limits of change"),
    # sources
    "title": Field("text", "Title"),
    "publisher": Field("text", "Publisher"),
    "landing_page": Field("text", "Page about the data"),
    "address_used": Field("text", "Address that the file came from", alias="Address"),
    "licence": Field("text", "Licence"),
    "attribution": Field("text", "Attribution that the licence asks for", alias="Attribution"),
    "source_vintage": Field("text", "Census year of the geography, or none", nullable=True),
    "sha256": Field("text", "SHA-256 of the file"),
    "retrieved_at": Field("text", "When the file was retrieved, UTC"),
    "rows": Field("integer", "Rows read", "rows", minimum=0, nullable=True),
    "is_stale": Field(
        "boolean",
        "The last good version serves because a newer one could not be used",
        alias="Last good version serves",
    ),
    "note": Field("text", "What happened when it was fetched", nullable=True),
    "is_fictional": Field("boolean", "Made up for the sample: describes no real place", alias="Fictional"),
    # only in publications
    "community": Field(
        "text",
        "Name of the community that the zone is in: give it another's to move the zone",
        alias="Community",
        published={"editing": 5},
    ),
    "community_proposed": Field(
        "text", "Name of the community that the zone was proposed in", alias="Community as proposed", published={}
    ),
    "why": Field(
        "text",
        "Why the locality has its verdict, in one sentence with numbers",
        alias="Why",
        published={"localities": 35},
    ),
    "evidence": Field(
        "text",
        "Strongest findings on outcomes, with intervals, counts, both comparators and sources",
        alias="Evidence",
        published={"localities": 40},
    ),
    "comparator_name": Field(
        "text",
        "What the value is held against, in words: always the rest of an area",
        alias="Held against",
        published={"findings": 25},
    ),
    "source_title": Field("text", "Title of the source of the value", alias="Source", published={"findings": 85}),
    "residents": Field(
        "number",
        "Residents of the zone who belong to the locality",
        "people",
        alias="Residents who belong",
        decimals=0,
        published={"members": 25},
    ),
    "candidate_set_title": Field(
        "text", "Title of the way of drawing localities", alias="Way of drawing localities", published={"reach": 5}
    ),
    "candidate_sets_flagged": Field(
        "integer",
        "Number of candidate sets in which the locality that holds most of the zone's residents is flagged",
        alias="Candidate sets that flag it",
        published={"zones": 20},
    ),
    "setting": Field("text", "Name of the setting", alias="Setting", published={"thresholds": 5}),
    "setting_value": Field(
        "text", "Value of the setting in the run that made this file", alias="Value", published={"thresholds": 10}
    ),
    "setting_meaning": Field(
        "text", "What the setting does, and why it has its default", alias="Meaning", published={"thresholds": 15}
    ),
}

# of fields made in families above: title and places
for _name, _alias, _places in (
    ("better_votes_cpp", "Better than the partnership in", {"localities": 130}),
    ("better_votes_scotland", "Better than Scotland in", {"localities": 125}),
    ("holds_up_to", "Holds up to a ratio of", {"localities": 45}),
    ("holds_up_to_cpp", "Holds against the partnership up to a ratio of", {}),
    ("holds_up_to_scotland", "Holds against Scotland up to a ratio of", {}),
    ("poorer_votes_cpp", "Poorer than the partnership in", {"localities": 30}),
    ("poorer_votes_scotland", "Poorer than Scotland in", {"localities": 20}),
    ("slightly_votes_cpp", "Slightly poorer than the partnership in", {}),
    ("slightly_votes_scotland", "Slightly poorer than Scotland in", {}),
):
    FIELDS[_name] = replace(FIELDS[_name], alias=_alias, published=_places)
