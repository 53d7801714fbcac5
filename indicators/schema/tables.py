"""Every field and every table of the project, each described once.

The store, the checks, the Dagster metadata, the GeoPackage aliases and the documentation derive from what is written
here. What a table *means* is here; how it is computed is not: that is in `indicators/` and `localities/`. How it is
checked is in `indicators.schema.validation`.

Examples
--------
>>> TABLES["membership"].columns
('locality_id', 'candidate_set', 'zone_code', 'weight')
>>> from indicators.schema.fields import FIELDS
>>> FIELDS["weight"].unit
'share of residents'
"""

from __future__ import annotations

from dataclasses import dataclass

from indicators.schema.vocabulary import (
    PROJECTED_YEARS,
)

__all__ = ["TABLES", "Table"]


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns in order, and its key.

    Parameters
    ----------
    name
        Name of the table in the store, in DuckDB and in Parquet.
    title
        Name in plain words.
    row
        What one row is.
    columns
        Names of fields, in order. More columns may follow where `is_open`.
    key
        Columns whose values together are unique and never missing.
    is_open
        Whether further columns are allowed after the declared ones.
    """

    name: str
    title: str
    row: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_open: bool = False

    @property
    def is_spatial(self) -> bool:
        """Whether the table holds a geometry (EPSG:27700)."""
        return "geometry" in self.columns


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "sources",
            "Sources",
            "one row per input file",
            (
                "source_id",
                "title",
                "publisher",
                "landing_page",
                "address_used",
                "licence",
                "attribution",
                "source_vintage",
                "sha256",
                "retrieved_at",
                "rows",
                "is_stale",
                "note",
                "is_fictional",
            ),
            ("source_id",),
        ),
        Table(
            "zones",
            "Data zones",
            "one row per data zone",
            (
                "zone_code",
                "zone_name",
                "vintage",
                "population",
                "population_source_id",
                "population_period",
                "population_2011",
                "household_population_2011",
                "cpp_code",
                "cpp_name",
                "cpp_slug",
                "intermediate_zone_code",
                "intermediate_zone_name",
                "ward_code",
                "ward_name",
                "travel_to_work_area_code",
                "travel_to_work_area_name",
                "urban_rural_8_code",
                "urban_rural_8_name",
                "centroid_x",
                "centroid_y",
                "area_m2",
                "perimeter_m",
                "geometry",
            ),
            ("zone_code",),
        ),
        Table(
            "adjacency",
            "Neighbouring zones",
            "one row per ordered pair of zones that share a border or a link (both directions stored)",
            ("zone_code", "neighbour_code", "shared_border_m", "is_link", "link_kind", "barrier"),
            ("zone_code", "neighbour_code"),
        ),
        Table(
            "indicators",
            "Indicators",
            "one row per declared indicator",
            (
                "indicator_id",
                "indicator_title",
                "definition",
                "domain",
                "vote",
                "role",
                "kind",
                "unit",
                "multiplier",
                "poorer_is",
                "smallest_important_difference",
                "smallest_important_difference_scale",
                "national_outcome",
                "source_id",
                "supersedes",
                "is_approximate",
                "caveats",
            ),
            ("indicator_id",),
        ),
        Table(
            "observations",
            "Observations",
            "one row per indicator, area and period",
            (
                "indicator_id",
                "area_code",
                "area_type",
                "vintage",
                "period_start",
                "period_end",
                "period",
                "numerator",
                "denominator",
                "value",
                "status",
                "source_id",
            ),
            ("indicator_id", "area_code", "period"),
        ),
        Table(
            "candidate_localities",
            "Candidate localities",
            "one row per candidate locality of every candidate set",
            (
                "locality_id",
                "candidate_set",
                "locality_name",
                "alternative_names",
                "cpp_code",
                "cpp_name",
                "population",
                "is_within_limit",
                "zone_count",
                "is_contiguous",
                "compactness",
                "fit",
                "drawn_from",
                "geometry",
            ),
            ("locality_id",),
        ),
        Table(
            "membership",
            "Zones of each candidate locality",
            "one row per candidate locality and zone",
            ("locality_id", "candidate_set", "zone_code", "weight"),
            ("locality_id", "zone_code"),
        ),
        Table(
            "estimates",
            "Estimates",
            "one row per candidate locality, indicator and period",
            (
                "locality_id",
                "indicator_id",
                "period",
                "is_headline_period",
                "numerator",
                "denominator",
                "value",
                "lower_ci",
                "upper_ci",
                "ci_method",
                "confidence",
                "coverage",
                "effective_n",
                "status",
                "source_id",
            ),
            ("locality_id", "indicator_id", "period"),
        ),
        Table(
            "findings",
            "Findings",
            "one row per estimate and comparator",
            (
                "locality_id",
                "indicator_id",
                "period",
                "comparator",
                "is_headline_period",
                "comparator_value",
                "whole_area_value",
                "difference",
                "difference_lower_ci",
                "difference_upper_ci",
                "ratio",
                "ratio_lower_ci",
                "ratio_upper_ci",
                "p_value",
                "q_value",
                "p_important",
                "q_important",
                "null_model",
                "test_method",
                "depth",
                "shrunken_value",
                "posterior_worst_fifth",
                "posterior_worst_tenth",
                "significance",
                "reason",
            ),
            ("locality_id", "indicator_id", "period", "comparator"),
        ),
        Table(
            "verdicts",
            "Verdicts",
            "one row per candidate locality",
            (
                "locality_id",
                "candidate_set",
                "locality_name",
                "cpp_code",
                "cpp_name",
                "verdict_scotland",
                "poorer_votes_scotland",
                "slightly_votes_scotland",
                "better_votes_scotland",
                "holds_up_to_scotland",
                "verdict_cpp",
                "poorer_votes_cpp",
                "slightly_votes_cpp",
                "better_votes_cpp",
                "holds_up_to_cpp",
                "verdict",
                "basis",
                "is_flagged",
                "domains_assessed",
                "domains_poorer",
                "domains_slightly_poorer",
                "poorer_domains",
                "effective_domains",
                "depth",
                "holds_up_to",
                "hangs_on",
                "would_flag",
                "people_in_need",
                "people_in_need_indicator",
                "evidence_from",
                "evidence_to",
                "priority_rank",
                "stability",
                "changes_under",
                "drawing_support",
                "special_zones",
                "holds_without_special_zones",
                "reason",
            ),
            ("locality_id",),
            is_open=True,
        ),
        Table(
            "hot_spots",
            "Hot spots",
            "one row per hot spot: where poorer outcomes gather; found, not drawn, and no division of the area",
            (
                "hot_spot_id",
                "hot_spot_name",
                "cpp_code",
                "cpp_name",
                "within",
                "shape",
                "indicators",
                "periods",
                "rank",
                "population",
                "zone_count",
                "observed",
                "expected",
                "ratio",
                "people_in_need",
                "log_likelihood_ratio",
                "p_chance",
                "is_beyond_chance",
                "p_inequality",
                "is_beyond_inequality",
                "over_dispersion",
                "spatial_correlation",
                "replications",
                "seed",
                "geometry",
            ),
            ("hot_spot_id",),
        ),
        Table(
            "hot_spot_zones",
            "Zones of each hot spot",
            "one row per hot spot and zone",
            ("hot_spot_id", "zone_code"),
            ("hot_spot_id", "zone_code"),
        ),
        Table(
            "inequality",
            "Inequality",
            "one row per partnership (and Scotland), indicator, period and measure",
            (
                "area_code",
                "area_name",
                "indicator_id",
                "period",
                "is_headline_period",
                "measure",
                "value",
                "unit",
                "lower_ci",
                "upper_ci",
                "ci_method",
                "confidence",
                "zones_with_figures",
                "population",
                "reason",
            ),
            ("area_code", "indicator_id", "period", "measure"),
        ),
        Table(
            "trends",
            "Trends",
            "one row per candidate locality and indicator with more than one period",
            (
                "locality_id",
                "indicator_id",
                "first_period",
                "last_period",
                "period_count",
                "change",
                "change_lower_ci",
                "change_upper_ci",
                "annual_change_pct",
                "annual_change_lower_ci_pct",
                "annual_change_upper_ci_pct",
                "dispersion",
                "trend_method",
                "trend_direction",
                *(f"projected_{years}{end}" for years in PROJECTED_YEARS for end in ("", "_lower", "_upper")),
                "confidence",
                "trend_status",
                "reason",
            ),
            ("locality_id", "indicator_id"),
        ),
        Table(
            "progress",
            "Progress",
            "one row per candidate locality or partnership, and outcome, determinant or access indicator with periods "
            "that compare",
            (
                "area_id",
                "candidate_set",
                "indicator_id",
                "first_period",
                "last_period",
                "period_count",
                "first_value",
                "last_value",
                "change",
                "change_lower_ci",
                "change_upper_ci",
                "rest_change",
                "rest_change_lower_ci",
                "rest_change_upper_ci",
                "change_against_rest",
                "change_against_rest_lower_ci",
                "change_against_rest_upper_ci",
                "change_against_rest_scale",
                "change_direction",
                "wider_direction",
                "ground",
                "is_against_the_trend",
                "change_method",
                "confidence",
                "reason",
            ),
            ("area_id", "indicator_id"),
        ),
        Table(
            "reach",
            "Which boundaries serve best",
            "one row per partnership and candidate set: what its flagged localities reach of the people in need",
            (
                "cpp_code",
                "cpp_name",
                "candidate_set",
                "is_recommended",
                "reason",
                "locality_count",
                "flagged_count",
                "population",
                "share_covered",
                "share_overlapping",
                "residents_in_scope",
                "share_of_residents",
                "people_in_need",
                "people_in_need_indicator",
                "need_reached",
                "share_of_need",
                "need_per_100_in",
                "need_per_100_out",
                "lift",
                "need_missed",
                "missed_where",
                "fit",
                "share_within_limit",
                "evidence_from",
                "evidence_to",
                "share_modelled",
            ),
            ("cpp_code", "candidate_set"),
        ),
        Table(
            "peers",
            "Similar places",
            "one row per candidate locality or partnership, way of matching and peer",
            (
                "area_id",
                "candidate_set",
                "matching",
                "peer_rank",
                "peer_id",
                "distance",
                "settlement_distance",
                "age_distance",
                "deprivation_distance",
                "is_same_cpp",
            ),
            ("area_id", "matching", "peer_rank"),
        ),
    )
}
