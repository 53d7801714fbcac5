"""The profile of a flagged place of the sample: the same text and figures in Word, PDF and HTML, and in the store."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations

import docx
import pandas as pd
import pypdf
import pytest
from shapely import MultiPolygon, box

from localities.documents.as_html import as_html
from localities.documents.as_pdf import as_pdf
from localities.documents.as_word import as_word
from localities.documents.document import Bullets, Picture, Table, words_in
from localities.documents.drawings import map_of
from localities.documents.profile import profile_of
from localities.place_standard.beside import said_in
from pipelines.run.documents import Writer
from pipelines.run.place_standard import place_standard_in
from pipelines.storage.store import Store


@pytest.fixture(scope="module")
def store(sample_home) -> Store:
    return Store(sample_home.store)


@pytest.fixture(scope="module")
def places(store):
    """The flagged place and the place without a flag that come first in the drawing proposed to them."""
    proposed = store.read("reach").query("is_proposed")[["cpp_code", "candidate_set"]]
    verdicts = store.read("verdicts").merge(proposed, on=["cpp_code", "candidate_set"]).sort_values("locality_id")
    return [verdicts[verdicts["verdict"] == one].iloc[0] for one in ("strong_evidence", "no_evidence")]


@pytest.fixture(scope="module")
def partnerships(sample_home, places):
    writer = Writer(sample_home, ["pdf"])
    return [writer.partnership(one["cpp_code"], one["candidate_set"]) for one in places]


@pytest.fixture(scope="module")
def documents(partnerships, places):
    return [profile_of(one, place["locality_id"]) for one, place in zip(partnerships, places, strict=True)]


@pytest.fixture(scope="module")
def made(documents):
    """The flagged place's profile in each format."""
    return {"docx": as_word(documents[0]), "pdf": as_pdf(documents[0]), "html": as_html(documents[0])}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(form: str, content: bytes) -> str:
    """All letters of a file in the order in which it holds them, without spaces."""
    if form == "html":
        reader = _Text()
        reader.feed(content.decode())
        text = "".join(reader.parts)
    elif form == "pdf":
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
        # a sentence that goes on over the page has the foot of the first in its midst
        text = "".join(re.sub(r"\n.*\d+ of \d+$", "", one) for one in pages[:-1]) + pages[-1]
    else:
        word = docx.Document(io.BytesIO(content))
        text = "".join(
            part.text if hasattr(part, "text") else "".join(cell.text for row in part.rows for cell in row.cells)
            for part in word.iter_inner_content()
        )
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("form", ["docx", "pdf", "html"])
def test_every_format_carries_every_word_and_figure(documents, made, form) -> None:
    carried = text_of(form, made[form])
    pieces = [re.sub(r"\s", "", one) for one in words_in(documents[0])]
    assert len(pieces) > 150
    # a heading of columns is repeated, and a foot stands between, where a table of a PDF goes on over the page
    assert [one for one in pieces if one not in carried] == []


@pytest.mark.parametrize(("form", "render"), [("docx", as_word), ("pdf", as_pdf), ("html", as_html)])
def test_the_same_text_gives_the_same_bytes(documents, made, form, render) -> None:
    assert render(documents[0]) == made[form]


def table_of(document, first_column: str) -> Table:
    (found,) = [one for one in document.blocks if isinstance(one, Table) and one.header[0] == first_column]
    return found


def test_figures_are_those_of_the_store(store, places, documents) -> None:
    place, document = places[0]["locality_id"], documents[0]

    def rows_of(table: str) -> pd.DataFrame:
        rows = store.read(table)
        return rows[rows["locality_id"] == place]

    estimates = rows_of("estimates")
    income = estimates[estimates["is_headline_period"]].set_index("indicator_id").loc["simd_income"]
    findings = rows_of("findings").query("indicator_id == 'simd_income'")
    others = findings[findings["is_headline_period"]].set_index("comparator")["comparator_value"]
    (row,) = [one for one in document.blocks if isinstance(one, Table) and "Poorer?" in one.header]
    (cells,) = [one for one in row.rows if one[0].startswith("Income-deprived residents, 2017")]
    assert cells[1] == f"{income['value']:.3g}% ({income['lower_ci']:.3g} to {income['upper_ci']:.3g})"
    assert (cells[2], cells[4]) == (f"{others['scotland']:.3g}%", f"{others['cpp']:.3g}%")
    zones = table_of(document, "Data zone").rows
    members = rows_of("membership")["zone_code"]
    population = store.read("zones").set_index("zone_code")["population"].loc[members]
    assert sorted(int(one[1].replace(",", "")) for one in zones) == sorted(population.astype(int))


def test_what_residents_said_stands_beside_and_where_nobody_asked_that_is_said(
    sample_home, store, partnerships, places, documents
) -> None:
    asked = place_standard_in(sample_home, store)
    one = asked["locality_id"].iloc[0]
    answers = asked[asked["locality_id"] == one].assign(locality_id=places[0]["locality_id"])
    made = profile_of(replace(partnerships[0], place_standard=answers), places[0]["locality_id"])
    with_answers, without = ("\n".join(words_in(each)) for each in (made, documents[0]))
    assert all(line in with_answers for line in said_in(answers))
    assert "No residents' survey (Place Standard)" in without
    assert "No residents' survey (Place Standard)" not in with_answers


def test_a_zone_where_nobody_lives_has_no_share(partnerships, places, store) -> None:
    members = store.read("membership")
    zone = members.loc[members["locality_id"] == places[0]["locality_id"], "zone_code"].iloc[0]
    tables = dict(partnerships[0].tables)
    empty = tables["zones"]["zone_code"].eq(zone)
    tables["zones"] = tables["zones"].assign(population=tables["zones"]["population"].mask(empty, 0))
    made = profile_of(replace(partnerships[0], tables=tables), places[0]["locality_id"])
    (row,) = [one for one in table_of(made, "Data zone").rows if zone in one[0]]
    assert (row[1], row[3]) == ("0", "")
    assert "nan" not in " ".join(words_in(made)).split()
    assert not [one for one in words_in(made) if "nan%" in one]


def test_the_pdf_is_tagged_for_screen_readers(documents, made) -> None:
    reader = pypdf.PdfReader(io.BytesIO(made["pdf"]))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en-GB"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "pdfuaid" in catalogue["/Metadata"].get_data().decode()
    found: list[tuple[str, str]] = []

    def walk(node) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            found.append((str(node.get("/S", "")), str(node.get("/Alt", ""))))
            if "/K" in node:
                walk(node["/K"])

    walk(catalogue["/StructTreeRoot"])
    kinds = [kind for kind, _ in found]
    assert {"/H1", "/L", "/TH", "/TD", "/Figure", "/Caption"} <= set(kinds)
    described = {alt for kind, alt in found if kind == "/Figure"}
    assert described == {one.description for one in documents[0].blocks if isinstance(one, Picture)}


def test_word_can_be_edited_and_read_aloud(documents, made) -> None:
    with zipfile.ZipFile(io.BytesIO(made["docx"])) as archive:
        names = archive.namelist()
        body = archive.read("word/document.xml").decode()
    pictures = [one for one in documents[0].blocks if isinstance(one, Picture)]
    assert [sum(name.endswith(end) for name in names) for end in (".svg", ".png")] == [len(pictures)] * 2
    assert all(one.description.replace("&", "&amp;") in body for one in pictures)
    assert body.count("w:tblHeader") == sum(isinstance(one, Table) for one in documents[0].blocks)
    word = docx.Document(io.BytesIO(made["docx"]))
    styles = {paragraph.style.name for paragraph in word.paragraphs}
    assert {"Title", "Heading 1", "List Bullet", "Caption"} <= styles


def test_a_table_of_a_page_has_its_columns_as_wide_as_told_and_scrolls_by_itself(documents, made) -> None:
    page = made["html"].decode()
    tables = [one for one in documents[0].blocks if isinstance(one, Table)]
    told = [[round(100 * one / sum(table.widths)) for one in table.widths] for table in tables]
    drawn = [
        [int(one) for one in re.findall(r"width:(\d+)%", columns)]
        for columns in re.findall("<colgroup>(.*?)</colgroup>", page)
    ]
    assert drawn == told
    assert page.count('<div class="wide" role="region" tabindex="0"') == len(tables) + page.count("<figure>")


def test_no_number_of_a_zone_lies_on_another_or_beyond_the_map() -> None:
    """Nine zones of a village in the corner of an empty one, and an islet of that far out at sea."""
    village = [box(100 * (n % 3), 100 * (n // 3), 100 * (n % 3) + 100, 100 * (n // 3) + 100) for n in range(9)]
    empty = MultiPolygon([box(300, 0, 10_000, 10_000), box(90_000, 0, 90_100, 100)])
    place = MultiPolygon([*village, *empty.geoms])
    drawn = map_of(place, [place], [], [(one, 0.2) for one in (*village, empty)])
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*font-weight="bold"[^>]*>(\d+)<', drawn)
    assert [int(number) for *_, number in found] == [10, *range(1, 10)]
    at = [(float(x), float(y)) for x, y, _ in found]
    assert all(250 < x < 640 and 0 < y < 270 for x, y in at)
    assert all(max(abs(a[0] - b[0]), abs(a[1] - b[1])) > 8 for a, b in combinations(at, 2))


def sentences_of(document) -> list[str]:
    """Sentences, captions, headings of columns, and rows of tables as a whole."""
    parts = []
    for block in document.blocks:
        match block:
            case Table(caption, header, rows):
                parts += [*re.split(r"(?<=\.) ", caption), " ".join(header), *map(" ".join, rows)]
            case Picture(_, _, caption):
                parts += re.split(r"(?<=\.) ", caption)
            case Bullets(items):
                parts += [part for one in items for part in re.split(r"(?<=\.) ", f"{one.lead} {one.text}")]
            case _:
                parts += re.split(r"(?<=\.) ", block.text)
    return parts


def test_places_whose_evidence_differs_have_other_texts(documents) -> None:
    """At most a third of the words stand in sentences that both places have."""
    flagged, other = map(sentences_of, documents)
    shared = sum(len(one.split()) for one in flagged if one in set(other))
    assert shared < sum(len(one.split()) for one in flagged) / 3


def _changed(partnership, place: str, **figures: object) -> str:
    """The section on change of a place whose progress is one outcome, of which higher is poorer."""
    about = partnership.tables["indicators"].query("role == 'outcome' and poorer_is == 'higher'")
    progress = partnership.tables["progress"]
    one = progress[progress["indicator_id"].isin(about["indicator_id"])].head(1).assign(
        area_id=place,
        first_value=30.0, last_value=34.0, change=4.0, rest_change=5.0, change_direction="no_clear_change",
        ground="gaining_ground", is_against_the_trend=False,
    ).assign(**figures)  # fmt: skip
    assert len(one) == 1
    made = profile_of(replace(partnership, tables={**partnership.tables, "progress": one}), place)
    return "\n".join(words_in(made))


@pytest.mark.parametrize(
    ("figures", "lead", "own"),
    [
        ({}, "Rose less than in the rest of", "worse, though not surely"),
        ({"rest_change": -2.0, "ground": "losing_ground"}, "Rose while it fell in the rest of", "worse, though"),
        ({"change": -4.0, "rest_change": -1.0, "change_direction": "improving"}, "Fell more than in the", ": better)"),
        ({"change": -4.0, "rest_change": -6.0, "ground": "losing_ground"}, "Fell less than in the", "better, though"),
    ],
)
def test_a_place_that_worsens_less_than_the_rest_does_not_read_as_better(
    partnerships, places, figures, lead, own
) -> None:
    text = _changed(partnerships[0], places[0]["locality_id"], **figures)
    (line,) = [one for one in text.split("\n") if one.startswith(lead)]
    assert own in line
    assert "aining" not in text


def test_what_makes_no_flag_stands_apart_from_the_reason(documents, places) -> None:
    for document, place in zip(documents, places, strict=True):
        (why,) = [one for one in words_in(document) if one.startswith("Why.")]
        counted, _, beside = why.partition("Not counted towards a flag: ")
        assert not re.search("crime|housing", counted)
        votes = [
            place[f"{one}_votes_{area}"] for one in ("poorer", "slightly", "better") for area in ("scotland", "cpp")
        ]
        named = {name for text in votes if pd.notna(text) for name in str(text).split("; ")}
        assert all((name in beside) == (name in named) for name in ("crime", "housing"))
