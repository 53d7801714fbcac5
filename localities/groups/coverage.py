"""The table ``group_coverage``: which outcomes are there by group, and which are not. What is not is a finding too."""

from __future__ import annotations

import pandas as pd

from indicators.catalogue import Catalogue
from indicators.schema.validation import coerce
from indicators.schema.vocabulary import GROUP_DIMENSIONS


def build_group_coverage(catalogue: Catalogue) -> pd.DataFrame:
    """Return one row per domain of outcomes and dimension of groups.

    Domains are those of declared outcomes, of places or by group. ``is_by_group`` false says that nothing declared here
    has outcomes of the domain by such groups; it does not say that nobody could know.
    """
    outcomes = [one for one in (*catalogue.indicators, *catalogue.by_group) if one.role == "outcome"]
    found: dict[tuple[str, str], list[str]] = {}
    for one in catalogue.by_group:
        if one.groups is not None and one.role == "outcome":
            found.setdefault((one.domain, one.groups.dimension), []).append(one.title)
    rows = [
        (domain, dimension, (domain, dimension) in found, "; ".join(found.get((domain, dimension), [])) or None)
        for domain in sorted({one.domain for one in outcomes})
        for dimension in GROUP_DIMENSIONS
    ]
    names = ["domain", "group_dimension", "is_by_group", "group_tables"]
    return coerce("group_coverage", pd.DataFrame(rows, columns=names))
