"""What the page shows of a table, and how the service is stopped when it does not want to."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from indicators.errors import ConfigError
from indicators.schema.tables import TABLES
from pipelines import service as ui
from pipelines.defs.metadata.maps import BLUE, ORANGE, dot_map
from pipelines.defs.metadata.tables import column_schema, headline_counts, markdown_table
from pipelines.folders import Home
from pipelines.sources.declarations import MIRROR_VARIABLE


def _dots(markdown: str) -> list[list[tuple[int, int]]]:
    """Return the pixels of each layer of a map; the image must be well-formed."""
    coded = re.fullmatch(r"!\[[^\]]*\]\(data:image/svg\+xml;base64,([^)]+)\)", markdown)
    assert coded
    root = ElementTree.fromstring(base64.b64decode(coded[1]))
    paths = root.findall("{http://www.w3.org/2000/svg}path")
    return [[(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h0", path.get("d"))] for path in paths]


def test_map_has_north_up_and_keeps_proportions():
    lerwick, edinburgh = (447_000.0, 1_141_000.0), (326_000.0, 674_000.0)
    ((south,), (north,)) = _dots(
        dot_map("Two", [("Edinburgh", BLUE, np.array([edinburgh])), ("Lerwick", ORANGE, np.array([lerwick]))])
    )
    assert north[1] < south[1]
    assert north[0] > south[0]
    # 121 km east and 467 km north
    assert (north[0] - south[0]) / (south[1] - north[1]) == pytest.approx(121 / 467, abs=0.01)


def test_map_draws_places_on_one_pixel_once_but_counts_them_all():
    places = np.array([[0.0, 0.0], [1.0, 1.0], [100_000.0, 100_000.0]])
    markdown = dot_map("Three", [("places", BLUE, places)])
    assert len(_dots(markdown)[0]) == 2
    assert b"places: 3" in base64.b64decode(markdown.split("base64,")[1][:-1])


def test_map_of_nothing_is_nothing():
    assert dot_map("None", [("places", BLUE, np.empty((0, 2)))]) == ""


def test_preview_keeps_missing_apart_from_zero_and_survives_awkward_names():
    frame = pd.DataFrame({"name": ["O'Neill | Partners\nLtd", None], "people": [0.0, np.nan], "since": [pd.NaT] * 2})
    assert markdown_table(frame).splitlines()[2:] == ["| O'Neill \\| Partners Ltd | 0 |  |", "|  |  |  |"]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_shows_its_declared_columns_with_what_they_mean(table):
    columns = column_schema(table).columns
    assert [column.name for column in columns] == list(TABLES[table].columns)
    assert all(column.description for column in columns)


def test_flags_are_counted_by_candidate_set():
    verdicts = pd.DataFrame(
        {
            "candidate_set": ["wards", "wards", "intermediate_zones"],
            "locality_id": ["wards:1", "wards:2", "intermediate_zones:1"],
            "is_flagged": [True, True, False],
            "cpp_code": ["S12990001", "S12990002", "S12990001"],
        }
    )
    said = headline_counts("verdicts", verdicts, {})
    assert (said["flagged in wards"].value, said["flagged in intermediate_zones"].value) == (2, 0)
    assert "| wards | 2 | 2 | 2 |" in said["localities flagged"].value


def test_service_that_ignores_every_request_is_killed(monkeypatch):
    monkeypatch.setattr(ui, "INTERRUPT_SECONDS", 0.5)
    monkeypatch.setattr(ui, "TERMINATE_SECONDS", 0.5)
    deaf = (
        "import signal, time\n"
        "for one in (signal.SIGINT, signal.SIGTERM): signal.signal(one, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True)
    with process:
        assert process.stdout.readline().strip() == b"ready"
        ui.stop(process)
    assert process.returncode == -signal.SIGKILL if hasattr(signal, "SIGKILL") else process.returncode != 0


def test_relative_mirror_is_found_from_another_folder(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(MIRROR_VARIABLE, "shared/mirror")
    named = ui.environment_of(Home(tmp_path), tmp_path / "dagster_home")
    assert Path(named[MIRROR_VARIABLE]) == tmp_path.resolve() / "shared" / "mirror"
    named = ui.environment_of(Home(tmp_path), tmp_path / "dagster_home", mirror="https://example.org/mirror")
    assert named[MIRROR_VARIABLE] == "https://example.org/mirror"


def test_page_without_its_web_server_says_what_to_install(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(ui.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=re.escape("scottish-localities[ui]")):
        ui.start(Home(tmp_path))
