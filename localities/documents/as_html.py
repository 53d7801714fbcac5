"""A document as a page of HTML that carries all that it shows: styles, and drawings with their descriptions."""

from __future__ import annotations

import re
from html import escape

from localities.documents.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table

_STYLE = """
body{font-family:"Source Sans Pro","Source Sans 3",Arial,sans-serif;max-width:46rem;margin:1.5rem auto;padding:0 1rem;
line-height:1.45;color:#1a1a1a;background:#fff}
h1{margin-bottom:.2rem}h2{border-bottom:2px solid #0b5394;padding-bottom:.15rem;margin-top:1.8rem}
.subtitle{font-size:1.1rem;margin-top:0}figure{margin:1rem 0}figure svg{width:100%;min-width:34rem;height:auto}
.wide{overflow-x:auto}caption span{display:block;position:sticky;left:0;max-width:calc(100vw - 2rem)}
figcaption,caption{font-size:.9rem;color:#333;text-align:left;padding:.3rem 0}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.92rem}
th,td{padding:.25rem .4rem;border-bottom:1px solid #bbb;text-align:right;vertical-align:top}
th:first-child,.text{text-align:left}tbody td:not(.text){white-space:nowrap}
tbody th{min-width:8rem}thead th{border-bottom:2px solid #333;vertical-align:bottom}
tbody th{font-weight:normal}footer{margin-top:2rem;font-size:.85rem;color:#333}
@media print{body{max-width:none;margin:0}figure svg{min-width:0}h2{break-after:avoid}tr,figure{break-inside:avoid}}
"""


def as_html(document: Document) -> bytes:
    """Return a document as a page; the same bytes for the same document."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(document.title)}</title><style>{_STYLE}</style></head><body><main>",
        f'<h1>{escape(document.title)}</h1><p class="subtitle">{escape(document.subtitle)}</p>',
        *(_block(one, number) for number, one in enumerate(document.blocks)),
        f"</main><footer>{escape(document.footer)}</footer></body></html>\n",
    ]
    return "\n".join(parts).encode()


def _block(block: Block, number: int) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level + 1}>{escape(text)}</h{level + 1}>"
        case Paragraph():
            return f"<p>{_inline(block)}</p>"
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{_inline(one)}</li>" for one in items) + "</ul>"
        case Table():
            return _table(block)
        case Picture(svg, description, caption):
            name = f'role="img" aria-labelledby="figure-{number}"'
            title = f'<title id="figure-{number}">{escape(description)}</title>'
            drawn = re.sub(r"<svg([^>]*)>", lambda found: f"<svg{found[1]} {name}>{title}", svg, count=1)
            return f"<figure>{_wide(drawn, caption)}<figcaption>{escape(caption)}</figcaption></figure>"


def _inline(one: Paragraph) -> str:
    return f"<strong>{escape(one.lead)}</strong> {escape(one.text)}" if one.lead else escape(one.text)


def _wide(content: str, name: str) -> str:
    """Return what is wider than the screen of a phone in a part that scrolls by itself, by keyboard, too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{escape(name)}">{content}</div>'


def _table(table: Table) -> str:
    sides = ['class="text"' if one else "" for one in table.is_text]
    columns = "".join(f'<col style="width:{share / sum(table.widths):.0%}">' for share in table.widths)
    header = "".join(
        f'<th scope="col" {side}>{escape(one)}</th>' for one, side in zip(table.header, sides, strict=True)
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td {side}>{escape(one)}</td>" for one, side in zip(row[1:], sides[1:], strict=True))
        + "</tr>"
        for row in table.rows
    )
    return _wide(
        f"<table><caption><span>{escape(table.caption)}</span></caption><colgroup>{columns}</colgroup>"
        f"<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>",
        table.caption,
    )
