"""What is told of a whole council: its latest figures of the table ``council_context``, with Scotland's beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from indicators.schema.vocabulary import CONTEXT_TOPICS

SCOTLAND = "S92000003"
"""Code of the whole country, which is among the areas where a publisher gives its figure."""


def beside(context: pd.DataFrame, cpp_code: str, *, topics: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the latest figures of one council with Scotland's beside them.

    A figure whose latest period has none for this council (too few events, no survey there) is left out: one of twenty
    years ago would be no context.

    Parameters
    ----------
    context
        Table ``council_context``.
    cpp_code
        Code of the council.
    topics
        Of `indicators.schema.vocabulary.CONTEXT_TOPICS`; all by default.

    Returns
    -------
    pandas.DataFrame
        One row per figure, in order of topic and figure: ``context_topic, context_figure, period, value, lower_ci,
        upper_ci, unit, context_poorer_is, scotland_period, scotland_value, scotland_lower_ci, scotland_upper_ci,
        poorer_rank, councils, source_id``. Scotland's figure is its own latest one. ``poorer_rank`` is 1 for the
        poorest of so many ``councils`` with a figure; missing where the publisher names no poorer way. Ranks say
        nothing of how sure a difference is: the intervals do.
    """
    table = context[context["value"].notna()]
    if topics is not None:
        table = table[table["context_topic"].isin(topics)]
    is_country = table["area_code"] == SCOTLAND
    country, councils = table[is_country].sort_values("period"), table[~is_country]
    latest = councils.groupby("context_figure", observed=True)["period"].transform("max")
    councils = councils[councils["period"] == latest]
    signed = councils["value"].where(councils["context_poorer_is"] == "lower", -councils["value"])
    by_figure = councils["context_figure"]
    councils = councils.assign(
        poorer_rank=signed.where(councils["context_poorer_is"].notna())
        .groupby(by_figure)
        .rank(method="min")
        .astype("Int64"),
        councils=by_figure.groupby(by_figure).transform("size"),
    )
    numbers = ["value", "lower_ci", "upper_ci"]
    country = country.drop_duplicates("context_figure", keep="last").set_index("context_figure")
    country = country[["period", *numbers]].add_prefix("scotland_")
    own = councils[councils["area_code"] == cpp_code]
    # by position: a table without rows has text without a part that two could be merged by
    own = own.join(country.reindex(own["context_figure"]).set_axis(own.index))
    order = {topic: place for place, topic in enumerate(CONTEXT_TOPICS)}
    own = own.assign(order=own["context_topic"].map(order)).sort_values(["order", "context_figure"], ignore_index=True)
    first = ["context_topic", "context_figure", "period", *numbers, "unit", "context_poorer_is"]
    return own[[*first, *country.columns, "poorer_rank", "councils", "source_id"]]
