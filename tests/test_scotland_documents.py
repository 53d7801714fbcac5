"""The profile of a real place: the same words in Word, PDF and HTML, and the figures of the store."""

from __future__ import annotations

import re

import pytest

from localities.documents.as_html import as_html
from localities.documents.as_pdf import as_pdf
from localities.documents.as_word import as_word
from localities.documents.document import Table, words_in
from localities.documents.profile import profile_of
from pipelines.run.documents import Writer
from pipelines.storage.store import Store
from tests.localities.documents.test_profile import text_of

pytestmark = pytest.mark.mirror

CLACKMANNANSHIRE = "S12000005"


@pytest.fixture(scope="module")
def partnership(scotland):
    return Writer(scotland, ["pdf"]).partnership(CLACKMANNANSHIRE, "natural_communities")


def test_every_place_of_a_partnership_has_the_same_words_in_each_format(partnership) -> None:
    for place in partnership.own["locality_id"]:
        document = profile_of(partnership, place)
        pieces = [re.sub(r"\s", "", one) for one in words_in(document)]
        for form, render in (("docx", as_word), ("pdf", as_pdf), ("html", as_html)):
            carried = text_of(form, render(document))
            assert [one for one in pieces if one not in carried] == [], (place, form)


def test_every_figure_in_the_table_of_outcomes_is_the_store_s(partnership, scotland) -> None:
    store = Store(scotland.store)
    titles = store.read("indicators").set_index("indicator_title")["indicator_id"]
    estimates = store.read("estimates")
    headline = estimates[estimates["is_headline_period"]].set_index(["locality_id", "indicator_id"])
    held = 0
    for place in partnership.own["locality_id"]:
        (table,) = [
            one for one in profile_of(partnership, place).blocks if isinstance(one, Table) and "Poorer?" in one.header
        ]
        for cells in table.rows:
            title = max((one for one in titles.index if cells[0].startswith(f"{one}, ")), key=len)
            figures = headline.loc[(place, titles[title])]
            told = [one.replace(",", "") for one in re.findall(r"[\d,]*\.?\d+", cells[1])]
            for text, stored in zip(told, figures[["value", "lower_ci", "upper_ci"]], strict=True):
                assert abs(float(text) - stored) <= _half_of_the_last_digit(text) + 1e-9, (place, cells[0])
            held += 1
    assert held > 100


def _half_of_the_last_digit(text: str) -> float:
    """Return how far a figure may lie from what is told of it: whole numbers have three digits that count."""
    if "." in text:
        return 0.5 * 10 ** -len(text.partition(".")[2])
    return 0.5 * 10 ** max(len(text) - 3, 0) if text.endswith("0") else 0.5
