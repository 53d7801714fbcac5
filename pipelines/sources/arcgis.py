"""Features of an ArcGIS layer, written as the file that a source declares.

Such a layer is asked page by page for GeoJSON, which is in degrees (EPSG:4326) and told apart from an error only by
looking, because errors come with HTTP 200. The number of features is asked first, so that a page that is cut short is
noticed. The declared file's ending says what is written: ``.geojson``, or ``.gpkg`` of multipolygons.

References
----------
Esri, ArcGIS REST APIs: Query (Feature Service/Layer).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.sources.transport import AddressFailed, Client

# services of the Office for National Statistics send at most 2,000; fewer keep an answer small
PAGE_FEATURES = 500


def write_features(
    layer: str,
    target: Path,
    client: Client,
    *,
    fields: str,
    where: str = "1=1",
    progress: Callable[[int, int | None], None] | None = None,
    page_features: int = PAGE_FEATURES,
) -> None:
    """Write the features of a layer to ``target``, in order of the first field.

    Parameters
    ----------
    layer
        Address of the layer, ending in ``/FeatureServer/0`` or the like.
    target
        The file to write, ending in ``.geojson`` or ``.gpkg``.
    client
        How to ask.
    fields
        Names of the wanted columns, separated by commas; the first one names a feature.
    where
        Condition in the service's SQL, such as ``WD25CD LIKE 'S13%'``.
    progress
        Called with the number of features so far and in all.
    page_features
        Features to ask for in one page.

    Raises
    ------
    AddressFailed
        If the service answers with an error, has no such feature, or stops before the number that it said.
    """
    names = [name.strip() for name in fields.split(",")]
    asked = {"where": where, "f": "json"}
    total = _answer(client, layer, asked | {"returnCountOnly": "true"}, "count")
    if not isinstance(total, int) or total < 1:
        raise AddressFailed(f"the layer has {total!r} features where {where}", unreadable=True)
    asked |= {"f": "geojson", "outFields": ",".join(names), "outSR": "4326", "orderByFields": names[0]}
    features: list[dict[str, Any]] = []
    while len(features) < total:
        part = {"resultOffset": str(len(features)), "resultRecordCount": str(page_features)}
        page = _answer(client, layer, asked | part, "features")
        if not isinstance(page, list) or not page:
            raise AddressFailed(f"the layer ends after {len(features):,} of {total:,} features", unreadable=True)
        features += page
        if progress is not None:
            progress(len(features), total)
    if len(features) != total:
        raise AddressFailed(f"the layer has {len(features):,} features where {total:,} were said", unreadable=True)
    _write([_only(feature, names) for feature in features], target)


def _answer(client: Client, layer: str, params: dict[str, str], key: str) -> Any:
    answer = client.get_json(f"{layer}/query", params)
    if not isinstance(answer, dict) or key not in answer:
        error = answer.get("error") if isinstance(answer, dict) else None
        raise AddressFailed(f"the service answers without {key}, with the error: {error}", unreadable=True)
    return answer[key]


def _only(feature: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return a feature with its wanted columns alone: row numbers differ from one day to the next."""
    try:
        properties = {name: feature["properties"][name] for name in names}
        return {"type": "Feature", "properties": properties, "geometry": feature["geometry"]}
    except (KeyError, TypeError) as error:
        raise AddressFailed(f"a feature lacks {error}", unreadable=True) from error


def _write(features: list[dict[str, Any]], target: Path) -> None:
    if target.suffix == ".geojson":
        whole = {"type": "FeatureCollection", "features": features}
        target.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8", newline="\n")
        return
    if target.suffix != ".gpkg":
        raise AddressFailed(f"features cannot be written as {target.suffix or 'a file without ending'}")
    import geopandas as gpd

    from localities.publishing.geopackage import steady_gdal

    # steady: the same features are the same bytes, so that a new version is one whose content is new
    with steady_gdal():
        frame = gpd.GeoDataFrame.from_features(features, crs="EPSG:4326")
        frame.to_file(target, driver="GPKG", layer=target.stem, engine="pyogrio", promote_to_multi=True)
