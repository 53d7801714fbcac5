"""Every field and every table of the project, each described once.

The store, the checks, the Dagster metadata, the GeoPackage aliases and the documentation derive from what is written
here. What a table *means* is here; how it is computed is not: that is in `indicators/` and `localities/`. How it is
checked is in `indicators.schema.validation`.

Examples
--------
>>> TABLES["membership"].columns
('locality_id', 'candidate_set', 'zone_code', 'weight', 'exact_share')
>>> FIELDS["weight"].unit
'share of residents'
"""

from __future__ import annotations

from dataclasses import dataclass

from indicators.schema.fields import FIELDS
from indicators.schema.vocabulary import PROJECTED_YEARS


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
        Names of fields, in order; those of fields that name the table themselves (`Field.table`) follow. More columns
        may follow where `is_open`.
    key
        Columns whose values together are unique and never missing.
    is_open
        Whether further columns are allowed after the declared ones.
    is_given
        Whether people give it: no step computes it and no store holds it, so that what is deleted is gone.
    """

    name: str
    title: str
    row: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_open: bool = False
    is_given: bool = False

    def __post_init__(self) -> None:
        """Add the columns whose fields name this table."""
        own = (name for name, one in FIELDS.items() if one.table == self.name and name not in self.columns)
        object.__setattr__(self, "columns", (*self.columns, *own))

    @property
    def is_spatial(self) -> bool:
        """Whether the table holds a geometry (EPSG:27700)."""
        return "geometry" in self.columns


_OF_A_COMPARISON = (
    "comparator_value", "whole_area_value", "difference", "difference_lower_ci", "difference_upper_ci", "ratio",
    "ratio_lower_ci", "ratio_upper_ci", "p_value", "q_value", "p_important", "q_important", "null_model", "test_method",
    "depth",
)  # fmt: skip
"""What every finding says of its difference, of places as of groups."""

_OF_VERDICTS = (
    "locality_id", "candidate_set", "locality_name", "cpp_code", "cpp_name", "verdict_scotland",
    "poorer_votes_scotland", "slightly_votes_scotland", "better_votes_scotland", "holds_up_to_scotland", "verdict_cpp",
    "poorer_votes_cpp", "slightly_votes_cpp", "better_votes_cpp", "holds_up_to_cpp", "verdict", "basis", "answer",
    "is_flagged", "verdict_same_kind", "poorer_votes_same_kind", "verdict_access", "access_poorer", "access_assessed",
    "domains_assessed", "domains_poorer", "domains_slightly_poorer", "poorer_domains", "effective_domains", "depth",
    "holds_up_to", "hangs_on", "would_flag", "people_in_need", "people_in_need_indicator", "evidence_from",
    "evidence_to", "priority_rank", "stability", "changes_under", "drawing_support_scotland", "drawing_support_cpp",
    "special_zones", "holds_without_special_zones", "reason",
)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "sources",
            "Sources",
            "one row per input file",
            (
                "source_id", "title", "publisher", "landing_page", "address_used", "licence", "attribution",
                "source_vintage", "sha256", "retrieved_at", "rows", "is_stale", "note", "is_fictional",
            ),
            ("source_id",),
        ),
        Table(
            "zones",
            "Data zones",
            "one row per data zone",
            (
                "zone_code", "zone_name", "vintage", "population", "population_source_id", "population_period",
                "census_population", "census_household_population", "cpp_code", "cpp_name", "cpp_slug",
                "intermediate_zone_code", "intermediate_zone_name", "ward_code", "ward_name",
                "travel_to_work_area_code", "travel_to_work_area_name", "urban_rural_8_code", "urban_rural_8_name",
                "centroid_x", "centroid_y", "area_m2", "perimeter_m", "geometry",
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
            "crosswalk",
            "Zones of other censuses",
            "one row per ordered pair of zones of two censuses in which the same people live, and one per zone with "
            "people whose zone in the other is not known",
            (
                "from_vintage", "to_vintage", "from_code", "to_code", "people", "share_of_from", "share_of_to",
                "is_exact", "basis", "common_group", "is_whole_group", "from_parent", "to_parent",
            ),
            ("from_vintage", "to_vintage", "from_code", "to_code"),
        ),
        Table(
            "vintages",
            "Localities on other zones",
            "one row per candidate locality, redrawn on the zones of the other census by where people live",
            (
                "locality_id", "candidate_set", "locality_name", "cpp_code", "from_vintage", "to_vintage", "zone_count",
                "changed_zones", "unassigned_zones", "redrawn_zones", "people", "people_in_changed_zones",
                "people_kept", "people_lost", "people_gained",
            ),
            ("locality_id",),
        ),
        Table(
            "redrawn",
            "Localities as they are on other zones",
            "one row per locality that gains or loses people on the zones of the other census, or whose verdict moves "
            "there; no rows without a run on those zones in the same working folder",
            (
                "locality_id", "candidate_set", "cpp_code", "to_vintage", "verdict", "redrawn_verdict", "moved_by",
                "geometry",
            ),
            ("locality_id",),
        ),
        Table(
            "indicators",
            "Indicators",
            "one row per declared indicator",
            (
                "indicator_id", "indicator_title", "definition", "domain", "vote", "role", "kind", "unit", "multiplier",
                "poorer_is", "smallest_important_difference", "smallest_important_difference_scale", "national_outcome",
                "source_id", "supersedes", "is_approximate", "caveats",
            ),
            ("indicator_id",),
        ),
        Table(
            "council_context",
            "Context of councils",
            "one row per council (or Scotland), figure and period: shown beside a partnership, never a vote",
            (
                "area_code", "area_name", "context_topic", "context_figure", "period", "value", "lower_ci", "upper_ci",
                "unit", "context_poorer_is", "source_id",
            ),
            ("context_figure", "area_code", "period"),
        ),
        Table(
            "group_indicators",
            "Indicators by group",
            "one row per indicator whose rows are by group of people",
            (
                "indicator_id", "indicator_title", "group_dimension", "definition", "domain", "role", "kind", "unit",
                "multiplier", "poorer_is", "smallest_important_difference", "smallest_important_difference_scale",
                "national_outcome", "source_id", "is_approximate", "caveats",
            ),
            ("indicator_id",),
        ),
        Table(
            "group_findings",
            "Findings on groups of people",
            "one row per indicator, group of people, council (or Scotland), period and what it is held against",
            (
                "indicator_id", "group_dimension", "group_name", "area_code", "area_name", "period",
                "is_headline_period", "group_comparator", "numerator", "denominator", "share_of_people", "value",
                "lower_ci", "upper_ci", "ci_method", "confidence", "status", *_OF_A_COMPARISON, "age_basis",
                "significance", "reason", "source_id",
            ),
            ("indicator_id", "group_name", "area_code", "period", "group_comparator"),
        ),
        Table(
            "group_coverage",
            "What is published by group",
            "one row per domain of outcomes and what groups are told apart by: what there is, and what there is not",
            ("domain", "group_dimension", "is_by_group", "group_tables"),
            ("domain", "group_dimension"),
        ),
        Table(
            "group_places",
            "Where groups of people live",
            "one row per group of people that is counted by zone (an indicator of a population) and area",
            (
                "indicator_id", "area_code", "area_name", "period", "numerator", "denominator", "share_of_people",
                "share_in_densest_fifth", "dissimilarity", "share_in_deprived_fifth", "share_in_flagged_scotland",
                "share_in_flagged_cpp", "zones_with_figures", "reason",
            ),
            ("indicator_id", "area_code"),
        ),
        Table(
            "observations",
            "Observations",
            "one row per indicator, area and period",
            (
                "indicator_id", "area_code", "area_type", "vintage", "period_start", "period_end", "period",
                "numerator", "denominator", "value", "status", "is_summable", "is_lost", "is_remainder", "open_by",
                "source_id",
            ),
            ("indicator_id", "area_code", "period"),
        ),
        Table(
            "candidate_localities",
            "Candidate localities",
            "one row per candidate locality of every candidate set",
            (
                "locality_id", "candidate_set", "locality_name", "alternative_names", "cpp_code", "cpp_name",
                "population", "is_within_limit", "zone_count", "is_contiguous", "compactness", "fit", "drawn_from",
                "based_on", "based_on_since", "geometry",
            ),
            ("locality_id",),
        ),
        Table(
            "membership",
            "Zones of each candidate locality",
            "one row per candidate locality and zone",
            ("locality_id", "candidate_set", "zone_code", "weight", "exact_share"),
            ("locality_id", "zone_code"),
        ),
        Table(
            "estimates",
            "Estimates",
            "one row per candidate locality, indicator and period",
            (
                "locality_id", "indicator_id", "period", "is_headline_period", "numerator", "denominator", "value",
                "lower_ci", "upper_ci", "ci_method", "confidence", "coverage", "effective_n", "status", "source_id",
            ),
            ("locality_id", "indicator_id", "period"),
        ),
        Table(
            "findings",
            "Findings",
            "one row per estimate and comparator",
            (
                "locality_id", "indicator_id", "period", "comparator", "is_headline_period", *_OF_A_COMPARISON,
                "shrunken_value", "posterior_worst_fifth", "posterior_worst_tenth", "significance", "reason",
            ),
            ("locality_id", "indicator_id", "period", "comparator"),
        ),
        Table(
            "judgements",
            "Verdicts before drawings are compared",
            "one row per candidate locality, as far as its candidate set by itself decides",
            tuple(name for name in _OF_VERDICTS if not name.startswith("drawing_support")),
            ("locality_id",),
            is_open=True,
        ),
        Table(
            "verdicts",
            "Verdicts",
            "one row per candidate locality",
            _OF_VERDICTS,
            ("locality_id",),
            is_open=True,
        ),
        Table(
            "hot_spots",
            "Hot spots",
            "one row per hot spot: where poorer outcomes gather; found, not drawn, and no division of the area",
            (
                "hot_spot_id", "hot_spot_name", "cpp_code", "cpp_name", "within", "shape", "indicators", "periods",
                "rank", "population", "zone_count", "observed", "expected", "ratio", "people_in_need",
                "people_in_need_among", "people_in_need_period", "log_likelihood_ratio", "p_chance", "is_beyond_chance",
                "p_inequality", "is_beyond_inequality", "over_dispersion", "spatial_correlation", "replications",
                "seed", "geometry",
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
                "area_code", "area_name", "indicator_id", "period", "is_headline_period", "measure", "value", "unit",
                "lower_ci", "upper_ci", "ci_method", "confidence", "zones_with_figures", "population", "reason",
            ),
            ("area_code", "indicator_id", "period", "measure"),
        ),
        Table(
            "trends",
            "Trends",
            "one row per candidate locality and indicator with more than one period",
            (
                "locality_id", "indicator_id", "first_period", "last_period", "period_count", "change",
                "change_lower_ci", "change_upper_ci", "annual_change_pct", "annual_change_lower_ci_pct",
                "annual_change_upper_ci_pct", "dispersion", "trend_method", "trend_direction",
                *(f"projected_{years}{end}" for years in PROJECTED_YEARS for end in ("", "_lower", "_upper")),
                "confidence", "trend_status", "reason",
            ),
            ("locality_id", "indicator_id"),
        ),
        Table(
            "progress",
            "Progress",
            "one row per candidate locality or partnership, and outcome, determinant or access indicator with periods "
            "that compare",
            (
                "area_id", "candidate_set", "indicator_id", "first_period", "last_period", "period_count",
                "first_value", "last_value", "change", "change_lower_ci", "change_upper_ci", "rest_change",
                "rest_change_lower_ci", "rest_change_upper_ci", "change_against_rest", "change_against_rest_lower_ci",
                "change_against_rest_upper_ci", "change_against_rest_scale", "change_direction", "wider_direction",
                "ground", "is_against_the_trend", "change_method", "confidence", "reason",
            ),
            ("area_id", "indicator_id"),
        ),
        Table(
            "reach",
            "Which boundaries serve best",
            "one row per partnership and candidate set: what its flagged localities reach of the people in need",
            (
                "cpp_code", "cpp_name", "candidate_set", "is_recommended", "reason", "is_proposed", "counted_against",
                "locality_count", "flagged_count", "flagged_count_scotland", "share_of_need_scotland",
                "share_of_residents_scotland", "flagged_count_cpp", "share_of_need_cpp", "share_of_residents_cpp",
                "population", "share_covered", "share_overlapping", "residents_in_scope", "share_of_residents",
                "people_in_need", "people_in_need_indicator", "need_reached", "share_of_need", "need_per_100_in",
                "need_per_100_out", "lift", "need_missed", "missed_where", "fit", "share_within_limit", "evidence_from",
                "evidence_to", "share_modelled",
            ),
            ("cpp_code", "candidate_set"),
        ),
        Table(
            "need_outside",
            "Need outside flagged places",
            "one row per data zone: people in need there, and those of them outside every flagged place of the "
            "drawing proposed to the partnership",
            (
                "zone_code", "cpp_code", "candidate_set", "status", "people_in_need", "need_outside_scotland",
                "need_outside_cpp",
            ),
            ("zone_code",),
        ),
        Table(
            "peers",
            "Similar places",
            "one row per candidate locality or partnership, way of matching and peer",
            (
                "area_id", "candidate_set", "matching", "peer_rank", "peer_id", "distance", "settlement_distance",
                "age_distance", "deprivation_distance", "is_same_cpp",
            ),
            ("area_id", "matching", "peer_rank"),
        ),
        Table(
            "peer_findings",
            "Places beside their like",
            "one row per candidate locality with similar places and outcome, in its latest period",
            (
                "locality_id", "indicator_id", "period", "matching", "peer_count", "value", "peers_value", "depth",
                "q_value", "q_important", "significance", "reason",
            ),
            ("locality_id", "indicator_id"),
        ),
        Table(
            "decisions",
            "Decisions of partnerships",
            "one row per decision of a partnership on a place, the last on each place in force",
            (
                "cpp_code", "cpp_name", "locality_id", "candidate_set", "locality_name", "decision", "by_role",
                "decided_on", "because", "is_in_force", "answer_then", "answer_now", "people_then", "boundary_now",
                "boundary_change",
            ),
            ("locality_id", "decided_on"),
            is_given=True,
        ),
        Table(
            "decision_targets",
            "Targets of partnerships",
            "one row per target of a decision in force: indicator and years ahead, beside the latest figure",
            (
                "cpp_code", "cpp_name", "locality_id", "candidate_set", "locality_name", "indicator_id",
                "indicator_title", "unit", "years_ahead", "due_on", "target", "target_ground", "period_then",
                "value_then", "value_then_lower_ci", "value_then_upper_ci", "period", "value", "lower_ci", "upper_ci",
                "value_on_the_way", "target_track", "reason",
            ),
            ("locality_id", "indicator_id", "years_ahead"),
            is_given=True,
        ),
        Table(
            "place_standard",
            "What residents said (Place Standard)",
            "one row per round of answers, place, theme and group of residents; few answers are withheld",
            (
                "cpp_code", "cpp_name", "locality_id", "candidate_set", "locality_name", "results_id", "results_title",
                "gathered", "theme", "theme_number", "answer_group", "people_asked", "place_score", "answer_status",
                "outcome_beside",
            ),
            ("locality_id", "results_id", "answer_group", "theme"),
            is_given=True,
        ),
    )
}  # fmt: skip
