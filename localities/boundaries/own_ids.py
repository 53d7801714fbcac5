"""What sets of a partnership's own boundaries are called: as candidate sets, and as sources."""

from __future__ import annotations

PREFIX = "own_"
SOURCE_PREFIX = "own-"
OF_CURRENT_PLANS = " (areas of current locality plans)"
"""How the title of a source ends whose areas have a locality plan now."""


def source_of(set_id: str) -> str:
    """Return the id of a set as a source.

    Examples
    --------
    >>> source_of("own_plan_areas"), set_of("own-plan-areas")
    ('own-plan-areas', 'own_plan_areas')
    """
    return set_id.replace("_", "-")


def set_of(source_id: str) -> str:
    """Return the id of the candidate set that a source of own boundaries is drawn as."""
    return source_id.replace("-", "_")
