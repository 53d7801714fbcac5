"""Sources of a document in few words: by publisher and licence, tables of one series together."""

from __future__ import annotations

import re

import pandas as pd

from localities.documents.document import Bullets, Paragraph

_TABLE = re.compile(r"(.*), table (\w+): .*")


def sources_in_words(sources: pd.DataFrame) -> Bullets:
    """Return one line for each publisher and licence.

    Parameters
    ----------
    sources
        Rows of the table ``sources``.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "title": ["Census 2022, table UV302b: general health by age", "Census 2022, table UV501: qualifications"],
    ...     "publisher": "National Records of Scotland", "licence": "Open Government Licence v3.0"})
    >>> sources_in_words(rows).items[0].text
    'Census 2022, tables UV302b and UV501. Open Government Licence v3.0.'
    """
    lines = []
    for (publisher, licence), rows in sources.groupby(["publisher", "licence"], observed=True):
        of_series: dict[str, list[str]] = {}
        for title in sorted(rows["title"].astype("str")):
            found = _TABLE.fullmatch(title)
            of_series.setdefault(found[1] if found else title, []).extend([found[2]] if found else [])
        named = [_named(series, tables) for series, tables in of_series.items()]
        terms = str(licence).replace("Not stated by the publisher", "Licence not stated")
        lines.append(Paragraph(f"{'; '.join(named)}. {terms}.", f"{publisher}:"))
    return Bullets(tuple(lines))


def _named(series: str, tables: list[str]) -> str:
    if not tables:
        return series
    *first, last = tables
    return f"{series}, tables {', '.join(first)} and {last}" if first else f"{series}, table {last}"
