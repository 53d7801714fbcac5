"""A document as a tagged PDF (PDF/UA-1), set by Typst in Source Sans; fonts of the machine are ignored.

Typst refuses what PDF/UA-1 does not allow: a picture without a description, a heading that skips a level, no title.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from localities.documents.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table

_SET = """
#set text(lang: "en", region: "GB", font: "Source Sans Pro", size: 9.6pt, hyphenate: false)
#set par(leading: 0.55em, spacing: 0.8em)
#set list(spacing: 0.55em)
#set table(stroke: (x, y) => if y > 1 { (top: 0.3pt + rgb("#c8c8c8")) }, inset: (x: 4pt, top: 2pt, bottom: 2.8pt))
#show heading: set block(above: 1.2em, below: 0.6em)
#show heading.where(level: 1): set text(size: 13pt, fill: rgb("#0b5394"))
#show heading.where(level: 2): set text(size: 11pt)
#show title: set text(size: 20pt)
#show table: set text(size: 8.2pt)
#show figure.caption: set text(size: 8.5pt)
#show figure.caption: set align(left)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.where(kind: table): set block(breakable: true)
#show figure.where(kind: table): it => { show figure.caption: set block(sticky: true); it }
#set figure(numbering: none, supplement: none, gap: 0.5em)
"""


@cache
def font_folder() -> str:
    """Return the folder of the font files that documents are set in."""
    import font_source_sans_pro

    return str(Path(font_source_sans_pro.__file__).parent / "files")


def as_pdf(document: Document) -> bytes:
    """Return a document as a PDF that passes PDF/UA-1; the same bytes for the same document."""
    return _compiled(_source(document), pdf_standards=["ua-1"])


def as_png(svg: str) -> bytes:
    """Return a drawing as a picture of dots, 853 across; the same bytes for the same drawing."""
    drawn = f'#image(bytes({_text(svg)}), format: "svg", width: 640pt)'
    return _compiled(f"#set page(width: auto, height: auto, margin: 0pt)\n{drawn}", format="png", ppi=96)


def _compiled(source: str, **options: Any) -> bytes:
    import typst

    compiler: Any = typst.compile
    made: bytes = compiler(source.encode(), font_paths=[font_folder()], ignore_system_fonts=True, **options)
    return made


def _source(document: Document) -> str:
    footer = (
        f'#set page(paper: "a4", margin: (x: 1.9cm, top: 1.6cm, bottom: 1.8cm), footer: context text(size: 8pt)'
        f'[#{_text(document.footer)} #h(1fr) #counter(page).display("1 of 1", both: true)])'
    )
    return "\n".join(
        [
            f"#set document(title: {_text(document.title)}, date: none)",
            footer,
            _SET,
            f"#title()\n#text(size: 11.5pt)[#{_text(document.subtitle)}]",
            *(_block(one, then) for one, then in zip_longest(document.blocks, document.blocks[1:])),
        ]
    )


def _text(text: str) -> str:
    """Return a text as a literal of Typst, which reads those of JSON but for the escapes of Unicode."""
    return json.dumps(text, ensure_ascii=False)


def _block(block: Block, then: Block | None) -> str:
    """Return a block; a paragraph that leads up to a table or picture stands on the page of it."""
    match block:
        case Heading(text, level):
            return f"#heading(level: {level}, {_text(text)})"
        case Paragraph():
            text = f"#par[{_inline(block)}]"
            return f"#block(sticky: true)[{text}]" if isinstance(then, Table | Picture) else text
        case Bullets(items):
            return "#list(" + ", ".join(f"[{_inline(one)}]" for one in items) + ")"
        case Table():
            return _table(block)
        case Picture(svg, description, caption):
            drawn = f'image(bytes({_text(svg)}), format: "svg", width: 100%, alt: {_text(description)})'
            return f"#figure({drawn}, caption: [#{_text(caption)}])"


def _inline(one: Paragraph) -> str:
    return f"#strong[#{_text(one.lead)}] #{_text(one.text)}" if one.lead else f"#{_text(one.text)}"


def _table(table: Table) -> str:
    columns = ", ".join(f"{share:g}fr" for share in table.widths)
    header = ", ".join(f"strong[#{_text(one)}]" for one in table.header)
    sides = ", ".join("left" if one else "right" for one in table.is_text)
    rows = ",\n".join(", ".join(f"[#{_text(cell)}]" for cell in row) for row in table.rows)
    return (
        f"#figure(kind: table, caption: [#{_text(table.caption)}], table(columns: ({columns},), "
        f"align: ({sides},), "
        f"table.header({header}, table.hline(stroke: 0.7pt)), {rows}, table.hline(stroke: 0.5pt)))"
    )
