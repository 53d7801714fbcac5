"""What is installed: a wheel that works in an empty folder; an editable install that sees a new declaration at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

from pipelines.folders import Home
from pipelines.storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("indicators", "localities", "pipelines", "data/sources", "data/sample", "pyproject.toml", "README.md",
         "LICENSE", "dagster.yaml")  # fmt: skip


@pytest.fixture(scope="module")
def copy_of_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is packaged, so that nothing is written into the checkout."""
    target = tmp_path_factory.mktemp("checkout") / "project"
    for part in PARTS:
        source = ROOT / part
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / part)
    return target


def python(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LOCALITIES_", "PYTHONPATH"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def test_a_wheel_runs_the_sample_in_an_empty_folder_and_gives_the_same_tables_to_the_byte(
    copy_of_checkout: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    built = python(
        "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(copy_of_checkout),
        folder=tmp_path,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr[-2000:]
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    one = "kirkfennie-and-dalmorran"
    ran = python("-m", "pipelines.cli", "run", "--sample", "--json", "--area", one, folder=empty, PYTHONPATH=str(site))
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout)
    made = empty / "sample_run"
    sample_home: Home = request.getfixturevalue("sample_home")  # late: another process may be at it meanwhile
    here, there = (
        {table: one.version for table, one in Store(store).manifests().items() if table != "sources"}  # holds the time
        for store in (sample_home.store, made / "store")
    )
    assert "verdicts" in there
    assert there == here
    files = {path.name for path in (made / "publications").iterdir()}
    assert {f"fictional-{one}{end}" for end in (".gpkg", ".xlsx", " tables.zip", ".html")} <= files
    shown = python("-c", "import pipelines; print(pipelines.__file__)", folder=empty, PYTHONPATH=str(site))
    assert shown.stdout.strip().startswith(str(site))
    _a_councils_own_file_becomes_an_indicator(site, empty, sample_home)


def _a_councils_own_file_becomes_an_indicator(site: Path, empty: Path, sample_home: Home) -> None:
    """From a file of one council's zones to what its indicator would have; the declaration lies in the folder."""
    zones = Store(sample_home.store).read("zones", ["zone_code", "cpp_code", "cpp_slug"])
    own = zones[zones["cpp_slug"] == "kirkfennie-and-dalmorran"]
    lines = [f"{code};{20 + 9 * (number % 9)};400" for number, code in enumerate(own["zone_code"])]
    (empty / "parcels.csv").write_text("\n".join(["Food parcels", "", "Zone;Parcels;Homes", *lines]), encoding="utf-8")

    def localities(*arguments: str) -> str:
        done = python("-m", "pipelines.cli", *arguments, "--sample", folder=empty, PYTHONPATH=str(site))
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    localities("indicators", "add", "parcels.csv", "--id", "parcels", "--source", "parcels")
    folder = empty / "sample_run" / "declarations"
    decided = {
        "title": "Food parcels", "definition": "Households given a food parcel, among all.", "domain": "Poverty",
        "role": "outcome", "unit": "% of households", "poorer_is": "higher", "smallest_important_difference": 1.25,
        "national_outcome": "Poverty", "numerator": "households helped", "denominator": "households", "caveats": "",
        "publisher": "A council", "attribution": "A council",
    }  # fmt: skip
    for path in (folder / "indicators" / "parcels.yaml", folder / "sources" / "parcels.yaml"):
        draft = yaml.safe_load(path.read_text(encoding="utf-8"))
        draft |= {key: value for key, value in decided.items() if key in draft}
        if "columns" in draft:
            assert draft["covers"] == own["cpp_code"].unique().tolist()
            draft["columns"] |= {"numerator": ["Parcels"], "denominator": ["Homes"], "period": "2024"}
        path.write_text(yaml.safe_dump(draft), encoding="utf-8")
    localities("sources", "add-file", "parcels", "parcels.csv")
    (tried,) = json.loads(localities("indicators", "check", "parcels", "--json"))["tried"].values()
    assert tried["figures"][0]["observed"] == len(own)
    assert sum(one["assessed_cpp"] for one in tried["findings"]) > 0
    assert sum(one["assessed_scotland"] for one in tried["findings"]) == 0


def test_an_editable_install_sees_a_declaration_added_later(copy_of_checkout: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    inside = sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")})
    scripts = Path(sysconfig.get_path("scripts", vars={"base": str(tmp_path / "venv")}))
    interpreter = next(path for path in scripts.iterdir() if path.name in ("python", "python.exe"))
    # the libraries of the environment that runs the tests, without its own install of the project
    (Path(inside) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    installed = python(
        "-m", "pip", "--python", str(interpreter), "install", "--quiet", "--disable-pip-version-check", "--no-index",
        "--no-deps", "--no-build-isolation", "--editable", str(copy_of_checkout), folder=tmp_path,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr[-2000:]
    folder = copy_of_checkout / "indicators" / "declarations"
    text = (folder / "simd_income.yaml").read_text(encoding="utf-8")
    (folder / "simd_income_again.yaml").write_text(text.replace("id: simd_income", "id: simd_income_again"), "utf-8")
    code = (
        "import indicators.catalogue as c; found = c.load_catalogue(); "
        "print(c.__file__, 'simd_income_again' in found, len(found))"
    )
    asked = subprocess.run(
        [str(interpreter), "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    (folder / "simd_income_again.yaml").unlink()
    assert asked.returncode == 0, asked.stderr[-2000:]
    file, seen, _ = asked.stdout.rsplit(maxsplit=2)
    assert Path(file).is_relative_to(copy_of_checkout)
    assert seen == "True"
