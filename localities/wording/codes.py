"""Plain words for the codes and columns of a publication.

Codes stay as they are in the tables, so that a GeoPackage joins to the DuckDB file; the words here become legends,
lists of values and column titles. Columns that exist in `indicators.schema.tables` take their meaning from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from indicators.schema.fields import FIELDS
from indicators.schema.publication import title_of

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
        "poorer_within_cpp_only": "Strong evidence: poorer than elsewhere in the partnership, not than Scotland",
        "some_evidence": "Some evidence of poorer outcomes",
        "no_evidence": "No evidence of poorer outcomes (there may still be need)",
        "insufficient_evidence": "Too little evidence to say",
    },
    "decision": {
        "chosen": "Chosen for a locality plan",
        "not_chosen": "Not chosen for a locality plan",
        "to_revisit": "To be looked at again",
        "none": "No decision recorded",
    },
    "answer_status": {"observed": "Shown", "withheld": "Withheld"},
    "themes_low": {
        "most": "Half of the themes or more score below 4",
        "some": "Fewer than half of the themes score below 4",
        "none": "No theme scores below 4",
        "withheld": "Withheld: too few answered",
    },
    "boundary_now": {
        "same": "As when decided",
        "changed": "Changed since",
        "gone": "No longer drawn",
        "not_compared": "Not compared: zones of another census",
    },
    "target_track": {
        "on_track": "On track",
        "not_on_track": "Not on track",
        "cannot_tell": "Cannot be told yet",
        "not_assessed": "Not assessed",
    },
    "target_ground": {
        "own": "The partnership's own figure",
        "trend_continued": "The trend continued",
        "best_quarter": "The best quarter of similar places",
        "gap_closed": "Part of the gap closed",
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
    "group_comparator": {
        "cpp": "The rest of the council's people",
        "scotland": "Everybody else in Scotland",
        "same_group": "The same group elsewhere in Scotland",
    },
    "age_basis": {
        "same_ages": "Both sides are of the same ages",
        "other_ages": "Other ages: growing old is in the difference",
        "not_adjusted": "Not adjusted for age",
    },
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
    "poorer_is": {"higher": "Higher is poorer", "lower": "Lower is poorer", "neither": "Neither: it describes"},
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
CODES_IN_WORDS |= {name: CODES_IN_WORDS["verdict"] for name in ("verdict_cpp", "verdict_scotland", "verdict_same_kind",
                                                                       "redrawn_verdict")}  # fmt: skip
CODES_IN_WORDS |= {name: CODES_IN_WORDS["answer"] for name in ("answer_then", "answer_now")}
"""Words for each code of a coded column, in the order of a legend."""

FLAGGED_AS = {"scotland": "poorer than Scotland", "cpp": "poorer than elsewhere in the partnership"}
"""What a place is that is flagged against each comparator."""


def set_title(candidate_set: str) -> str:
    """Return the plain name of a candidate set that gives no title of its own.

    Examples
    --------
    >>> set_title("sub_council_areas")
    'sub council areas'
    """
    return candidate_set.replace("_", " ")


@cache
def describe(column: str) -> str:
    """Return what a column means, with its unit in brackets where it has one.

    Examples
    --------
    >>> describe("population")
    'Residents (people)'
    """
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
        title = (own or {}).get(column) or title_of(column)
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
