"""The look of each layer in QGIS: styles kept inside the GeoPackage, which QGIS applies when the layer is opened.

A style colours localities by verdict and zones by how many candidate sets flag them, shows why when the pointer rests
on a place or a place is identified, and puts words in place of codes; tables without geometry have words, titles and
an order of columns. Colours are told apart with any colour vision and on paper: strength of evidence is also lightness
and width of outline, and too little evidence is hatched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from colorsys import hls_to_rgb
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from indicators.schema.fields import FIELDS
from indicators.schema.publication import comes_first, is_kept_aside
from localities.publishing.labels import labels_of
from localities.wording.codes import CODES_IN_WORDS, aliases
from localities.wording.escaping import in_map_tip

if TYPE_CHECKING:
    import pyarrow as pa

    from localities.publishing.layers import Layer

ANSWER_COLOURS: dict[str, str] = {
    "poorer_than_both": "#7f2704",
    "poorer_than_scotland": "#c44e11",
    "poorer_within_cpp_only": "#8c6bb1",
    "some_evidence": "#fdc38d",
    "no_evidence": "#deebf7",
    "insufficient_evidence": "#bdbdbd",
}
"""Fill of each pair of answers; orange against blue, darker where the evidence is stronger; another hue where a place
is poorer only within its partnership."""

_SHADES = ("#f7f7f7", "#fee6ce", "#fdae6b", "#f16913", "#a63603", "#5c1f02")
_TABLE_CATEGORIES = "LayerConfiguration|Fields|Forms|AttributeTable"
_CATEGORIES = f"{_TABLE_CATEGORIES}|Symbology|Labeling|MapTips"
_MOMENT = "2020-01-01T00:00:00.000Z"
_IN_WORDS = "_in_words"
"""How the names of fields end that show a number, or why it is not there."""
_TABS = ("chart",)
"""Columns that have a tab of the form to themselves."""
_LONG = (
    "why", "decision_text", "said_text", "because", "boundary_change", "chart", "evidence", "reason", "drawn_from",
    "hangs_on", "would_flag", "changes_under", "definition", "caveats", "setting_value", "setting_meaning",
)  # fmt: skip

_LOCALITY_TIP = """<div style="font-family:sans-serif;max-width:34em">
<b>[% "locality_name" %]</b> ([% "cpp_name" %])<br/>
[% "why" %]
<p>[% lines("evidence") %]</p>
<p><b>The partnership's decision:</b> [% lines("decision_text") %]</p>
<p>In brackets: the interval of each value, and of its difference from the rest.</p>
<p>[% "population" %] residents, [% round("people_in_need") %] of them income deprived; priority
[% "priority_rank" %] of its partnership and candidate set. Evidence of [% year("evidence_from") %] to
[% year("evidence_to") %]. No evidence does not mean no need. The decision remains the partnership's.</p>
{note}</div>"""

_ZONE_TIP = """<div style="font-family:sans-serif">
<b>[% "zone_name" %]</b> ([% "zone_code" %])<br/>
[% "population" %] residents; flagged as poorer than Scotland in [% "sets_flagged_scotland" %] candidate sets, as poorer
than elsewhere in the partnership in [% "sets_flagged_cpp" %].
{note}</div>"""

_NEED_TIP = """<div style="font-family:sans-serif;max-width:34em">
<b>[% "zone_name" %]</b> ([% "zone_code" %])<br/>
[% coalesce(round("people_in_need"), 'A number not published') %] of [% "population" %] residents in
need; [% coalesce(round("need_outside_scotland"), 'not known how many') %] outside every place flagged as poorer than
Scotland, [% coalesce(round("need_outside_cpp"), 'not known how many') %] outside every place flagged within the
partnership.
<p>Need in rural areas is scattered, and areas miss it. No evidence does not mean no need.</p>
{note}</div>"""

_HOT_SPOT_TIP = """<div>
<b>[% "hot_spot_name" %]</b><br/>
Hot spot [% "rank" %] of [% "cpp_name" %]: [% round("observed") %] where [% round("expected") %] were expected,
[% round("ratio", 1) %] times the rest's rate; [% "population" %] residents. In need: [% round("people_in_need") %]
of [% round("people_in_need_among") %] counted in [% "people_in_need_period" %].
<p>Beyond chance: [% if("is_beyond_chance", 'yes', 'no') %] (p = [% round("p_chance", 3) %]). Beyond this area's own
inequality: [% if("is_beyond_inequality", 'yes', 'no') %] (p = [% round("p_inequality", 3) %]), which asks how often an
area whose zones differ as much, and whose neighbours are as alike, would show a place as strong. A no does not say that
the place is not poor.</p>
{note}</div>"""

_REDRAWN_TIP = """<div style="font-family:sans-serif;max-width:34em">
<b>[% "locality_name" %]</b> ([% "cpp_name" %])<br/>
As redrawn on zones of [% "to_vintage" %]: [% round("people_lost") %] residents left out, [% round("people_gained") %]
others in, of [% round("people") %]. [% "changed_zones" %] of its [% "zone_count" %] zones changed.
<p>[% represent_value("verdict") %]; there: [% coalesce(represent_value("redrawn_verdict"), 'no zone of its own') %].
Verdict moved by: [% "moved_by" %].</p>
{note}</div>"""

_SAID_TIP = """<div style="font-family:sans-serif;max-width:34em">
<b>[% "locality_name" %]</b><br/>
<p>[% lines("said_text") %]</p>
{note}</div>"""

_EDIT_TIP = """<div style="font-family:sans-serif">
<b>[% "community" %]</b><br/>
[% "zone_name" %] ([% "zone_code" %]), [% "population" %] residents. Proposed: [% "community_proposed" %].
{note}</div>"""

_FICTION = "<p><i>Fictional sample: describes no real place.</i></p>"

_SQL = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME)
"""


def write_styles(file: sqlite3.Connection, layers: Sequence[Layer], *, is_fictional: bool) -> None:
    """Write the style of every styled layer into the open GeoPackage, each the default of its layer."""
    file.execute(_SQL)
    file.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)"
        " VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', '', ?)",
        [
            (
                layer.name,
                # QGIS looks a style up by table and geometry column, which is empty where there is none
                "geom" if layer.is_spatial else "",
                _NAMES[layer.style][0],
                qml(layer, is_fictional=is_fictional),
                _NAMES[layer.style][1],
                _MOMENT,
            )
            for layer in layers
            if layer.style
        ],
    )
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles of the layers, for QGIS', ?)",
        (_MOMENT,),
    )


def qml(layer: Layer, *, is_fictional: bool = False) -> str:
    """Return the QGIS style of a layer as XML (QML): words for codes, titles, form and order of columns.

    A layer with geometry has categories, labels and a map tip too.

    Raises
    ------
    KeyError
        If the layer names a style that is not here.
    """
    categories = _CATEGORIES if layer.is_spatial else _TABLE_CATEGORIES
    return "\n".join(
        (
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
            f'<qgis version="3.22.0" styleCategories="{categories}" labelsEnabled="{int(layer.is_spatial)}">',
            *look_of(layer, is_fictional=is_fictional),
            f"<layerGeometryType>{2 if layer.is_spatial else 4}</layerGeometryType>",
            "</qgis>",
        )
    )


def look_of(layer: Layer, *, is_fictional: bool = False, relations: Mapping[str, str] | None = None) -> list[str]:
    """Return the elements that say how a layer looks, as a style and a project have them.

    Parameters
    ----------
    layer
        With a style of its own, or without: then titles and widgets alone.
    is_fictional
        Whether map tips say that the place does not exist.
    relations
        Tabs of the form that list rows of another layer: title by id of the relation; None outside a project, which
        alone can show words in place of a number that is not there.
    """
    columns = [name for name in layer.table.column_names if name != "geometry"]
    key, title = _FORMS.get(layer.style, ("", layer.name))
    first = comes_first(key, columns) or columns[:1]
    names = aliases(columns)
    words = {**CODES_IN_WORDS, **layer.words}
    truths, numbers = _truths(layer.table), _numbers(layer.table)
    in_words = {} if relations is None else _in_words(layer.table, columns, words)
    rows = layer.table.num_rows
    is_bare = {name for name in columns if relations is not None and rows and layer.table[name].null_count == rows}
    read = [
        f"{name}{_IN_WORDS}" if name in in_words else name
        for name in columns
        if name in in_words or name not in is_bare
    ]
    display, shown = _DISPLAYS.get(layer.style, f'"{first[0]}"'), []
    if layer.is_spatial and layer.style:
        field, categories, tip, display = _STYLES[layer.style](layer, columns)
        note = _FICTION if is_fictional else ""
        shown = [
            _renderer(field, categories),
            labels_of(layer.style, display),
            f'<mapTip enabled="1">{_xml(in_map_tip(tip).replace("{note}", note))}</mapTip>',
        ]
    return [
        "<flags><Identifiable>1</Identifiable><Removable>1</Removable><Searchable>1</Searchable></flags>",
        *shown,
        "<fieldConfiguration>",
        *(_widget(name, words.get(name), is_truth=name in truths, is_number=name in numbers) for name in columns),
        *(_widget(f"{name}{_IN_WORDS}", None, is_truth=False, is_number=False) for name in in_words),
        "</fieldConfiguration>",
        "<aliases>",
        *(
            f'<alias index="{number + 1}" field="{_xml(name)}"'
            f' name="{_xml(f"{names[name]} (as stored)" if name in in_words else names[name])}"/>'
            for number, name in enumerate(columns)
        ),
        *(
            f'<alias index="{number + 1}" field="{name}{_IN_WORDS}" name="{_xml(names[name])}"/>'
            for number, name in enumerate(in_words, start=len(columns))
        ),
        "</aliases>",
        "<expressionfields>",
        *(
            f'<field name="{name}{_IN_WORDS}" expression="{_xml(expression)}" type="10" typeName="string" subType="0"'
            ' length="0" precision="0" comment=""/>'
            for name, expression in in_words.items()
        ),
        "</expressionfields>",
        "<featformsuppress>0</featformsuppress>",
        "<editorlayout>tablayout</editorlayout>",
        _form(title, first, read, relations or {}),
        "<labelOnTop>",
        *(f'<field name="{_xml(name)}" labelOnTop="{int(name in _LONG)}"/>' for name in columns),
        "</labelOnTop>",
        _order(key, read, [name for name in columns if name not in read]),
        f"<previewExpression>{_xml(display)}</previewExpression>",
    ]


def _verdict_style(layer: Layer, columns: Sequence[str]) -> tuple[str, list[tuple[str, str, str]], str, str]:
    categories = []
    for code, words in CODES_IN_WORDS["answer"].items():
        width = 0.35 if code.startswith("poorer") else 0.15
        hatch = code == "insufficient_evidence"
        mark = _marker(ANSWER_COLOURS[code]) if code.startswith("poorer") else ""
        categories.append((code, words, _fill(ANSWER_COLOURS[code], width, is_hatched=hatch) + mark))
    return "answer", categories, _LOCALITY_TIP, '"locality_name"'


def _flagged_style(layer: Layer, columns: Sequence[str]) -> tuple[str, list[tuple[str, str, str]], str, str]:
    import pyarrow.compute as pc

    most = pc.max(layer.table["sets_flagged_scotland"]).as_py() or 0
    categories = []
    for count in range(most + 1):
        words = "Not flagged against Scotland"
        if count:
            words = f"Poorer than Scotland in {count} candidate set{'' if count == 1 else 's'}"
        categories.append((str(count), words, _fill(shade(count / most if most else 0.0), 0.1)))
    return "sets_flagged_scotland", categories, _ZONE_TIP, '"zone_name"'


_NEED_BANDS = (("0", "Nobody", 0.0, 0.0), ("1", "1 to 24", 0.2, 1.2), ("25", "25 to 49", 0.4, 1.9),
               ("50", "50 to 99", 0.6, 2.7), ("100", "100 to 199", 0.8, 3.8), ("200", "200 and more", 1.0, 5.0)
               )  # fmt: skip
"""Lower end, words, depth of shade and size of the dot (mm, its area as the people) of bands of people in need outside
flagged places. Zones differ a thousandfold in size, so a dot counts the people and the zone stays pale."""


def _need_style(layer: Layer, columns: Sequence[str]) -> tuple[str, list[tuple[str, str, str]], str, str]:
    cases = " ".join(f'when round("need_outside_scotland") >= {low} then {low}' for low, *_ in _NEED_BANDS[::-1])
    pale = shade(0)
    categories = [(low, f"{words} in need, outside places poorer than Scotland",
                   _fill(pale, 0.1) + (_marker(shade(0.4 + 0.6 * depth), size, 0.2) if size else ""))
                  for low, words, depth, size in _NEED_BANDS]  # fmt: skip
    unknown = ("-1", "Not published", _fill("#bdbdbd", 0.1, is_hatched=True))
    return f"case {cases} else -1 end", [*categories, unknown], _NEED_TIP, '"zone_name"'


def shade(share: float) -> str:
    """Return a colour between nearly white (0) and dark brown (1), darker throughout.

    Examples
    --------
    >>> shade(0), shade(0.5), shade(1)
    ('#f7f7f7', '#f78c3f', '#5c1f02')
    """
    place = share * (len(_SHADES) - 1)
    low = min(int(place), len(_SHADES) - 2)
    pairs = zip(_channels(_SHADES[low]), _channels(_SHADES[low + 1]), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * (place - low)):02x}" for first, second in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _hot_spot_style(layer: Layer, columns: Sequence[str]) -> tuple[str, list[tuple[str, str, str]], str, str]:
    categories = [
        ("true", "Beyond this area's own inequality", _fill(ANSWER_COLOURS["poorer_than_scotland"], 0.6)),
        ("false", "Not beyond this area's own inequality", _fill(ANSWER_COLOURS["some_evidence"], 0.3)),
    ]
    return "is_beyond_inequality", categories, _HOT_SPOT_TIP, '"hot_spot_name"'


_MOVED = {
    "boundary": ("Verdict moves: the boundary", "#c44e11"),
    "figures": ("Verdict moves: figures of zones that changed", "#8c6bb1"),
    "threshold": ("Verdict moves: what it is held against passed a threshold", "#fdc38d"),
    "modelled": ("Cannot be assessed on one of both: figures are modelled", "#bdbdbd"),
}


def _redrawn_style(layer: Layer, columns: Sequence[str]) -> tuple[str, list[tuple[str, str, str]], str, str]:
    categories = [(value, words, _fill(colour, 0.3, is_hatched=value == "modelled"))
                  for value, (words, colour) in _MOVED.items()]  # fmt: skip
    return (
        "moved_by",
        [*categories, ("", "Verdict does not move", _fill("#deebf7", 0.2))],
        _REDRAWN_TIP,
        '"locality_name"',
    )


def _said_style(layer: Layer, columns: Sequence[str]) -> tuple[str, list[tuple[str, str, str]], str, str]:
    looks = {"most": shade(0.8), "some": shade(0.4), "none": shade(0.05), "withheld": "#bdbdbd"}
    categories = [
        (code, CODES_IN_WORDS["themes_low"][code], _fill(colour, 0.3, is_hatched=code == "withheld"))
        for code, colour in looks.items()
    ]
    return "themes_low", categories, _SAID_TIP, '"locality_name"'


def _community_style(layer: Layer, columns: Sequence[str]) -> tuple[str, list[tuple[str, str, str]], str, str]:
    names = sorted({str(one) for one in layer.table["community"].to_pylist() if one})
    # hues a golden angle apart, so that communities next to each other in the list never look alike
    colours = ["#" + "".join(f"{round(255 * one):02x}" for one in hls_to_rgb(n * 0.618034 % 1, 0.72, 0.55))
               for n in range(len(names))]  # fmt: skip
    categories = [(name, name, _fill(colour, 0.2)) for name, colour in zip(names, colours, strict=True)]
    return (
        "community",
        [*categories, ("", "In no community, or a new one", _fill("#ffffff", 0.4))],
        _EDIT_TIP,
        '"zone_name"',
    )


_STYLES = {
    "community": _community_style,
    "verdict": _verdict_style,
    "flagged": _flagged_style,
    "need_outside": _need_style,
    "hot_spot": _hot_spot_style,
    "redrawn": _redrawn_style,
    "said": _said_style,
}
_NAMES = {
    "community": ("Communities", "Zones by community"),
    "verdict": ("Two answers", "Localities by the answers against Scotland and against the partnership"),
    "flagged": ("Flagged", "Zones by candidate sets that flag them, against Scotland"),
    "need_outside": ("Need outside", "Zones by people in need outside flagged places"),
    "hot_spot": ("Hot spots", "Hot spots, by whether they go beyond this area's own inequality"),
    "redrawn": ("On other zones", "Localities as redrawn, by why their verdict moves"),
    "findings": ("Findings", "Findings in words"),
    "indicators": ("Indicators", "Indicators in words"),
    "thresholds": ("Thresholds", "Settings and their meaning"),
    "members": ("Zones of localities", "Candidate sets in words"),
    "said": ("What residents said", "Places by how many themes score low"),
    "place_standard": ("Place Standard", "Scores in words"),
    "decisions": ("Decisions", "Decisions in words"),
    "decision_targets": ("Targets", "Targets in words"),
}
_KINDS = {
    "community": "string",
    "themes_low": "string",
    "answer": "string",
    "moved_by": "string",
    "is_beyond_inequality": "bool",
}
_DISPLAYS = {
    "findings": (
        '"indicator_title" || \', \' || lower("comparator_name") || \': \' || lower(represent_value("significance"))'
    ),
}
"""What names a row in a list, where its first column does not."""
_FORMS = {
    "community": ("editing", "Zone"),
    "verdict": ("localities", "Why"),
    "flagged": ("zones", "Zone"),
    "need_outside": ("need_outside", "Zone"),
    "hot_spot": ("hot_spots", "Hot spot"),
    "redrawn": ("vintages", "On other zones"),
    "findings": ("findings", "Finding"),
    "indicators": ("indicators", "Indicator"),
    "thresholds": ("thresholds", "Setting"),
    "members": ("members", "Zone"),
    "said": ("said", "What residents said"),
    "place_standard": ("place_standard", "Score"),
    "decisions": ("decisions", "Decision"),
    "decision_targets": ("decision_targets", "Target"),
}
"""The layer of each style, as fields name it under `published`, and the title of the first tab of its form."""


def _renderer(field: str, categories: Sequence[tuple[str, str, str]]) -> str:
    kind = _KINDS.get(field, "integer")
    lines = [
        f'<renderer-v2 type="categorizedSymbol" attr="{_xml(field)}" enableorderby="0" forceraster="0"'
        # dots of all places over the fills of all
        ' symbollevels="1" referencescale="-1">',
        "<categories>",
    ]
    lines += [
        f'<category value="{_xml(value)}" label="{_xml(words)}" symbol="{number}" type="{kind}" render="true"/>'
        for number, (value, words, _) in enumerate(categories)
    ]
    lines += ["</categories>", "<symbols>"]
    for number, (_, _, fill) in enumerate(categories):
        lines += [
            f'<symbol type="fill" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">',
            fill,
            "</symbol>",
        ]
    return "\n".join([*lines, "</symbols>", "<rotation/>", "<sizescale/>", "</renderer-v2>"])


def ground() -> str:
    """Return a plain pale fill for whatever lies under a drawing."""
    return (
        '<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0" referencescale="-1">'
        "<symbols>"
        '<symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">'
        f"{_fill('#f2f2f2', 0.05)}</symbol></symbols></renderer-v2>"
    )


def _fill(colour: str, outline_mm: float, *, is_hatched: bool = False) -> str:
    red, green, blue = _channels(colour)
    return "\n".join(
        (
            '<layer class="SimpleFill" enabled="1" locked="0" pass="0">',
            '<Option type="Map">',
            _option("color", f"{red},{green},{blue},255"),
            _option("style", "b_diagonal" if is_hatched else "solid"),
            _option("outline_color", "64,64,64,255"),
            _option("outline_style", "solid"),
            _option("outline_width", f"{outline_mm:g}"),
            _option("outline_width_unit", "MM"),
            _option("joinstyle", "round"),
            "</Option>",
            "</layer>",
        )
    )


def _marker(colour: str, size_mm: float = 2.6, outline_mm: float = 0.4) -> str:
    """Return a dot inside the place, the same size at every scale: a village is a millimetre wide in Highland."""
    red, green, blue = _channels(colour)
    return "\n".join(
        (
            '<layer class="CentroidFill" enabled="1" locked="0" pass="1">',
            f'<Option type="Map">{_option("point_on_all_parts", "0")}{_option("point_on_surface", "1")}</Option>',
            '<symbol type="marker" name="@0@1" alpha="1" clip_to_extent="1" force_rhr="0">',
            '<layer class="SimpleMarker" enabled="1" locked="0" pass="0">',
            '<Option type="Map">',
            _option("name", "circle"),
            _option("color", f"{red},{green},{blue},255"),
            _option("outline_color", "255,255,255,255"),
            _option("outline_width", f"{outline_mm:g}"),
            _option("outline_width_unit", "MM"),
            _option("size", f"{size_mm:g}"),
            _option("size_unit", "MM"),
            "</Option>",
            "</layer>",
            "</symbol>",
            "</layer>",
        )
    )


def _truths(table: pa.Table) -> frozenset[str]:
    """Return the names of the columns that are true or false."""
    import pyarrow as pa

    return frozenset(field.name for field in table.schema if pa.types.is_boolean(field.type))


def _numbers(table: pa.Table) -> frozenset[str]:
    """Return the names of the columns that hold numbers with decimals."""
    import pyarrow as pa

    return frozenset(field.name for field in table.schema if pa.types.is_floating(field.type))


def _in_words(table: pa.Table, columns: Sequence[str], coded: Mapping[str, object]) -> dict[str, str]:
    """Return, by column, an expression that says in black on white what QGIS shows badly by itself.

    Codes: a form that nobody may edit shows a list of words in grey. Numbers that are not all there: QGIS shows what is
    not there as "NULL", and a project cannot say otherwise; so it says why.
    """
    import pyarrow.compute as pc

    found = {}
    for name in columns:
        field = FIELDS.get(name)
        if name in coded:
            found[name] = f'represent_value("{name}")'
            continue
        if field is None or field.dtype not in ("number", "date") or not field.when_none:
            continue
        if field.dtype == "date" and table[name].null_count:
            found[name] = f"coalesce(\"{name}\", '{field.when_none}')"
        elif pc.any(pc.is_null(table[name], nan_is_null=True)).as_py():
            words = f"'{field.when_none}'"
            if "status" in columns:
                why = "('suppressed', 'missing', 'not_applicable')"
                words = f'CASE WHEN "status" IN {why} THEN lower(represent_value("status")) ELSE {words} END'
            decimals = field.decimals or 0
            shown = f'format_number("{name}", {decimals})'
            if field.unit.startswith("share") and decimals:
                # a chance is never nought
                least = f"{10**-decimals:.{decimals}f}"
                shown = f"CASE WHEN \"{name}\" < {least} THEN 'under {least}' ELSE {shown} END"
            found[name] = f"coalesce({shown}, {words})"
    return found


def _widget(column: str, words: Mapping[str, str] | None, *, is_truth: bool, is_number: bool) -> str:
    """Return how one column is shown: words for codes, a box for what is true or false, decimals, text for the rest."""
    decimals = FIELDS[column].decimals if is_number and column in FIELDS else None
    if words:
        options = "\n".join(f'<Option type="Map">{_option(word, code)}</Option>' for code, word in words.items())
        kind, config = "ValueMap", f'<Option type="List" name="map">{options}</Option>'
    elif is_truth:
        kind = "CheckBox"
        # no states of its own: the column is a boolean; 0 is to show "true" and "false" where there is no box
        config = _option("CheckedState", "") + _option("UncheckedState", "")
        config += '<Option type="int" name="TextDisplayMethod" value="0"/>'
    elif decimals is not None:
        kind = "Range"
        # without limits of its own a number outside 0 to 100 would be shown as nothing
        config = f'<Option type="int" name="Precision" value="{decimals}"/>'
        config += _option("Min", "-1000000000") + _option("Max", "1000000000") + _option("Step", "1")
        config += '<Option type="bool" name="AllowNull" value="true"/>' + _option("Style", "SpinBox")
    else:
        kind = "TextEdit"
        config = f'<Option type="bool" name="IsMultiline" value="{str(column in _LONG).lower()}"/>'
        config += f'<Option type="bool" name="UseHtml" value="{str(column == "chart").lower()}"/>'
    return (
        f'<field name="{_xml(column)}" configurationFlags="None"><editWidget type="{kind}"><config>'
        f'<Option type="Map">{config}</Option></config></editWidget></field>'
    )


def _form(title: str, first: Sequence[str], columns: Sequence[str], relations: Mapping[str, str]) -> str:
    """Return the form: what a planner asks first on the first tab, everything else further on."""
    of = {name.removesuffix(_IN_WORDS): name for name in columns}
    tabs = (
        (title, [of[name] for name in first if name in of and name not in _TABS]),
        *((FIELDS[name].alias, [name]) for name in _TABS if name in columns),
        ("Everything", [shown for name, shown in of.items() if name not in first and name not in _TABS]),
    )
    lines = ["<attributeEditorForm>"]
    for title, names in tabs:
        if not names:
            continue
        lines.append(f'<attributeEditorContainer name="{title}" columnCount="1" groupBox="0" showLabel="1">')
        lines += [
            f'<attributeEditorField name="{_xml(name)}" index="{columns.index(name) + 1}" showLabel="1"/>'
            for name in names
        ]
        lines.append("</attributeEditorContainer>")
    for relation, title in relations.items():
        lines += [
            f'<attributeEditorContainer name="{_xml(title)}" columnCount="1" groupBox="0" showLabel="1">',
            f'<attributeEditorRelation name="{relation}" relation="{relation}" showLabel="0"'
            ' relationWidgetTypeId="relation_editor"/>',
            "</attributeEditorContainer>",
        ]
    return "\n".join([*lines, "</attributeEditorForm>"])


def _order(key: str, columns: Sequence[str], hidden: Sequence[str] = ()) -> str:
    """Return the order of columns in the attribute table, those without meaning to a reader hidden at the end."""
    shown = [name for name in columns if not is_kept_aside(key, name.removesuffix(_IN_WORDS))]
    hidden = ["fid", *(name for name in columns if name not in shown), *hidden]
    lines = ['<attributetableconfig actionWidgetStyle="dropDown" sortExpression="" sortOrder="0">', "<columns>"]
    lines += [
        f'<column type="field" name="{_xml(name)}" width="-1" hidden="{number}"/>'
        for number, names in enumerate((shown, hidden))
        for name in names
    ]
    lines += ['<column type="actions" width="-1" hidden="1"/>', "</columns>", "</attributetableconfig>"]
    return "\n".join(lines)


def _option(name: str, value: str) -> str:
    return f'<Option type="QString" name="{_xml(name)}" value="{_xml(value)}"/>'


@lru_cache(maxsize=65_536)
def _xml(text: str) -> str:
    return escape(text, quote=True)
