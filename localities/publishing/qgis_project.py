"""The QGIS project inside a GeoPackage: open it and the recommended drawing is on the map, coloured and labelled.

A project stored in a GeoPackage is one row of the table ``qgis_projects``: a hex-encoded zip of one ``.qgs`` (XML). Its
layers name their file relative to the GeoPackage itself, so that file and project move together. QGIS has no name for
"the file that I am in": a file that was renamed is looked for under its old name, and where another file bears that
name beside it, QGIS shows that one's data. So the project's title carries the edition, and a warning stands on the map,
and on the print, wherever the data are not of the project's own file.
"""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from localities.publishing.layers import CURRENT, NO_HOT_SPOT
from localities.publishing.qgis_layout import layout_of
from localities.publishing.styles import ground, look_of

if TYPE_CHECKING:
    import pyarrow as pa

    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About

IN_THE_FILE = "Localities"
"""Name of the project inside the file."""

_MOMENT = "2020-01-01T00:00:00"
_ZIPPED_AT = (2020, 1, 1, 0, 0, 0)
_CURRENT, _OTHERS = "Current plan areas", "Other ways of drawing localities"
_GROUPS = ("", _CURRENT, _OTHERS, "Zones", "Tables")
_REACH, _ZONES = "Which boundaries serve best", "Data zones"
_AREA = "layer_of_the_area"
_ROOM = 0.05

WARNING = (
    "CASE WHEN regexp_replace(layer_property('{layer}', 'source'), '\\\\|.*$', '')"
    " <> regexp_replace(@project_path, '^geopackage:(.*)\\\\?projectName=.*$', '\\\\1')"
    " THEN 'CAUTION: this project shows the data of another file: '"
    " || regexp_replace(layer_property('{layer}', 'source'), '^.*/|\\\\|.*$', '') ELSE '' END"
)
"""Expression that says which file's data a project shows, where it is not its own."""


def write_project(file: sqlite3.Connection, layers: Sequence[Layer], about: About, file_name: str) -> None:
    """Write the project into the open GeoPackage, in place of one that is there; none where no drawing is shown.

    Parameters
    ----------
    file
        The GeoPackage, its layers written.
    layers
        In the order of the file.
    about
        What the file says of itself.
    file_name
        Name that the file will have: layers are looked for under it, in the project's own folder.
    """
    if _recommended(layers) is None:
        return
    extents = {
        name: box
        for name, *box in file.execute("SELECT table_name, min_x, min_y, max_x, max_y FROM gpkg_contents")
        if None not in box
    }
    content = _zipped(project_xml(layers, about, file_name, extents))
    file.execute("CREATE TABLE IF NOT EXISTS qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")
    made = json.dumps({"last_modified_time": _MOMENT, "last_modified_user": ""})
    file.execute("INSERT OR REPLACE INTO qgis_projects VALUES (?, ?, ?)", (IN_THE_FILE, made, content))


def renamed(content: str, before: str, after: str) -> str:
    """Return a stored project that looks for its layers in a file of another name.

    Parameters
    ----------
    content
        As QGIS keeps it: a zip in hexadecimal digits.
    before, after
        Names of the file in the project's own folder.
    """
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        project = archive.read(f"{IN_THE_FILE}.qgs").decode("utf-8")
    return _zipped(project.replace(_xml(f"./{before}|layername="), _xml(f"./{after}|layername=")))


def _zipped(project: str) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        named = zipfile.ZipInfo(f"{IN_THE_FILE}.qgs", date_time=_ZIPPED_AT)
        named.compress_type = zipfile.ZIP_DEFLATED
        named.external_attr = 0o644 << 16
        named.create_system = 3
        archive.writestr(named, project)
    return content.getvalue().hex()


def project_xml(layers: Sequence[Layer], about: About, file_name: str, extents: Mapping[str, Sequence[float]]) -> str:
    """Return the project: one drawing on the map, the rest in groups that are off, tables below, a page to print.

    Parameters
    ----------
    layers, about, file_name
        As for `write_project`.
    extents
        Smallest and largest easting and northing of layers with geometry: ``(min_x, min_y, max_x, max_y)``.
    """
    shown = _recommended(layers) or layers[0]
    ids = {layer.name: _id(layer.name) for layer in layers}
    related = _relations(layers, ids)
    grouped: dict[str, list[Layer]] = {group: [] for group in _GROUPS}
    for layer in layers:
        grouped[_group(layer, shown)].append(layer)
    # hot spots lie over the drawing, so that they are seen when they are switched on
    grouped[""].sort(key=lambda layer: layer is shown)
    zones = next(
        (layer for layer in layers if layer.name == _ZONES and layer.is_spatial and layer.table.num_rows), None
    )
    least = next(iter(extents.values()), (0, 0, 700_000, 1_300_000)) if zones is None else _zones_extent(zones.table)
    box = _with_room(least)
    title = f"{about.title}, edition {about.edition}" if about.edition else about.title
    warning = WARNING.format(layer=ids[shown.name])
    return "\n".join(
        (
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
            f'<qgis projectname="{_xml(title)}" version="3.22.0" saveDateTime="{_MOMENT}" saveUser="" saveUserFull="">',
            '<homePath path=""/>',
            f"<title>{_xml(title)}</title>",
            f"<projectCrs>{_crs()}</projectCrs>",
            _tree(grouped, ids, shown, file_name),
            "<relations>",
            *(one for _, one in related.values()),
            "</relations>",
            "<projectlayers>",
            *(_map_layer(layer, ids, related, about, file_name) for layer in layers),
            *(_area_layer(layer, file_name) for layer in layers if layer.name == _ZONES),
            "</projectlayers>",
            "<layerorder>",
            *(f'<layer id="{ids[one.name]}"/>' for group in grouped.values() for one in group),
            f'<layer id="{_AREA}"/>',
            "</layerorder>",
            _properties(warning),
            '<ProjectViewSettings UseProjectScales="0" rotation="0"><Scales/><DefaultViewExtent'
            f' xmin="{box[0]}" ymin="{box[1]}" xmax="{box[2]}" ymax="{box[3]}">{_crs()}</DefaultViewExtent>'
            "</ProjectViewSettings>",
            f"<projectMetadata><title>{_xml(title)}</title><abstract>{_xml(about.abstract)}</abstract>"
            f"<creation>{_MOMENT}</creation></projectMetadata>",
            "<Layouts>",
            layout_of(shown, ids[shown.name], box, about, warning, need=_need(layers, shown), spots=_hot_spots(layers)),
            "</Layouts>",
            "</qgis>",
        )
    )


def _recommended(layers: Sequence[Layer]) -> Layer | None:
    """Return the drawing to start from: recommended here, else proposed to the partnership, else the first."""
    reach = [row for layer in layers if layer.name == _REACH for row in layer.table.to_pylist()]
    wanted = next(
        (row["candidate_set"] for choice in ("is_recommended", "is_proposed") for row in reach if row[choice]), None
    )
    drawings = [layer for layer in layers if layer.style == "verdict" and layer.table.num_rows]
    return next(
        (one for one in drawings if one.table["candidate_set"][0].as_py() == wanted), next(iter(drawings), None)
    )


def _need(layers: Sequence[Layer], shown: Layer) -> Mapping[str, object]:
    """Return the row of the shown drawing among the ways of drawing: whom its flags reach and miss."""
    wanted = shown.table["candidate_set"][0].as_py()
    reach = [row for layer in layers if layer.name == _REACH for row in layer.table.to_pylist()]
    return next((row for row in reach if row["candidate_set"] == wanted), {})


def _zones_extent(zones: pa.Table) -> Sequence[float]:
    import shapely

    from localities.publishing.extent import extent_without_islets

    return [float(one) for one in extent_without_islets(shapely.from_wkb(zones["geometry"].to_numpy()))]


def _group(layer: Layer, shown: Layer) -> str:
    if not layer.is_spatial:
        return "Tables"
    if layer is shown or layer.style in ("hot_spot", "need"):
        return ""
    if layer.style != "verdict":
        return "Zones"
    return _CURRENT if layer.name.endswith(CURRENT) else _OTHERS


def _shown_name(layer: Layer) -> str:
    """Return what the list of layers calls it: where hot spots were looked for in vain, that."""
    return f"{layer.name}: no clear one here" if layer.is_bare else layer.name


def _hot_spots(layers: Sequence[Layer]) -> str:
    """Return a sentence on the hot spots here; nothing where none were looked for."""
    layer = next((one for one in layers if one.style == "hot_spot"), None)
    if layer is None:
        return ""
    if layer.is_bare:
        return NO_HOT_SPOT
    beyond = layer.table["is_beyond_inequality"].to_pylist().count(True)
    found = "1 hot spot" if layer.table.num_rows == 1 else f"{layer.table.num_rows} hot spots"
    return (
        f'{found}, where people in need gather whatever the boundaries (layer "{layer.name}");'
        f" {beyond or 'none'} beyond this area's own inequality."
    )


def _relations(layers: Sequence[Layer], ids: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return, by the name of each drawing, the id of its relation to the findings and the relation."""
    if "Findings" not in ids:
        return {}
    return {
        layer.name: (
            f"findings_of_{ids[layer.name]}",
            f'<relation id="findings_of_{ids[layer.name]}" name="Findings of {_xml(layer.name)}" strength="Association"'
            f' referencedLayer="{ids[layer.name]}" referencingLayer="{ids["Findings"]}">'
            '<fieldRef referencedField="locality_id" referencingField="locality_id"/></relation>',
        )
        for layer in layers
        if layer.style == "verdict"
    }


@cache
def _crs() -> str:
    """Return the British National Grid in full: QGIS looks for no definition by a number alone."""
    from pyproj import CRS

    return (
        f"<spatialrefsys><wkt>{escape(CRS.from_epsg(27700).to_wkt())}</wkt>"
        "<proj4>+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +units=m"
        " +no_defs</proj4><srsid>2437</srsid><srid>27700</srid><authid>EPSG:27700</authid>"
        "<description>OSGB36 / British National Grid</description><projectionacronym>tmerc</projectionacronym>"
        "<ellipsoidacronym>EPSG:7001</ellipsoidacronym><geographicflag>false</geographicflag></spatialrefsys>"
    )


def _tree(grouped: Mapping[str, Sequence[Layer]], ids: Mapping[str, str], shown: Layer, file_name: str) -> str:
    lines = ["<layer-tree-group>", "<customproperties/>"]
    for group, members in grouped.items():
        if group and members:
            lines.append(f'<layer-tree-group name="{_xml(group)}" checked="Qt::Unchecked" expanded="0">')
        for layer in members:
            is_on = layer is shown
            checked = "Checked" if is_on or group else "Unchecked"
            lines.append(
                f'<layer-tree-layer id="{ids[layer.name]}" name="{_xml(_shown_name(layer))}" providerKey="ogr"'
                f' checked="Qt::{checked}" expanded="{int(is_on)}"'
                f' source="{_xml(_source(layer, file_name))}"/>'
            )
        if group and members:
            lines.append("</layer-tree-group>")
    if _ZONES in ids:
        lines.append(
            f'<layer-tree-layer id="{_AREA}" name="The partnership\'s area" providerKey="ogr" checked="Qt::Checked"'
            ' expanded="0" source=""/>'
        )
    return "\n".join([*lines, "</layer-tree-group>"])


def _map_layer(
    layer: Layer, ids: Mapping[str, str], related: Mapping[str, tuple[str, str]], about: About, file_name: str
) -> str:
    kind = (
        'geometry="Polygon" wkbType="MultiPolygon"'
        if layer.is_spatial
        else 'geometry="No geometry" wkbType="NoGeometry"'
    )
    tabs = {related[layer.name][0]: "Every finding"} if layer.name in related else {}
    return "\n".join(
        (
            f'<maplayer type="vector" {kind} styleCategories="AllStyleCategories" hasScaleBasedVisibilityFlag="0"'
            f' labelsEnabled="{int(layer.is_spatial)}" readOnly="1" simplifyDrawingHints="1" simplifyDrawingTol="1">',
            f"<id>{ids[layer.name]}</id>",
            f"<datasource>{_xml(_source(layer, file_name))}</datasource>",
            f"<layername>{_xml(_shown_name(layer))}</layername>",
            f"<srs>{_crs()}</srs>" if layer.is_spatial else "",
            f"<resourceMetadata><title>{_xml(layer.name)}</title><abstract>{_xml(layer.description)}</abstract>"
            "</resourceMetadata>",
            '<provider encoding="UTF-8">ogr</provider>',
            *look_of(layer, is_fictional=about.is_fictional, relations=tabs),
            "</maplayer>",
        )
    )


def _area_layer(zones: Layer, file_name: str) -> str:
    """Return the zones as a pale ground, so that a drawing that leaves residents out is seen to."""
    return (
        '<maplayer type="vector" geometry="Polygon" wkbType="MultiPolygon" styleCategories="AllStyleCategories"'
        f' hasScaleBasedVisibilityFlag="0" labelsEnabled="0" readOnly="1"><id>{_AREA}</id>'
        f"<datasource>{_xml(_source(zones, file_name))}</datasource><layername>The partnership's area</layername>"
        f'<srs>{_crs()}</srs><provider encoding="UTF-8">ogr</provider>'
        "<flags><Identifiable>0</Identifiable><Removable>1</Removable><Searchable>0</Searchable></flags>"
        f"{ground()}</maplayer>"
    )


def _properties(warning: str) -> str:
    label = _xml(f"[% {warning} %]")
    return (
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths>'
        '<SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        '<TitleLabel><Enabled type="bool">true</Enabled>'
        f'<Label type="QString">{label}</Label><Placement type="int">5</Placement>'
        '<BackgroundColor type="QString">255,255,255,230</BackgroundColor></TitleLabel>'
        "</properties>"
    )


def _source(layer: Layer, file_name: str) -> str:
    return f"./{file_name}|layername={layer.name}"


def _id(name: str) -> str:
    # QGIS gives a layer another id where its own has ten letters or fewer
    return "layer_of_" + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _with_room(box: Sequence[float]) -> tuple[float, float, float, float]:
    left, bottom, right, top = box
    room = _ROOM * max(right - left, top - bottom)
    return left - room, bottom - room, right + room, top + room


def _xml(text: str) -> str:
    return escape(text, quote=True)
