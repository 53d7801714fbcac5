"""Fields of hot spots: where poorer outcomes gather, found without boundaries."""

from __future__ import annotations

from indicators.schema.field import Field, flag, number, share, text

FIELDS: dict[str, Field] = {
    "hot_spot_id": text(
        "Hot spot: the area's code and the rank", alias="Hot spot (code)", published={"hot_spots": 900}
    ),
    "hot_spot_name": text(
        "Intermediate zones where most of its residents live", alias="Hot spot", published={"hot_spots": 5}
    ),
    "rank": Field(
        "integer",
        "Order by strength in the area searched, 1 first",
        "rank",
        minimum=1,
        alias="Rank by strength",
        published={"hot_spots": 10},
    ),
    "within": text("Area searched, and held against the rest of", allowed=("cpp", "scotland")),
    "shape": text("Shape of the windows", allowed=("circular", "flexible", "plain")),
    "indicators": text("Outcomes scanned together, comma separated"),
    "periods": text("Periods of the outcomes, comma separated"),
    "observed": number(
        "Counted inside (for means: the mean inside); missing for several outcomes",
        "count or value",
        alias="Observed inside",
        decimals=1,
        published={"hot_spots": 25},
    ),
    "expected": number(
        "Expected inside at the whole area's rate; missing for several outcomes",
        "as observed",
        alias="Expected inside",
        decimals=1,
        published={"hot_spots": 30},
    ),
    "people_in_need_among": number(
        "Residents whom people in need were counted among, in the zones and the period of that count",
        "people",
        alias="People in need were counted among",
        decimals=0,
        published={"hot_spots": 21},
    ),
    "people_in_need_period": text(
        "Period in which people in need were counted",
        nullable=True,
        alias="People in need were counted in",
        published={"hot_spots": 22},
    ),
    "log_likelihood_ratio": Field(
        "number",
        "Strength: Kulldorff's log likelihood ratio, summed over outcomes",
        minimum=0.0,
        alias="Strength (log likelihood ratio)",
        decimals=1,
    ),
    "p_chance": share(
        "Beyond chance: how often one rate everywhere would show as strong a place, after the stronger are taken out",
        alias="p, beyond chance",
        decimals=4,
        published={"hot_spots": 50},
    ),
    "is_beyond_chance": flag("p_chance at or below alpha", alias="Beyond chance", published={"hot_spots": 40}),
    "p_inequality": share(
        "Beyond this area's own inequality: how often an area as unequal and as clustered would show as strong a place",
        alias="p, beyond this area's own inequality",
        decimals=4,
        published={"hot_spots": 55},
    ),
    "is_beyond_inequality": flag(
        "p_inequality at or below alpha", alias="Beyond this area's own inequality", published={"hot_spots": 45}
    ),
    "over_dispersion": number(
        "Standard deviation between zones beyond sampling, first outcome",
        "log, logit, value",
        alias="Spread between zones beyond sampling",
    ),
    "spatial_correlation": number(
        "Moran's I of zones that one window may hold, outside the strongest window, first outcome",
        "correlation",
        alias="Likeness of near zones (Moran's I)",
    ),
    "replications": Field("integer", "Draws of the null", "draws", minimum=1),
    "seed": Field("integer", "Seed of what is random", minimum=0),
}
