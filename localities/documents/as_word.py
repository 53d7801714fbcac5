"""A document for Word, to be edited: its own styles, real lists and tables, drawings with a picture for old readers."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from localities.documents.as_pdf import as_png
from localities.documents.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_MOMENT = (2020, 1, 1, 0, 0, 0)
_WIDTH_CM = 17.0
_TABLE = "Light List Accent 1"
_SVG = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"


def as_word(document: Document) -> bytes:
    """Return a document as a .docx file; the same bytes for the same document."""
    import docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    word = docx.Document()
    about = word.core_properties
    about.title, about.subject, about.language, about.author = document.title, document.subtitle, "en-GB", ""
    about.created = about.modified = datetime(*_MOMENT, tzinfo=UTC)
    about.comments, about.last_modified_by = "", ""
    page = word.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.0)
    normal = word.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(9.5)
    normal.paragraph_format.space_after = Pt(4)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "Arial")
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    for name, size in (("Title", 20), ("Heading 1", 14), ("Heading 2", 11), ("Subtitle", 12), ("Caption", 9)):
        style = word.styles[name]
        style.font.size, style.font.color.rgb = Pt(size), RGBColor(0x0B, 0x53, 0x94)
        style.font.name, style.font.italic = "Arial", False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    _line(word.styles[_TABLE].element)
    for name in ("Table Text", "Table Figure"):
        style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.font.size = normal, Pt(8)
        style.paragraph_format.space_after, style.paragraph_format.line_spacing = Pt(0), 1.0
    word.styles["Table Figure"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for name, above in (("Heading 1", 10), ("Heading 2", 6)):
        word.styles[name].paragraph_format.space_before = Pt(above)
    word.styles["Caption"].font.color.rgb, word.styles["Caption"].font.bold = RGBColor(0x33, 0x33, 0x33), False
    _paragraph(word, "Title", document.title)
    _paragraph(word, "Subtitle", document.subtitle)
    for block, then in zip_longest(document.blocks, document.blocks[1:]):
        _add(word, block)
        if isinstance(block, Paragraph) and isinstance(then, Table | Picture):
            word.paragraphs[-1].paragraph_format.keep_with_next = True
    _add_footer(page.footer.paragraphs[0], document.footer)
    written = io.BytesIO()
    word.save(written)
    return _without_times(written.getvalue())


def _line(style: Any) -> None:
    """Have tables of a style look as in the PDF: lines between rows alone, headings in a colour to read on."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for part in style.findall(qn("w:tblStylePr")):
        if part.get(qn("w:type")) != "firstRow":
            style.remove(part)
    borders = next(style.iter(qn("w:tblBorders")))
    for side in ("w:left", "w:right"):
        borders.remove(borders.find(qn(side)))
    borders.append(OxmlElement("w:insideH"))
    for one in borders:
        one.attrib.pop(qn("w:themeColor"), None)
        for name, text in (("w:val", "single"), ("w:sz", "4"), ("w:space", "0"), ("w:color", "B0B0B0")):
            one.set(qn(name), text)
    shade = next(style.iter(qn("w:shd")))
    shade.attrib.pop(qn("w:themeFill"), None)
    shade.set(qn("w:fill"), "0B5394")


def _add(word: WordDocument, block: Block) -> None:
    match block:
        case Heading(text, level):
            _paragraph(word, f"Heading{level}", text)
        case Paragraph():
            _inline(word.add_paragraph(), block)
        case Bullets(items):
            for one in items:
                _inline(_paragraph(word, "ListBullet"), one)
        case Table():
            _add_table(word, block)
        case Picture():
            _add_picture(word, block)


def _paragraph(word: WordDocument, style_id: str, text: str = "") -> Any:
    """Add a paragraph of a style by its id: to look one up by its name takes longer than all else."""
    paragraph = word.add_paragraph(text)
    paragraph._p.style = style_id
    return paragraph


def _add_footer(paragraph: Any, text: str) -> None:
    """Write the foot of every page: what it is, and the number of the page at the right."""
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Cm, Pt

    paragraph.paragraph_format.tab_stops.clear_all()
    paragraph.style.paragraph_format.tab_stops.clear_all()
    paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH_CM), WD_TAB_ALIGNMENT.RIGHT)
    paragraph.style.font.size = Pt(8)
    paragraph.add_run(f"{text}\t")
    paragraph._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'))


def _inline(paragraph: Any, one: Paragraph) -> None:
    if one.lead:
        paragraph.add_run(one.lead).bold = True
        paragraph.add_run(" ")
    paragraph.add_run(one.text)


def _add_table(word: WordDocument, table: Table) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm

    caption = _paragraph(word, "Caption", table.caption)
    caption.paragraph_format.keep_with_next = True
    made = word.add_table(rows=1 + len(table.rows), cols=len(table.header), style=_TABLE)
    made.autofit = False
    styles = ["TableText" if one else "TableFigure" for one in table.is_text]
    widths = [Cm(_WIDTH_CM * share / sum(table.widths)) for share in table.widths]
    # Word goes by the cells, LibreOffice by the grid
    for column, width in zip(made._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = width
    for number, (row, texts) in enumerate(zip(made._tbl.tr_lst, (table.header, *table.rows), strict=True)):
        for name in ("w:cantSplit", *(("w:tblHeader",) if number == 0 else ())):
            row.get_or_add_trPr().append(OxmlElement(name))
        for cell, text, style, width in zip(row.tc_lst, texts, styles, widths, strict=True):
            cell.width = width
            paragraph = cell.p_lst[0]
            paragraph.style = style
            paragraph.add_r().text = text
    # narrow enough inside that the longest name of a council is not broken
    inside = OxmlElement("w:tblCellMar")
    for side in ("w:left", "w:right"):
        margin = OxmlElement(side)
        margin.set(qn("w:w"), "57")
        margin.set(qn("w:type"), "dxa")
        inside.append(margin)
    made._tbl.tblPr.find(qn("w:tblLook")).addprevious(inside)
    about = OxmlElement("w:tblCaption")
    about.set(qn("w:val"), table.caption)
    made._tbl.tblPr.append(about)
    after = _paragraph(word, "TableText")
    after.paragraph_format.space_after = 0


def _add_picture(word: WordDocument, picture: Picture) -> None:
    """Add a drawing as SVG, with a PNG that readers show that know no SVG, and its description."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import OxmlElement, parse_xml
    from docx.oxml.ns import qn
    from docx.shared import Cm

    word.add_picture(io.BytesIO(as_png(picture.svg)), width=Cm(_WIDTH_CM))
    word.paragraphs[-1].paragraph_format.keep_with_next = True
    shape = word.inline_shapes[len(word.inline_shapes) - 1]._inline
    shape.docPr.set("descr", picture.description)
    package = word.part.package
    drawing = Part(
        PackURI(f"/word/media/drawing{len(word.inline_shapes)}.svg"), "image/svg+xml", picture.svg.encode(), package
    )
    related = word.part.relate_to(drawing, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image")
    extensions, extension = OxmlElement("a:extLst"), OxmlElement("a:ext")
    extension.set("uri", _EXTENSION)
    address = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    extension.append(parse_xml(f'<asvg:svgBlip xmlns:asvg="{_SVG}" xmlns:r="{address}" r:embed="{related}"/>'))
    extensions.append(extension)
    next(shape.iter(qn("a:blip"))).append(extensions)
    _paragraph(word, "Caption", picture.caption)


def _without_times(written: bytes) -> bytes:
    """Return a zip with the same files, each of one fixed moment."""
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return again.getvalue()
