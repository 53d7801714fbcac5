"""A country of four zones, small enough to work by hand; its steps go through the same factory as the real ones."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace

import dagster as dg
import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from indicators.catalogue import Catalogue
from indicators.errors import ConfigError
from localities.settings import Settings
from pipelines.definitions import build_definitions
from pipelines.defs.resources import Work
from pipelines.folders import Home
from pipelines.run.workspace import Workspace
from pipelines.sources.declarations import Source
from pipelines.steps.step import Context, Step, step

ZONES = ("S01990001", "S01990002", "S01990003", "S01990004")


@step(group="geography", sources=("zone-list",), kinds=("geopandas",))
def zones(context: Context) -> gpd.GeoDataFrame:
    """Four square kilometres in a row; residents are what the file says."""
    people = pd.read_csv(context.files["zone-list"])
    shapes = [box(1000 * at, 0, 1000 * (at + 1), 1000) for at in range(len(people))]
    return gpd.GeoDataFrame(
        {
            "zone_code": people["zone"],
            "zone_name": people["zone"],
            "vintage": "2011",
            "population": people["residents"],
            "population_source_id": "zone-list",
            "population_period": "2021",
            "census_population": people["residents"],
            "census_household_population": people["residents"],
            "cpp_code": ["S12990001"] * 2 + ["S12990002"] * 2,
            "cpp_name": ["North Skerry"] * 2 + ["Sgeir a' Deas"] * 2,
            "cpp_slug": ["north-skerry"] * 2 + ["sgeir-a-deas"] * 2,
            "intermediate_zone_code": ["S02990001"] * 2 + ["S02990002"] * 2,
            "intermediate_zone_name": "Skerry",
            "ward_code": "S13990001",
            "ward_name": "Skerries",
            "travel_to_work_area_code": None,
            "travel_to_work_area_name": None,
            "urban_rural_8_code": 6,
            "urban_rural_8_name": "Remote small towns",
            "centroid_x": [1000.0 * at + 500 for at in range(4)],
            "centroid_y": 500.0,
            "area_m2": 1e6,
            "perimeter_m": 4000.0,
        },
        geometry=shapes,
        crs="EPSG:27700",
    )


@step(group="geography", kinds=("shapely",), spatial_inputs=("zones",))
def adjacency(context: Context, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Each zone touches the next; the second file may claim a neighbour that is not there."""
    pairs = list(itertools.pairwise(ZONES))
    if (zones["population"] == 13).any():
        pairs.append((ZONES[3], "S01999999"))
    rows = [(a, b, 1000.0, False) for a, b in pairs] + [(b, a, 1000.0, False) for a, b in pairs]
    found = pd.DataFrame(rows, columns=["zone_code", "neighbour_code", "shared_border_m", "is_link"])
    return found.assign(link_kind=None, barrier=None).astype({"link_kind": "str", "barrier": "str"})


@step(
    group="candidates", outputs=("candidate_localities", "membership"), settings=("limit",), kinds=("geopandas",),
    spatial_inputs=("zones",),
)  # fmt: skip
def candidate_localities(context: Context, zones: gpd.GeoDataFrame, adjacency: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Two localities of two zones each."""
    drawn = zones.dissolve(
        "intermediate_zone_code", aggfunc={"population": "sum", "cpp_code": "first", "cpp_name": "first"}
    )
    ids = "intermediate_zones:" + drawn.index.to_series()
    limit = context.settings.limit
    places = drawn.reset_index(drop=True).assign(
        locality_id=ids.to_numpy(),
        candidate_set="intermediate_zones",
        locality_name="Skerry",
        is_within_limit=(drawn["population"] < limit).to_numpy(),
        zone_count=2,
        is_contiguous=True,
        alternative_names=None,
        compactness=0.698,
        fit=1.0,
        drawn_from=None,
        based_on=None,
        based_on_since=None,
    )
    members = pd.DataFrame(
        {
            "locality_id": "intermediate_zones:" + zones["intermediate_zone_code"],
            "candidate_set": "intermediate_zones",
            "zone_code": zones["zone_code"],
            # an empty zone conserves residents at any weight, so that only the declared bounds can refuse this one
            "weight": [1.0, 1.0, 1.0, 7.0 if (zones["population"] == 0).any() else 1.0],
            "exact_share": 0.0,
        }
    )
    return {"candidate_localities": places, "membership": members}


@step(group="sources", sources=("zone-list",))
def sources(context: Context) -> pd.DataFrame:
    """Where the file came from."""
    return context.provenance


STEPS: tuple[Step, ...] = (sources, zones, adjacency, candidate_localities)


@dataclass
class Small:
    """The country: its working folder, the mirror that serves it, its definitions, and what was published."""

    workspace: Workspace
    mirror: Path
    instance: dg.DagsterInstance
    published: list[dict] = field(default_factory=list)
    is_mistyped: bool = False

    def offer(self, residents: tuple[int, ...] = (900, 800, 700, 600), text: str | None = None) -> None:
        """Put another file into the mirror."""
        rows = "".join(f"{zone},{people}\n" for zone, people in zip(ZONES, residents, strict=True))
        path = self.mirror / "zone-list" / "zones.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"zone,residents\n{rows}" if text is None else text, encoding="utf-8")

    @property
    def definitions(self) -> dg.Definitions:
        """Built anew from what is declared."""
        return build_definitions(work=self.work())

    def work(self, **given: object) -> Work:
        """The resource of a run, on the workspace as it is when the run starts."""
        country = self

        class OfTheSkerries(Work):
            def open(self, *, with_settings: bool = True) -> Workspace:
                if with_settings and country.is_mistyped:
                    raise ConfigError("The settings file is wrong at alhpa.")
                return country.workspace

        return OfTheSkerries(home=str(self.workspace.home.root), **given)

    def execute(self, job: str, *, only: list[str] | None = None, config: dict | None = None, succeeds: bool = True):
        """Run a job, or part of it, as the daemon would."""
        done = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(one) for one in only] if only else None,
            run_config=config,
            raise_on_error=False,
        )
        assert done.success is succeeds, [event.message for event in done.all_events if event.is_failure]
        return done

    def versions(self) -> dict[str, str]:
        """The current version of every table."""
        return {table: one.version for table, one in self.workspace.store.manifests().items()}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    source = Source(
        id="zone-list",
        title="Zones of the skerries",
        publisher="Nobody",
        landing_page="https://example.org/zones",
        addresses=(),
        file_name="zones.csv",
        folder="zone-list",
        format="csv",
        licence="MIT",
        attribution="Made up",
        vintage="2011",
        update="rolling",
        encoding="utf-8",
        requires_columns=("zone", "residents"),
    )
    workspace = Workspace(
        home=Home(tmp_path / "home"),
        settings=Settings(),
        catalogue=Catalogue(()),
        steps=STEPS,
        sources={"zone-list": source},
        mirror=tmp_path / "mirror",
        is_fictional=True,
    )
    with dg.DagsterInstance.ephemeral() as instance:
        country = Small(workspace, tmp_path / "mirror", instance)
        country.offer()

        def publish(workspace: Workspace, **asked: object) -> list[SimpleNamespace]:
            country.published.append(asked)
            path = workspace.home.publications / "north-skerry.gpkg"
            return [SimpleNamespace(name="North Skerry", path=path, status="written", note="", sha256="ab" * 32)]

        double = ModuleType("pipelines.run.publish")
        double.publish = publish  # type: ignore[attr-defined]
        double.made_by = lambda: "this code"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "pipelines.run.publish", double)
        yield country
