"""Sources layer: where every input came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import pandas as pd


@step(group="sources", settings=("source_state",))
def sources(context: Context) -> pd.DataFrame:
    """Provenance of every input file: publisher, address used, licence, attribution, hash, time of retrieval.

    A source of which no good version could be had keeps its row, which says what is left out for want of it.
    """
    from indicators.schema.validation import coerce

    return coerce("sources", context.provenance)
