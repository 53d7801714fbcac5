"""A country of two partnerships and six square zones, small enough to check every cell by eye.

"O'Neil's Isle" has four zones (one without residents) in two intermediate zones, "Mòr & Beag" has two in one. Each zone
is a square kilometre. Locality A of O'Neil's Isle is flagged; B has a suppressed count; C is not poorer.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, box

from indicators.catalogue import Catalogue
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from localities.settings import Settings
from pipelines.folders import Home
from pipelines.run.publish import publish
from pipelines.run.workspace import Workspace
from pipelines.storage.store import Store

A, B, C = "intermediate_zones:S02990001", "intermediate_zones:S02990002", "intermediate_zones:S02990003"
CPPS = {"S12990001": "O'Neil's Isle", "S12990002": "Mòr & Beag"}


def _zones() -> gpd.GeoDataFrame:
    rows = []
    people = (700, 650, 0, 800, 900, 750)
    parents = ("S02990001", "S02990001", "S02990002", "S02990002", "S02990003", "S02990003")
    for number, (population, parent) in enumerate(zip(people, parents, strict=True)):
        code = "S12990001" if number < 4 else "S12990002"
        rows.append(
            {
                "zone_code": f"S0199000{number + 1}",
                "zone_name": f"Zone {number + 1}",
                "vintage": "2011",
                "population": population,
                "population_source_id": "made-up",
                "population_period": "2021-06-30",
                "census_population": population,
                "census_household_population": population,
                "cpp_code": code,
                "cpp_name": CPPS[code],
                "cpp_slug": "oneils-isle" if number < 4 else "mor-and-beag",
                "intermediate_zone_code": parent,
                "intermediate_zone_name": f"Parent {parent[-1]}",
                "ward_code": "S13990001",
                "ward_name": "Ward",
                "travel_to_work_area_code": None,
                "travel_to_work_area_name": None,
                "urban_rural_8_code": 8,
                "urban_rural_8_name": "Very remote rural",
                "centroid_x": 500.0 + 1000 * number,
                "centroid_y": 500.0,
                "area_m2": 1e6,
                "perimeter_m": 4000.0,
                "geometry": box(1000 * number, 0, 1000 * (number + 1), 1000),
            }
        )
    return gpd.GeoDataFrame(rows, crs="EPSG:27700")


def _localities(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    dissolved = zones.dissolve("intermediate_zone_code", aggfunc={"population": "sum", "cpp_code": "first"})
    rows = []
    for code, zone in dissolved.iterrows():
        rows.append(
            {
                "locality_id": f"intermediate_zones:{code}",
                "candidate_set": "intermediate_zones",
                "locality_name": {"S02990001": "St Colm's", "S02990002": "The Holm"}.get(str(code), "Beag"),
                "cpp_code": zone["cpp_code"],
                "cpp_name": CPPS[zone["cpp_code"]],
                "population": zone["population"],
                "is_within_limit": True,
                "zone_count": 2,
                "is_contiguous": True,
                "alternative_names": None,
                "compactness": 0.7,
                "fit": 1.0,
                "drawn_from": None,
                # one of them in two parts, as islands are
                "geometry": MultiPolygon([box(4000, 0, 5000, 1000), box(5000, 0, 6000, 900)])
                if code == "S02990003"
                else zone["geometry"],
            }
        )
    return gpd.GeoDataFrame(rows, crs="EPSG:27700")


def _findings() -> tuple[pd.DataFrame, pd.DataFrame]:
    # income deprivation: A 324 of 1,350 = 24 %; C 165 of 1,650 = 10 %; B suppressed
    values = {A: (324.0, 1350.0, 24.0, 21.8, 26.3), B: (None,) * 5, C: (165.0, 1650.0, 10.0, 8.6, 11.5)}
    estimates, findings = [], []
    for period, is_headline in (("2016", False), ("2017", True)):
        for locality, (numerator, denominator, value, lower, upper) in values.items():
            estimates.append(
                {
                    "locality_id": locality,
                    "indicator_id": "income",
                    "period": period,
                    "is_headline_period": is_headline,
                    "numerator": numerator,
                    "denominator": denominator,
                    "value": value,
                    "lower_ci": lower,
                    "upper_ci": upper,
                    "ci_method": "Wilson",
                    "confidence": 0.95,
                    "coverage": 0.0 if value is None else 1.0,
                    "effective_n": denominator,
                    "status": "suppressed" if value is None else "observed",
                    "source_id": "made-up",
                }
            )
            for comparator in ("scotland", "cpp"):
                rest = {A: 10.0, B: 12.0, C: 24.0}[locality] + (0.5 if comparator == "cpp" else 0.0)
                findings.append(
                    {name: None for name in TABLES["findings"].columns}
                    | {
                        "locality_id": locality,
                        "indicator_id": "income",
                        "period": period,
                        "comparator": comparator,
                        "is_headline_period": is_headline,
                        "comparator_value": rest,
                        "whole_area_value": rest,
                        # 24.0 - 10.5 and 24.0 - 10.0, 10.0 - 24.5 and 10.0 - 24.0; limits 2.25 to each side
                        "difference": None if value is None else value - rest,
                        "difference_lower_ci": None if value is None else value - rest - 2.25,
                        "difference_upper_ci": None if value is None else value - rest + 2.25,
                        "p_value": None if value is None else 0.001,
                        "q_important": None if value is None else 0.002,
                        "null_model": "none" if value is None else "sampling",
                        "test_method": "none" if value is None else "score",
                        "depth": None if value is None else (2.5 if locality == A else -2.0),
                        "significance": {A: "poorer", B: "not_assessed", C: "better"}[locality],
                        "reason": "the count is suppressed" if locality == B else None,
                    }
                )
    return pd.DataFrame(estimates), pd.DataFrame(findings)


def _verdicts(localities: gpd.GeoDataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(localities[["locality_id", "candidate_set", "locality_name", "cpp_code", "cpp_name"]])
    told = {
        A: ("strong_evidence", 1, 1, "Income", "both"),
        B: ("insufficient_evidence", 0, 0, None, "none"),
        C: ("no_evidence", 1, 0, None, "none"),
    }
    for number, name in enumerate(("verdict", "domains_assessed", "domains_poorer", "poorer_domains", "basis")):
        frame[name] = [told[one][number] for one in frame["locality_id"]]
    frame["verdict_cpp"] = frame["verdict_scotland"] = frame["verdict_same_kind"] = frame["verdict"]
    frame["answer"] = frame["verdict"].replace("strong_evidence", "poorer_than_both")
    frame["verdict_access"] = "not_assessed"
    frame["access_poorer"] = frame["access_assessed"] = 0
    for name in ("evidence_from", "evidence_to"):
        frame[name] = pd.Timestamp(2017, 12, 31)
    for code in ("cpp", "scotland"):
        for word in ("poorer", "slightly", "better"):
            frame[f"{word}_votes_{code}"] = frame["poorer_domains"] if word == "poorer" else None
        frame[f"holds_up_to_{code}"] = None
    for name in ("holds_up_to", "hangs_on", "would_flag", "poorer_votes_same_kind"):
        frame[name] = None
    frame["special_zones"] = 0
    frame["holds_without_special_zones"] = True
    frame["domains_slightly_poorer"] = 0
    frame["effective_domains"] = 1.0
    frame["people_in_need"] = [324.0, None, 165.0]
    frame["people_in_need_indicator"] = "income"
    frame["depth"] = [2.5, None, -2.0]
    frame["is_flagged"] = frame["verdict"] == "strong_evidence"
    frame["priority_rank"] = [1, 2, 1]
    frame["stability"] = [1.0, None, 0.9]
    frame["reason"] = ["One domain.", "Too little.", "None."]
    return frame


def _reach() -> pd.DataFrame:
    # O'Neil's Isle: 324 of 324 known people in need live among 1,350 of 2,150 residents; Mòr & Beag flags nothing
    isle = {
        "locality_count": 2,
        "flagged_count": 1,
        "population": 2150,
        "is_recommended": True,
        "is_proposed": False,
        "residents_in_scope": 1350.0,
        "share_of_residents": 1350 / 2150,
        "people_in_need": 324.0,
        "need_reached": 324.0,
        "share_of_need": 1.0,
        "need_per_100_in": 24.0,
        "need_per_100_out": 0.0,
        "lift": 800 / 2150,
        "need_missed": 0.0,
        "reason": "Recommended: of the sets that qualify, it gains most.",
    }
    beag = {
        "locality_count": 1,
        "flagged_count": 0,
        "population": 1650,
        "is_recommended": False,
        "is_proposed": True,
        "residents_in_scope": 0.0,
        "share_of_residents": 0.0,
        "people_in_need": 165.0,
        "need_reached": 0.0,
        "share_of_need": 0.0,
        "need_per_100_in": None,
        "need_per_100_out": 10.0,
        "lift": 0.0,
        "need_missed": 165.0,
        "missed_where": "Parent 3 (165)",
        "reason": "Not recommended: it flags no locality here.",
    }
    for one in (isle, beag):
        for code in ("scotland", "cpp"):
            for name in ("flagged_count", "share_of_need", "share_of_residents"):
                one[f"{name}_{code}"] = one[name]
    both = {
        "candidate_set": "intermediate_zones",
        "counted_against": "scotland",
        "share_covered": 1.0,
        "share_overlapping": 0.0,
        "fit": 1.0,
        "people_in_need_indicator": "income",
        "share_within_limit": 1.0,
        "share_modelled": 0.0,
        "evidence_from": pd.Timestamp("2017-12-31"),
        "evidence_to": pd.Timestamp("2017-12-31"),
    }
    named = [{"cpp_code": code, "cpp_name": name} for code, name in CPPS.items()]
    return pd.DataFrame([both | one | here for one, here in zip(named, (isle, beag), strict=True)])


def _indicators() -> pd.DataFrame:
    row = {
        "indicator_id": "income",
        "indicator_title": "Income deprived people",
        "definition": "People who receive low-income benefits, among residents",
        "domain": "Income",
        "vote": "income_and_work",
        "role": "outcome",
        "kind": "proportion",
        "unit": "% of residents",
        "multiplier": 100.0,
        "poorer_is": "higher",
        "smallest_important_difference": 1.5,
        "smallest_important_difference_scale": "odds",
        "national_outcome": "We tackle poverty",
        "source_id": "made-up",
        "is_approximate": False,
        "caveats": None,
    }
    return pd.DataFrame([row])


def made_up_source() -> pd.DataFrame:
    row = {
        "source_id": "made-up",
        "title": "Made-up figures & more",
        "publisher": "Nobody",
        "landing_page": "https://example.org/",
        "address_used": "https://example.org/figures.csv",
        "licence": "Open Government Licence v3.0",
        "attribution": "Contains made-up data <2020>",
        "source_vintage": "2011",
        "sha256": "0" * 64,
        "retrieved_at": "2026-01-01T00:00:00+00:00",
        "rows": 6,
        "is_stale": False,
        "note": None,
        "is_fictional": True,
    }
    return pd.DataFrame([row])


def fill(store: Store) -> None:
    """Write every table into a store."""
    zones = _zones()
    localities = _localities(zones)
    estimates, findings = _findings()
    membership = pd.DataFrame(
        {
            "locality_id": "intermediate_zones:" + zones["intermediate_zone_code"],
            "candidate_set": "intermediate_zones",
            "zone_code": zones["zone_code"],
            "weight": 1.0,
            "exact_share": 0.0,
        }
    )
    observations = pd.DataFrame(
        {
            "indicator_id": "income",
            "area_code": zones["zone_code"],
            "area_type": "data_zone",
            "vintage": "2011",
            "period_start": pd.Timestamp("2017-01-01"),
            "period_end": pd.Timestamp("2017-12-31"),
            "period": "2017",
            "numerator": [168.0, 156.0, 0.0, None, 90.0, 75.0],
            "denominator": [700.0, 650.0, 0.0, None, 900.0, 750.0],
            "value": [24.0, 24.0, None, None, 10.0, 10.0],
            "status": ["observed", "observed", "not_applicable", "suppressed", "observed", "observed"],
            "is_summable": False,
            "is_lost": False,
            "is_remainder": False,
            "open_by": 0.0,
            "source_id": "made-up",
        }
    )
    adjacency = pd.DataFrame(
        {
            "zone_code": ["S01990001", "S01990002"],
            "neighbour_code": ["S01990002", "S01990001"],
            "shared_border_m": 1000.0,
            "is_link": False,
            "link_kind": None,
            "barrier": None,
        }
    ).astype({"link_kind": "str", "barrier": "str"})
    for name, frame in {
        "sources": made_up_source(),
        "zones": zones,
        "adjacency": adjacency,
        "indicators": _indicators(),
        "observations": observations,
        "candidate_localities": localities,
        "membership": membership,
        "estimates": estimates,
        "findings": findings,
        "verdicts": _verdicts(localities),
        "reach": _reach(),
    }.items():
        # columns that may be missing need not be listed above
        for column in TABLES[name].columns:
            if column not in frame.columns and FIELDS[column].nullable:
                frame[column] = None
        store.write(name, frame, code_version="1", configuration=Settings().to_dict())


def made_with(workspace: Workspace, **settings: object) -> None:
    """Write every table again, as made with other settings."""
    for table, manifest in workspace.store.manifests().items():
        workspace.store.write(
            table,
            workspace.store.read(table),
            inputs=manifest.inputs,
            sources=manifest.sources,
            code_version="2",
            configuration={**manifest.configuration, **settings},
        )


def _workspace(home: Path) -> Workspace:
    return Workspace(
        home=Home(home),
        settings=Settings(publications=("geopackage",)),
        catalogue=Catalogue(()),
        steps=(),
        sources={},
        mirror=None,
        is_fictional=True,
    )


@pytest.fixture
def workspace(tmp_path: Path, filled) -> Workspace:
    """A working folder whose store holds the country of two partnerships; of these it publishes GeoPackages alone."""
    filled(fill, tmp_path / "home")
    return _workspace(tmp_path / "home")


@pytest.fixture
def publishing(workspace: Workspace) -> Workspace:
    """The same working folder, publishing everything that there is but copies by edition: test_edition_copy.py's."""
    return replace(workspace, settings=Settings(publications=("geopackage", "workbook", "explorer")))


@pytest.fixture(scope="session")
def _geopackages(tmp_path_factory: pytest.TempPathFactory, filled) -> Path:
    home = tmp_path_factory.mktemp("geopackages") / "home"
    filled(fill, home)
    publish(_workspace(home))
    return home


@pytest.fixture
def already(tmp_path: Path, _geopackages: Path) -> Workspace:
    """The working folder after it published its GeoPackages."""
    shutil.copytree(_geopackages, tmp_path / "home")
    return _workspace(tmp_path / "home")


@pytest.fixture(scope="session")
def country_at(filled) -> Callable[[Path], Workspace]:
    """Make a working folder of the same country that publishes everything, for more than one test."""

    def make(home: Path) -> Workspace:
        filled(fill, home)
        return replace(_workspace(home), settings=Settings())

    return make


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, country_at) -> Workspace:
    """A working folder of the same country in which everything was published: to read only."""
    made = country_at(tmp_path_factory.mktemp("published"))
    publish(made)
    return made
