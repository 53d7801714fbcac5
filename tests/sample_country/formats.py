"""Files with the same bytes each time: delimited text, gzip, zip, workbooks, shapefiles and GeoPackages.

Here: containers, without times or anything else of the moment in them. Which columns a publisher's file has is in
`geography_files`, `statistics_files` and `service_files`.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indicators.errors import ConfigError

if TYPE_CHECKING:
    import geopandas as gpd

_STAMP = (2020, 1, 28, 0, 0, 0)
_ISO = "2020-01-28T00:00:00Z"

Row = Sequence[object]


def csv_bytes(rows: Iterable[Row], *, encoding: str = "utf-8", newline: str = "\n", quote_text: bool = False) -> bytes:
    r"""Return rows as comma-separated text; `quote_text` puts every text in quotes, and no number.

    Examples
    --------
    >>> csv_bytes([["Data_Zone", "income_rate"], ["S01990001", "8%"]], encoding="utf-8-sig")
    b'\xef\xbb\xbfData_Zone,income_rate\nS01990001,8%\n'
    """
    text = io.StringIO(newline="")
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if quote_text else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator=newline, quoting=quoting).writerows(rows)
    return text.getvalue().encode(encoding)


def write_gzip(path: Path, content: bytes) -> None:
    """Write gzipped content whose header holds no time and no name."""
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def write_zip(path: Path, members: Mapping[str, bytes]) -> None:
    """Write a zip of members in the order given, all of the same date."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=_STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, content, compresslevel=9)


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Row]]) -> None:
    """Write a workbook with a sheet per name; None is an empty cell.

    Raises
    ------
    ConfigError
        If `openpyxl` is not installed.
    """
    # it would write other bytes through lxml, where that is installed
    os.environ.setdefault("OPENPYXL_LXML", "False")
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise ConfigError(
            "The sample's workbooks cannot be written",
            expected="the package openpyxl, which only the generator needs",
            found="not installed",
            remedy="install the project with its extra `sample`",
        ) from error
    workbook = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    workbook.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    # openpyxl writes the moment of saving among the properties
    core = members["docProps/core.xml"].decode()
    members["docProps/core.xml"] = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _ISO, core).encode()
    write_zip(path, members)


def write_shapefile_zip(path: Path, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Write a zip of one shapefile."""
    with tempfile.TemporaryDirectory() as folder:
        # the header of the attribute table otherwise holds the day
        frame.to_file(Path(folder) / f"{layer}.shp", engine="pyogrio", DBF_DATE_LAST_UPDATE=_ISO[:10])
        parts = sorted(Path(folder).iterdir())
        write_zip(path, {part.name: part.read_bytes() for part in parts})


def write_geopackage(path: Path, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Write a GeoPackage of one layer."""
    with _fixed_date():
        path.unlink(missing_ok=True)
        frame.to_file(path, layer=layer, engine="pyogrio", driver="GPKG")


@contextmanager
def _fixed_date() -> Iterator[None]:
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    # GDAL's own validator wants the milliseconds
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _ISO.replace("Z", ".000Z")})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
