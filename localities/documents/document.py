"""What a document is made of: headings, paragraphs, lists, tables and pictures, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 or 2, under the title of the document."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``lead`` stands before the text and is bold."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list of paragraphs."""

    items: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Table:
    """A table with one row of column headings; the first column names the row, figures stand to the right.

    ``widths`` are the shares of the columns in the width of the text.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]

    @property
    def is_text(self) -> tuple[bool, ...]:
        """Return which columns are read and not compared: the first, and those with words alone or longer text."""
        columns = zip(*self.rows, strict=True)
        return tuple(
            number == 0
            or not any(character.isdigit() for cell in column for character in cell)
            or any(len(cell) > 16 and sum(map(str.isalpha, cell)) > len(cell) / 2 for cell in column)
            for number, column in enumerate(columns)
        )


@dataclass(frozen=True)
class Picture:
    """A drawing (SVG), what it shows in words for those who do not see it, and what stands under it."""

    svg: str
    description: str
    caption: str


Block = Heading | Paragraph | Bullets | Table | Picture


@dataclass(frozen=True)
class Document:
    """A document: title, what stands under it, the blocks, and what stands at the foot of every page."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    footer: str


def words_in(document: Document) -> Iterator[str]:
    """Yield every piece of text in the order of reading, as each format must carry it."""
    yield document.title
    yield document.subtitle
    for block in document.blocks:
        match block:
            case Heading(text):
                yield text
            case Paragraph(text, lead):
                yield f"{lead} {text}".strip()
            case Bullets(items):
                yield from (f"{one.lead} {one.text}".strip() for one in items)
            case Table(caption, header, rows):
                yield caption
                yield from header
                yield from (cell for row in rows for cell in row)
            case Picture(_, _, caption):
                yield caption
