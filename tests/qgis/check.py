"""Open published GeoPackages in QGIS, without a screen, and look: `make qgis-check`.

Runs under the Python that QGIS comes with (Debian: ``python3-qgis``), so it uses nothing of this project. For each file
it opens the stored project, counts what must hold, moves and copies the file and opens it again, and draws the map, the
page to print and the form of the first flagged place into pictures that a person looks at. It exits with 1 when
something does not hold.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayoutExporter,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayerTools,
)
from qgis.gui import (
    QgsAdvancedDigitizingDockWidget,
    QgsAttributeEditorContext,
    QgsAttributeForm,
    QgsGui,
    QgsMapCanvas,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QTabWidget

_PROJECT = "Localities"
_ROWS = 5_000
"""Rows of a table that are looked through."""


def main(files: list[Path], pictures: Path) -> int:
    """Return the number of things that do not hold, after printing each."""
    application = QgsApplication([], True)
    application.initQgis()
    QgsGui.editorWidgetRegistry().initEditors()
    print(f"QGIS {Qgis.version()}")
    pictures.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for file in files:
        found = list(_check(file, pictures))
        wrong += len(found)
        print(f"{file.name}: {'everything holds' if not found else ''}")
        for one in found:
            print(f"  WRONG: {one}")
    QgsProject.instance().clear()
    application.exitQgis()
    return wrong


def _check(file: Path, pictures: Path) -> Iterator[str]:
    if not _open(file):
        yield "the stored project does not open"
        return
    project = QgsProject.instance()
    yield from _layers_hold(project, file)
    yield from _findings_hold(project)
    yield from _tables_hold(project)
    _draw_map(project, pictures / f"{file.stem}-map.png")
    yield from _page_holds(project, pictures / f"{file.stem}-page.png")
    _draw_form(project, pictures / f"{file.stem}-form.png")
    yield from _moving_holds(file)


def _open(file: Path) -> bool:
    project = QgsProject.instance()
    project.clear()
    return bool(project.read(f"geopackage:{file}?projectName={_PROJECT}"))


def _layers_hold(project: QgsProject, file: Path) -> Iterator[str]:
    for layer in project.mapLayers().values():
        if not layer.isValid():
            yield f"layer {layer.name()} cannot be read"
        elif not layer.source().startswith(str(file)):
            yield f"layer {layer.name()} comes from {layer.source()}"
    if not project.title():
        yield "the project has no title"
    seen = [one.layer() for one in project.layerTreeRoot().findLayers() if one.isVisible()]
    drawings = [one for one in seen if one.name().startswith("Localities – ")]
    if len(drawings) != 1 or len([one for one in seen if one.isSpatial()]) != 2:
        yield f"not one drawing on the partnership's area is on the map, but {[one.name() for one in seen]}"
    for layer in drawings:
        if not (layer.labelsEnabled() and layer.labeling()):
            yield f"layer {layer.name()} has no labels"
    if _warning(project) != "":
        yield f"it warns of another file: {_warning(project)}"


def _drawing(project: QgsProject):
    layers = [one.layer() for one in project.layerTreeRoot().findLayers() if one.isVisible()]
    return next(one for one in layers if one.name().startswith("Localities – "))


def _findings_hold(project: QgsProject) -> Iterator[str]:
    drawing = _drawing(project)
    relations = project.relationManager().referencedRelations(drawing)
    if len(relations) != 1 or not relations[0].isValid():
        yield f"the relation from {drawing.name()} to its findings does not hold"
        return
    for place in list(drawing.getFeatures())[:20]:
        findings = list(relations[0].getRelatedFeatures(place))
        if not findings or {one["locality_name"] for one in findings} != {place["locality_name"]}:
            yield f"{place['locality_name']}: findings are not its own"


def _tables_hold(project: QgsProject) -> Iterator[str]:
    """Look at what the tables of attributes show: a code without words, or nothing where words should say why."""
    for layer in project.mapLayers().values():
        shown = [one.name for one in layer.attributeTableConfig().columns() if one.type == 0 and not one.hidden]
        places = {name: layer.fields().lookupField(name) for name in shown}
        if unknown := [name for name, place in places.items() if place < 0]:
            yield f"table of {layer.name()}: no such column: {unknown}"
        nothing, coded = set(), set()
        for number, row in enumerate(layer.getFeatures()):
            if number >= _ROWS:
                break
            nothing |= {name for name, place in places.items() if place >= 0 and _is_nothing(row[place])}
            for name, place in places.items():
                kind = layer.editorWidgetSetup(place)
                if kind.type() == "ValueMap" and not _is_nothing(row[place]):
                    codes = {code for one in kind.config()["map"] for code in one.values()}
                    coded |= set() if str(row[place]) in codes else {f"{name} ({row[place]})"}
        if nothing:
            yield f"table of {layer.name()}: NULL is shown in {sorted(nothing)}"
        if coded:
            yield f"table of {layer.name()}: codes without words: {sorted(coded)[:5]}"


def _is_nothing(value) -> bool:
    return value is None or (hasattr(value, "isNull") and value.isNull())


def _draw_map(project: QgsProject, picture: Path) -> None:
    drawing = _drawing(project)
    settings = QgsMapSettings()
    settings.setLayers([one.layer() for one in project.layerTreeRoot().findLayers() if one.isVisible()][:2])
    settings.setDestinationCrs(project.crs())
    settings.setOutputSize(QSize(1400, 1100))
    settings.setBackgroundColor(QColor(255, 255, 255))
    extent = drawing.extent()
    extent.scale(1.05)
    settings.setExtent(extent)
    settings.setExpressionContext(QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(drawing)))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(str(picture))


def _page_holds(project: QgsProject, picture: Path) -> Iterator[str]:
    pages = project.layoutManager().printLayouts()
    if len(pages) != 1:
        yield f"{len(pages)} pages to print, not one"
        return
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 110
    if QgsLayoutExporter(pages[0]).exportToImage(str(picture), settings) != QgsLayoutExporter.Success:
        yield "the page to print cannot be drawn"


class _NoEditing(QgsVectorLayerTools):
    """What a list of related rows asks for before it lets anyone edit: here nobody does."""

    def addFeature(self, *_args, **_named):
        return False

    def startEditing(self, _layer):
        return False

    def stopEditing(self, _layer, _may_cancel=True):
        return False

    def saveEdits(self, _layer):
        return False


def _draw_form(project: QgsProject, picture: Path) -> None:
    drawing = _drawing(project)
    place = min(drawing.getFeatures(), key=lambda one: one["priority_rank"])
    canvas, tools = QgsMapCanvas(), _NoEditing()
    dock = QgsAdvancedDigitizingDockWidget(canvas)
    context = QgsAttributeEditorContext()
    context.setFormMode(QgsAttributeEditorContext.StandaloneDialog)
    context.setMapCanvas(canvas)
    context.setCadDockWidget(dock)
    context.setVectorLayerTools(tools)
    form = QgsAttributeForm(drawing, place, context)
    form.resize(1500, 1100)
    form.show()
    QgsApplication.processEvents()
    tabs = form.findChild(QTabWidget)
    for number in range(tabs.count()):
        tabs.setCurrentIndex(number)
        QgsApplication.processEvents()
        form.grab().save(str(picture.with_name(f"{picture.stem}-{number + 1}.png")))


def _warning(project: QgsProject) -> str:
    label = project.readEntry("TitleLabel", "/Label")[0]
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(None))
    return QgsExpression.replaceExpressionText(label, context)


def _moving_holds(file: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        moved = Path(folder) / "elsewhere" / file.name
        moved.parent.mkdir()
        shutil.copyfile(file, moved)
        if not _open(moved) or not all(one.isValid() for one in QgsProject.instance().mapLayers().values()):
            yield "it does not open after the file was moved"
        beside = moved.with_name("a copy.gpkg")
        shutil.copyfile(file, beside)
        if not _open(beside) or "another file" not in _warning(QgsProject.instance()):
            yield "a renamed copy beside the file shows that file's data and does not say so"
        QgsProject.instance().clear()


if __name__ == "__main__":
    *names, folder = sys.argv[1:]
    sys.exit(1 if main([Path(one).resolve() for one in names], Path(folder)) else 0)
