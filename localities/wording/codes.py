"""Plain words for the codes and columns of a publication.

Codes stay as they are in the tables, so that a GeoPackage joins to the DuckDB file; the words here become legends,
lists of values and column titles. Columns that exist in `indicators.schema.tables` take their meaning from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from indicators.schema.fields import FIELDS

__all__ = ["CODES_IN_WORDS", "alias", "aliases", "describe", "set_title", "setting_meaning", "setting_text"]

CODES_IN_WORDS: dict[str, dict[str, str]] = {
    "verdict": {
        "strong_evidence": "Strong evidence of significantly poorer outcomes",
        "some_evidence": "Some evidence of poorer outcomes",
        "no_evidence": "No evidence of poorer outcomes",
        "insufficient_evidence": "Too little evidence to say",
    },
    "answer": {
        "poorer_than_both": "Strong evidence: poorer than Scotland, and than elsewhere in the partnership",
        "poorer_than_scotland": "Strong evidence: poorer than Scotland",
        "poorer_within_cpp_only": "Strong evidence: poorer only within its partnership, not than Scotland",
        "some_evidence": "Some evidence of poorer outcomes",
        "no_evidence": "No evidence of poorer outcomes (which is not: no need)",
        "insufficient_evidence": "Too little evidence to say",
    },
    "verdict_access": {
        "poorer": "Poorer access than elsewhere in Scotland",
        "not_poorer": "Access not poorer",
        "not_assessed": "Access not assessed",
    },
    "significance": {
        "poorer": "Surely and importantly poorer",
        "slightly_poorer": "Poorer, but not surely by enough to matter",
        "not_different": "Not shown to be poorer",
        "better": "Better",
        "not_assessed": "Not assessed",
    },
    "basis": {
        "cpp": "The rest of the partnership's area",
        "scotland": "The rest of Scotland",
        "both": "The rest of the partnership's area and the rest of Scotland",
        "none": "None",
    },
    "comparator": {"cpp": "The rest of the partnership's area", "scotland": "The rest of Scotland"},
    "status": {
        "observed": "Observed",
        "suppressed": "Suppressed by the publisher",
        "not_applicable": "Does not apply here",
        "missing": "Missing",
        "modelled": "Modelled",
    },
    "null_model": {
        "sampling": "Chance among people or events",
        "correlated": "Zones differ and neighbours are alike, nowhere special",
        "none": "Not tested",
    },
    "poorer_is": {"higher": "Higher is poorer", "lower": "Lower is poorer"},
    "kind": {
        "proportion": "Share of people or households",
        "rate": "Rate of events",
        "standardised_rate": "Rate, standardised for age and sex",
        "standardised_ratio": "Ratio to what age and sex lead to expect",
        "mean": "Mean over people or zones",
    },
    "smallest_important_difference_scale": {
        "ratio": "Times the value of the rest",
        "odds": "Times the odds of the rest",
        "points": "In the unit of the indicator",
        "sd": "Standard deviations between zones",
    },
    "role": {
        "outcome": "Outcome, votes in the verdict",
        "determinant": "Determinant, never votes",
        "access": "Access to services, never votes",
        "population": "Population, never poorer",
    },
}
CODES_IN_WORDS |= {name: CODES_IN_WORDS["verdict"] for name in ("verdict_cpp", "verdict_scotland", "verdict_same_kind")}
"""Words for each code of a coded column, in the order of a legend."""

# short titles for columns whose description is a sentence, and for columns that only publications have
_TITLES: dict[str, str] = {
    "locality_id": "Candidate locality (code)",
    "locality_name": "Locality",
    "zone_code": "Data zone (code)",
    "zone_name": "Data zone",
    "cpp_code": "Partnership (code)",
    "cpp_name": "Community planning partnership",
    "intermediate_zone_code": "Intermediate zone (code)",
    "intermediate_zone_name": "Intermediate zone",
    "ward_code": "Electoral ward (code)",
    "population_source_id": "Source of residents",
    "population_period": "Residents as at",
    "urban_rural_8_name": "Urban rural class",
    "weight": "Share of the zone's residents who belong",
    "alternative_names": "Also known as",
    "is_within_limit": "Under the limit of residents",
    "is_contiguous": "In one piece",
    "compactness": "Compactness",
    "fit": "Fit to the boundary it is named for",
    "drawn_from": "Indicators used to draw it",
    "hot_spot_id": "Hot spot (code)",
    "hot_spot_name": "Hot spot",
    "rank": "Rank by strength",
    "observed": "Observed inside",
    "expected": "Expected inside",
    "log_likelihood_ratio": "Strength (log likelihood ratio)",
    "p_chance": "p, beyond chance",
    "is_beyond_chance": "Beyond chance",
    "p_inequality": "p, beyond this area's own inequality",
    "is_beyond_inequality": "Beyond this area's own inequality",
    "over_dispersion": "Spread between zones beyond sampling",
    "spatial_correlation": "Likeness of near zones (Moran's I)",
    "indicator_id": "Indicator (code)",
    "indicator_title": "Indicator",
    "kind": "Kind of indicator",
    "multiplier": "Multiplier",
    "poorer_is": "Which way is poorer",
    "national_outcome": "National Outcome",
    "is_approximate": "Weights are a stand-in",
    "period": "Period",
    "numerator": "Numerator",
    "denominator": "Denominator",
    "value": "Value",
    "lower_ci": "Value, lower limit",
    "upper_ci": "Value, upper limit",
    "ci_method": "Method of the interval",
    "effective_n": "Effective number behind the value",
    "status": "Status of the data",
    "source_id": "Source (code)",
    "comparator": "Comparator (code)",
    "comparator_value": "Comparator value (the rest)",
    "whole_area_value": "Whole area, as published",
    "difference": "Difference from the rest",
    "difference_lower_ci": "Difference, lower limit",
    "difference_upper_ci": "Difference, upper limit",
    "ratio": "Ratio to the rest",
    "ratio_lower_ci": "Ratio, lower limit",
    "ratio_upper_ci": "Ratio, upper limit",
    "p_value": "p, no difference",
    "q_value": "q, no difference",
    "p_important": "p, important difference",
    "q_important": "q, important difference",
    "null_model": "Null of the test",
    "depth": "Depth (important differences)",
    "shrunken_value": "Shrunken value, for maps",
    "posterior_worst_fifth": "Chance of being in the worst fifth",
    "posterior_worst_tenth": "Chance of being in the worst tenth",
    "significance": "Significance",
    "reason": "Reason",
    "domains_assessed": "Domains assessed",
    "domains_poorer": "Core votes poorer",
    "domains_slightly_poorer": "Domains slightly poorer",
    "effective_domains": "Effective number of domains",
    "people_in_need": "People in need",
    "people_in_need_indicator": "People in need are",
    "basis": "Held against",
    "verdict": "Verdict",
    "is_flagged": "Flagged",
    "priority_rank": "Priority rank",
    "stability": "Stability of the flag",
    "answer": "Answer",
    "verdict_same_kind": "Verdict against places of its own kind",
    "poorer_votes_same_kind": "Poorer than places of its kind in",
    "verdict_access": "Access to services",
    "access_poorer": "Access indicators poorer",
    "access_assessed": "Access indicators assessed",
    "poorer_votes_scotland": "Poorer than Scotland in",
    "slightly_votes_scotland": "Slightly poorer than Scotland in",
    "better_votes_scotland": "Better than Scotland in",
    "poorer_votes_cpp": "Poorer than the partnership in",
    "slightly_votes_cpp": "Slightly poorer than the partnership in",
    "better_votes_cpp": "Better than the partnership in",
    "holds_up_to": "Holds up to a ratio of",
    "holds_up_to_scotland": "Holds against Scotland up to a ratio of",
    "holds_up_to_cpp": "Holds against the partnership up to a ratio of",
    "hangs_on": "What the flag hangs on",
    "would_flag": "What would flag it",
    "verdict_cpp": "Verdict against the rest of the partnership's area",
    "verdict_scotland": "Verdict against the rest of Scotland",
    "changes_under": "Settings under which the flag changes",
    "drawing_support": "Support under other drawings",
    "special_zones": "Special zones",
    "holds_without_special_zones": "Holds without special zones",
    "smallest_important_difference": "Smallest important difference",
    "smallest_important_difference_scale": "Scale of the smallest important difference",
    "based_on": "Edited from",
    "is_proposed": "Proposed to the partnership",
    "is_recommended": "Recommended to start from",
    "flagged_count": "Flagged localities",
    "locality_count": "Candidate localities",
    "share_covered": "Share of residents in a locality",
    "share_overlapping": "Share of residents where localities overlap",
    "share_of_residents": "Share of residents in scope",
    "share_of_need": "Share of people in need reached",
    "need_reached": "People in need reached",
    "need_per_100_in": "In need per 100 residents, inside",
    "need_per_100_out": "In need per 100 residents, outside",
    "lift": "Share of need less share of residents",
    "need_missed": "People in need missed",
    "missed_where": "Where most of the missed live",
    "share_within_limit": "Share of localities under the limit",
    "evidence_from": "Earliest evidence, to",
    "evidence_to": "Latest evidence, to",
    "share_modelled": "Share of the evidence modelled",
    "address_used": "Address",
    "attribution": "Attribution",
    "is_stale": "Last good version serves",
    "is_fictional": "Fictional",
}

_OWN: dict[str, tuple[str, str]] = {
    "community": ("Community", "Name of the community that the zone is in: give it another's to move the zone"),
    "community_proposed": ("Community as proposed", "Name of the community that the zone was proposed in"),
    "verdict_in_words": ("Verdict in words", "Grade of the statistical evidence, in words"),
    "why": ("Why", "Why the locality has its verdict, in one sentence with numbers"),
    "evidence": ("Evidence", "Strongest findings on outcomes, with intervals, counts, both comparators and sources"),
    "comparator_name": ("Held against", "What the value is held against, in words: always the rest of an area"),
    "source_title": ("Source", "Title of the source of the value"),
    "residents": ("Residents who belong", "Residents of the zone who belong to the locality (people)"),
    "candidate_set_title": ("Way of drawing localities", "Title of the way of drawing localities"),
    "candidate_sets_flagged": (
        "Candidate sets that flag it",
        "Number of candidate sets in which the locality that holds most of the zone's residents is flagged",
    ),
    "setting": ("Setting", "Name of the setting"),
    "setting_value": ("Value", "Value of the setting in the run that made this file"),
    "setting_meaning": ("Meaning", "What the setting does, and why it has its default"),
}


def set_title(candidate_set: str) -> str:
    """Return the plain name of a candidate set that gives no title of its own.

    Examples
    --------
    >>> set_title("sub_council_areas")
    'sub council areas'
    """
    return candidate_set.replace("_", " ")


@cache
def alias(column: str) -> str:
    """Return the short title of a column, as shown in QGIS.

    Examples
    --------
    >>> alias("q_important"), alias("comparator_name"), alias("ward_name")
    ('q, important difference', 'Held against', 'Electoral ward')
    """
    if column in _OWN:
        return _OWN[column][0]
    if column in _TITLES:
        return _TITLES[column]
    if column in FIELDS and len(FIELDS[column].description) <= 60:
        return FIELDS[column].description
    return column.replace("_", " ").capitalize()


@cache
def describe(column: str) -> str:
    """Return what a column means, with its unit in brackets where it has one.

    Examples
    --------
    >>> describe("population")
    'Residents (people)'
    """
    if column in _OWN:
        return _OWN[column][1]
    if column in FIELDS:
        field = FIELDS[column]
        return f"{field.description} ({field.unit})" if field.unit else field.description
    return column.replace("_", " ").capitalize()


def aliases(columns: Iterable[str], own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the short title of each column, unique within the table.

    Examples
    --------
    >>> aliases(["comparator_name", "basis"])
    {'comparator_name': 'Held against', 'basis': 'Held against (basis)'}
    """
    result: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        title = (own or {}).get(column) or alias(column)
        if title in taken:
            title = f"{title} ({column})"
        taken.add(title)
        result[column] = title
    return result


@cache
def setting_meaning(name: str) -> str:
    """Return what a setting does, as `localities.settings` documents it, or nothing for what is no setting.

    Examples
    --------
    >>> setting_meaning("confidence")
    'Confidence of every interval, in (0, 1).'
    """
    from localities.settings import meanings

    return meanings().get(name, "")


def setting_text(value: object) -> str:
    """Return a setting as text, the same for the same value.

    Examples
    --------
    >>> setting_text(0.05), setting_text(("wards", "intermediate_zones")), setting_text(None)
    ('0.05', 'wards, intermediate_zones', 'none')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {setting_text(value[key])}" for key in sorted(value, key=str))
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(setting_text, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(setting_text, value))
    return str(value)
