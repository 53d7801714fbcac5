"""The page to print of a QGIS project: A4, across or upright as the area is.

It has title, map, legend, scale, and what must stand beside a map: whom "poorer" compares with, the dates of the
evidence, how much need lies outside every flagged place, and the sources with their licences.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

from localities.wording.codes import CODES_IN_WORDS, FLAGGED_AS

if TYPE_CHECKING:
    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About

_MAP, _PAGE, _LABEL, _LEGEND, _SCALE_BAR = 65639, 65638, 65641, 65642, 65646
_ACROSS: Mapping[str, Sequence[float]] = {
    "page": (0, 0, 297, 210), "title": (10, 6, 277, 9), "drawing": (10, 15, 277, 7), "map": (10, 24, 196, 160),
    "warning": (12, 26, 190, 8), "legend": (210, 24, 77, 80), "notes": (210, 74, 77, 110), "scale": (12, 172, 60, 10),
    "sources": (10, 187, 277, 20),
}  # fmt: skip
_UPRIGHT: Mapping[str, Sequence[float]] = {
    "page": (0, 0, 210, 297), "title": (10, 6, 190, 9), "drawing": (10, 15, 190, 7), "map": (10, 24, 190, 178),
    "warning": (12, 26, 184, 8), "legend": (10, 205, 85, 60), "notes": (100, 214, 100, 53), "scale": (98, 203, 60, 10),
    "sources": (10, 268, 190, 24),
}  # fmt: skip
"""Where things are on the page: ``(left, top, width, height)``, millimetres."""

_GAIN = 1.1
_WRAPPED = 42
_RED, _BLACK = (160, 0, 0), (25, 25, 25)


def layout_of(
    shown: Layer,
    layer_id: str,
    box: Sequence[float],
    about: About,
    warning: str,
    *,
    need: Mapping[str, object],
    spots: str = "",
) -> str:
    """Return the page as QGIS stores it.

    Parameters
    ----------
    shown
        The drawing on the map, and the only one in the legend.
    layer_id
        Its id in the project.
    box
        ``(min_x, min_y, max_x, max_y)`` to show, metres.
    about
        What the file says of itself: title, licences, attributions.
    warning
        Expression that says whose data are shown where they are not the file's own; empty text otherwise.
    need
        The drawing's row in "Which boundaries serve best"; empty where that was not computed.
    spots
        A sentence on the hot spots of the area.
    """
    drawing = shown.name.removeprefix("Localities – ")
    # screens are wide: upright only where the area gains by it
    gains = _scale_of(box, _UPRIGHT["map"]) > _GAIN * _scale_of(box, _ACROSS["map"])
    at = _UPRIGHT if gains else _ACROSS
    items = (
        _map(box, at["map"]),
        _label("title", about.title, at["title"], size=16, is_bold=True),
        _label("drawing", f"Localities drawn as: {drawing}", at["drawing"], size=11),
        _label("warning", f"[% {warning} %]", at["warning"], size=11, is_bold=True, colour=_RED),
        _legend(layer_id, CODES_IN_WORDS["answer"].values(), at["legend"]),
        _label("notes", _notes(shown, need, spots), at["notes"], size=8),
        _scale_bar(at["scale"]),
        _label("sources", _sources(about), at["sources"], size=5.5),
    )
    page = _item(_PAGE, "page", at["page"], 'background="true"', _FILL)
    return (
        '<Layout name="Map to print (A4)" units="mm" printResolution="300" worldFileMap="">'
        f"<PageCollection>{_PAGE_SYMBOL}{page}</PageCollection>{''.join(items)}</Layout>"
    )


def _notes(shown: Layer, need: Mapping[str, object], spots: str) -> str:
    lines = [
        "Two answers, never added up: poorer than the rest of Scotland, and poorer than elsewhere in this partnership.",
        shown.years(),
    ]
    missed, in_need = need.get("need_missed"), need.get("people_in_need")
    if isinstance(missed, float | int) and isinstance(in_need, float | int) and in_need:
        lines.append(
            f"{missed:,.0f} of {in_need:,.0f} income-deprived residents ({missed / in_need:.0%}) live outside every"
            f" place {FLAGGED_AS[str(need['counted_against'])]}. In rural areas need is scattered: no evidence does not"
            " mean no need."
        )
    lines.append(spots)
    lines.append("A flag grades statistical evidence; the decision is the partnership's.")
    return "\n\n".join(one for one in lines if one)


def _sources(about: About) -> str:
    fiction = "Fictional sample: describes no real place. " if about.is_fictional else ""
    # many sources ask for the same sentence: it stands once
    asked = dict.fromkeys(one for text in about.attributions for one in re.split(r"(?<=\.) (?=[A-Z©])", text))
    edition = f"Edition {about.edition}. " if about.edition else ""
    return f"{fiction}{edition}{' '.join(asked)} Licences: {'; '.join(about.licences)}."


def _scale_of(box: Sequence[float], frame: Sequence[float]) -> float:
    """Return millimetres of paper to a metre of ground."""
    return min(frame[2] / max(box[2] - box[0], 1), frame[3] / max(box[3] - box[1], 1))


def _map(box: Sequence[float], frame: Sequence[float]) -> str:
    left, bottom, right, top = _filling(box, frame[2] / frame[3])
    inner = (
        f'{_FILL}<Extent xmin="{left}" ymin="{bottom}" xmax="{right}" ymax="{top}"/><LayerSet/>'
        '<AtlasMap atlasDriven="0" scalingMode="2" margin="0.1"/>'
    )
    return _item(_MAP, "map", frame, 'followPreset="false" keepLayerSet="false" frame="true" background="true"', inner)


def _filling(box: Sequence[float], shape: float) -> tuple[float, float, float, float]:
    """Return the box, wider or higher, in the shape (width by height) of the frame."""
    left, bottom, right, top = box
    width, height = max(right - left, (top - bottom) * shape), max(top - bottom, (right - left) / shape)
    x, y = (left + right) / 2, (bottom + top) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _label(
    name: str,
    text: str,
    place: Sequence[float],
    *,
    size: float,
    is_bold: bool = False,
    colour: tuple[int, int, int] = _BLACK,
) -> str:
    red, green, blue = colour
    inner = (
        f'<LabelFont description="Sans,{size},-1,5,{75 if is_bold else 50},0,0,0,0,0" style=""/>'
        f'<FontColor red="{red}" green="{green}" blue="{blue}" alpha="255"/>'
    )
    attributes = f'labelText="{_xml(text)}" htmlState="0" halign="1" valign="32" marginX="0" marginY="0"'
    return _item(_LABEL, name, place, attributes, inner)


def _legend(layer_id: str, words: Iterable[str], place: Sequence[float]) -> str:
    # words in lines of their own: QGIS breaks a legend's text only where it is told to
    broken = "".join(
        f'<Option name="legend/label-{number}" type="QString" value="{_xml("#".join(wrap(one, _WRAPPED)))}"/>'
        for number, one in enumerate(words)
    )
    sizes = {"title": 10, "group": 10, "subgroup": 9, "symbol": 8, "symbolLabel": 8}
    styles = "".join(
        f'<style name="{name}" alignment="1" indent="0" marginTop="{1.5 if name != "title" else 0}" marginLeft="2">'
        f'<styleFont description="Sans,{size},-1,5,50,0,0,0,0,0" style=""/></style>'
        for name, size in sizes.items()
    )
    inner = (
        f"{_FILL}<styles>{styles}</styles><layer-tree-group><customproperties/>"
        f'<layer-tree-layer id="{layer_id}" name="" checked="Qt::Checked" expanded="1" providerKey="ogr" source="">'
        '<customproperties><Option type="Map"><Option name="legend/title-style" type="QString" value="hidden"/>'
        f"{broken}</Option></customproperties></layer-tree-layer></layer-tree-group>"
    )
    attributes = (
        f'title="Poorer than whom?" map_uuid="{_uuid("map")}" resizeToContents="1" wrapChar="#" symbolWidth="6"'
        ' symbolHeight="3.5" boxSpace="0" columnCount="1" legendFilterByMap="0" splitLayer="0"'
        ' equalColumnWidth="0" symbolAlignment="1" titleAlignment="1" lineSpacing="1" columnSpace="2"'
        ' fontColor="#191919" wmsLegendWidth="50" wmsLegendHeight="25" rasterBorder="0" minSymbolSize="0"'
        ' maxSymbolSize="0" background="true"'
    )
    return _item(_LEGEND, "legend", place, attributes, inner)


def _scale_bar(place: Sequence[float]) -> str:
    attributes = (
        f'mapUuid="{_uuid("map")}" style="Line Ticks Up" unitType="km" unitLabel="km" numMapUnitsPerScaleBarUnit="1"'
        ' numSegments="2" numSegmentsLeft="0" segmentSizeMode="1" minBarWidth="20" maxBarWidth="60" height="2"'
        ' boxContentSpace="1" labelBarSpace="1" alignment="0" numUnitsPerSegment="1" segmentMillimeters="10"'
    )
    inner = '<text-style fontFamily="Sans" fontSize="8" fontSizeUnit="Point" textColor="25,25,25,255" textOpacity="1"/>'
    return _item(_SCALE_BAR, "scale", place, attributes, inner)


def _item(kind: int, name: str, place: Sequence[float], attributes: str, inner: str) -> str:
    left, top, width, height = place
    order = {"page": 0, "map": 1}.get(name, 2)
    return (
        f'<LayoutItem type="{kind}" id="{name}" uuid="{_uuid(name)}" templateUuid="{_uuid(name)}" visibility="1"'
        f' position="{left},{top},mm" positionOnPage="{left},{top},mm" size="{width},{height},mm" referencePoint="0"'
        f' opacity="1" zValue="{order}" excludeFromExports="0" positionLock="false" itemRotation="0" {attributes}>'
        f"{inner}</LayoutItem>"
    )


_FILL = '<BackgroundColor red="255" green="255" blue="255" alpha="255"/>'
_PAGE_SYMBOL = (
    '<symbol type="fill" name="" alpha="1" clip_to_extent="1" force_rhr="0"><layer class="SimpleFill" enabled="1"'
    ' locked="0" pass="0"><Option type="Map"><Option name="color" type="QString" value="255,255,255,255"/>'
    '<Option name="outline_style" type="QString" value="no"/><Option name="style" type="QString" value="solid"/>'
    "</Option></layer></symbol>"
)


def _uuid(name: str) -> str:
    """Return an id that is the same whenever the page is made."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"layout/{name}")) + "}"


def _xml(text: str) -> str:
    return escape(text, quote=True)
