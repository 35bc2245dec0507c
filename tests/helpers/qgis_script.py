"""Run by Debian's Python: opens a project in QGIS, offscreen, renders it, prints what it found as JSON on the last line."""

from __future__ import annotations

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (
    QgsApplication,
    QgsLayoutExporter,
    QgsMapLayerType,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize


def about(layer: object) -> dict[str, object]:
    """What a layer is."""
    vector = layer.type() == QgsMapLayerType.VectorLayer
    found = {"valid": layer.isValid(), "name": layer.name(), "crs": layer.crs().authid() or layer.crs().description()}
    found["renderer"] = layer.renderer().type()
    if vector:
        names = [field.name() for field in layer.fields()]
        found |= {"rows": layer.featureCount(), "aliases": {name: layer.attributeAlias(index) for index, name in enumerate(names)}}
        found["labels"] = layer.labeling().settings().fieldName if layer.labelsEnabled() else ""
    return found


def main(path: str, pictures: str) -> None:
    """Read, render the view, the sheet and the first page of the atlas."""
    project = QgsProject.instance()
    read = project.read(path)
    layers = {layer.id(): about(layer) for layer in project.mapLayers().values()}
    layout = project.layoutManager().printLayouts()[0]
    exporter, settings = QgsLayoutExporter(layout), QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 60
    sheet = exporter.exportToImage(f"{pictures}-sheet.png", settings)
    atlas = layout.atlas()
    atlas.beginRender()
    pages = []
    for number in range(atlas.count()):
        atlas.seekTo(number)
        pages.append([atlas.nameForPage(number), os.path.basename(atlas.currentFilename())])
        if number == 0:
            page = exporter.exportToImage(f"{pictures}-page.png", settings)
    atlas.endRender()
    view = QgsMapSettings()
    view.setLayers([node.layer() for node in project.layerTreeRoot().findLayers() if node.isVisible()])
    view.setDestinationCrs(project.crs())
    view.setExtent(layout.referenceMap().extent())
    view.setOutputSize(QSize(500, 400))
    job = QgsMapRendererSequentialJob(view)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(f"{pictures}-view.png")
    texts = [item.currentText() for item in layout.items() if hasattr(item, "currentText")]
    size = layout.pageCollection().page(0).pageSize()
    print(json.dumps({
        "read": read, "title": project.title(), "crs": project.crs().description(), "layers": layers,
        "errors": [one.message for one in job.errors()],
        "exported": [sheet, page], "pages": pages, "paper": [size.width(), size.height()], "texts": texts,
        "shown": [node.layerId() for node in project.layerTreeRoot().findLayers() if node.isVisible()],
        "groups": [group.name() for group in project.layerTreeRoot().findGroups()],
    }))  # fmt: skip


application = QgsApplication([], False)
application.initQgis()
main(sys.argv[1], sys.argv[2])
sys.stdout.flush()
os._exit(0)  # QGIS may crash when it is taken down
