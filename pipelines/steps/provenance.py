"""Sources layer: where every input came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import pandas as pd


def _every_source() -> tuple[str, ...]:
    from pipelines.steps.registry import all_steps

    return tuple(sorted({one for other in all_steps() if other.name != "sources" for one in other.find_sources()}))


def _every_optional_source() -> tuple[str, ...]:
    from pipelines.steps.registry import all_steps, optional_sources

    return optional_sources(one for one in all_steps() if one.name != "sources")


@step(group="sources", sources=_every_source, optional=_every_optional_source, settings=("source_state",))
def sources(context: Context) -> pd.DataFrame:
    """Provenance of every input file: publisher, address used, licence, attribution, hash, time of retrieval.

    A source of which no good version could be had keeps its row, which says what is left out for want of it.
    """
    from indicators.schema.validation import coerce

    return coerce("sources", context.provenance)
