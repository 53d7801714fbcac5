"""Communities of interest: groups of people of each council, held against others; where they live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import pandas as pd


def _by_group() -> tuple[str, ...]:
    from indicators.catalogue import load_catalogue
    from indicators.readers import sources_in

    return sources_in(load_catalogue(), by_group=True)


@step(
    group="findings",
    outputs=("group_indicators", "group_findings", "group_coverage"),
    sources=_by_group,
    optional=_by_group,
    settings=("confidence", "alpha", "minimum_expected", "minimum_coverage"),
    registries=("indicators.readers", "indicators.declarations"),
)
def groups(context: Context, zones: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Outcomes of groups of people (communities of interest) of each council, held against others by the same tests.

    Against the rest of the council's people, everybody else in Scotland, and the same group elsewhere in Scotland. What
    is not published by group is listed by domain. A table that cannot be read has rows that say why.
    """
    from localities.groups.coverage import build_group_coverage
    from localities.groups.findings import build_group_findings

    return {
        "group_indicators": context.catalogue.groups_to_frame(),
        "group_findings": build_group_findings(
            context.files, context.catalogue, zones, context.settings, context.cache
        ),
        "group_coverage": build_group_coverage(context.catalogue),
    }


@step(group="findings", settings=("need_indicator", "minimum_coverage"), registries=("indicators.declarations",))
def group_places(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    membership: pd.DataFrame,
    verdicts: pd.DataFrame,
    reach: pd.DataFrame,
) -> pd.DataFrame:
    """Where groups of people live: how many, how gathered, and what share in deprived and in flagged places."""
    from localities.groups.places import build_group_places

    return build_group_places(observations, context.catalogue, zones, membership, verdicts, reach, context.settings)
