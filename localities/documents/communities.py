"""The part of an evidence pack on communities of interest: groups of people, and what is not published by group."""

from __future__ import annotations

from typing import Any

import pandas as pd

from localities.documents.document import Block, Paragraph, Table
from localities.documents.partnership import Partnership
from localities.documents.profile_outcomes import GRADES, limits_of
from localities.explain import sentences as words
from localities.groups.of_one_council import groups_of
from localities.wording.periods import period_in_words

NEEDED = ("group_findings", "group_indicators", "group_coverage")


def communities_of_interest(partnership: Partnership) -> list[Block]:
    """Return outcomes of groups of people beside others of the partnership and the same group elsewhere in Scotland."""
    tables = partnership.tables
    if any(name not in tables for name in NEEDED):
        return []
    about = tables["group_indicators"].set_index("indicator_id")
    rows = groups_of(tables["group_findings"], partnership.cpp_code)
    rows = rows[rows["value"].notna()].join(
        about[["indicator_title", "unit", "role", "national_outcome"]], on="indicator_id"
    )
    rows = rows[rows["role"] == "outcome"]
    if rows.empty:
        return []
    # where the others are of other ages, growing old is in the difference: it is told of the same group alone
    alike = rows["cpp_age_basis"].astype("str") != "other_ages"
    inside = rows[(rows["cpp_significance"].astype("str") == "poorer") & alike]
    elsewhere = rows[rows["same_group_significance"].astype("str") == "poorer"]
    blocks: list[Block] = [
        Paragraph(
            f"Surely and importantly poorer than other people of {partnership.cpp_name}: {_named(inside)}. Than the "
            f"same group elsewhere in Scotland: {_named(elsewhere)}."
        )
    ]
    if alike.any():
        blocks.append(
            Table(
                f"Outcomes by group of people, with limits. {_KEY}",
                ("Outcome: group", "Here", "Others here", "Poorer?", "Same group elsewhere", "Poorer?"),
                _lines(rows[alike], "cpp", "same_group"),
                (3.6, 1.7, 1, 0.9, 1.1, 0.9),
            )
        )
    if not alike.all():
        blocks.append(
            Table(
                f"Outcomes by age, with limits, beside the same age elsewhere in Scotland. {_KEY}",
                ("Outcome: age", "Here", "Same age elsewhere", "Poorer?"),
                _lines(rows[~alike], "same_group"),
                (3.6, 1.7, 1.2, 0.9),
            )
        )
    return [
        *blocks,
        Paragraph(
            f"{_not_by_group(tables['group_coverage'])} See census tables, or ask services.",
            "Not in this pack (nothing declared by these groups):",
        ),
    ]


_KEY = (
    "Surely: poorer by more than chance and by enough to matter; likely: poorer, but not surely by enough to matter. "
    "A dash: not compared, for too few people or for want of others"
)


def _lines(rows: pd.DataFrame, *comparators: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            f"{_people(row.indicator_title)}: {row.group_name}, {period_in_words(str(row.period))}",
            f"{words.figure(row.value, row.unit)} ({limits_of(row)})",
            *(cell for one in comparators for cell in _against(row, one)),
        )
        for row in rows.itertuples()
    )


def _people(title: str) -> str:
    """Return a title without what its groups are by, which their names say."""
    return str(title).rpartition(", by ")[0] or str(title)


def _named(rows: pd.DataFrame) -> str:
    """Return groups by outcome."""
    named = [
        f"{title} ({', '.join(some['group_name'].astype('str'))})"
        for title, some in rows.groupby("indicator_title", observed=True, sort=False)
    ]
    return "; ".join(named) or "none"


def _not_by_group(coverage: pd.DataFrame) -> str:
    """Return which groups no domain is published by, and which further ones each domain is not."""
    table = coverage.assign(is_by_group=coverage["is_by_group"].astype(bool)).pivot(
        index="domain", columns="group_dimension", values="is_by_group"
    )
    nowhere = [str(one) for one in table.columns if not table[one].any()]
    missing = {
        str(domain): [str(one) for one in table.columns if one not in nowhere and not row[one]]
        for domain, row in table.iterrows()
    }
    by_rest: dict[str, list[str]] = {}
    for domain, rest in missing.items():
        if rest:
            by_rest.setdefault(words.listed([one.replace("_", " ") for one in rest], "or"), []).append(domain)
    parts = [f"{words.listed(domains)} by {rest}" for rest, domains in by_rest.items()]
    whole = f"anything by {words.listed([one.replace('_', ' ') for one in nowhere], 'or')}" if nowhere else ""
    return f"{'; '.join(one for one in (whole, *parts) if one)}."


def _against(row: Any, comparator: str) -> tuple[str, str]:
    grade = getattr(row, f"{comparator}_significance")
    if pd.isna(grade) or str(grade) == "not_assessed":
        return "–", "–"
    return words.figure(getattr(row, f"{comparator}_value"), row.unit), GRADES[str(grade)]
