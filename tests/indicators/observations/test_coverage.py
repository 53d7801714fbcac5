"""Whose zones an indicator covers: one council's own data are whole, and what lies outside is no gap."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from indicators.catalogue import Catalogue, Indicator
from indicators.errors import GeographyError, UnreadableSource
from indicators.observations.build import build_observations
from indicators.observations.coverage import BOARDS, councils_of

ZONES = [f"S{1006506 + n:08d}" for n in range(20)]
COUNCILS = ["S12000047"] * 10 + ["S12000036"] * 10
FIFE = ["S12000047"]


@pytest.fixture
def parcels(catalogue: Catalogue) -> Indicator:
    columns = {"area": "DataZone", "numerator": "Parcels", "denominator": "Homes", "period": "2024"}
    return replace(
        catalogue["nrs_children"],
        id="parcels",
        source="parcels",
        reader="mapped_table",
        columns=columns,
        covers=tuple(FIFE),
    )


def built(folder: Path, one: Indicator, zones: list[str]):
    path = folder / "parcels.csv"
    path.write_text("DataZone,Parcels,Homes\n" + "".join(f"{zone},3,10\n" for zone in zones), encoding="utf-8")
    return build_observations({"parcels": path}, Catalogue((one,)), zone_codes=ZONES, zone_councils=COUNCILS)


def test_the_zones_of_the_councils_that_are_covered_are_enough(tmp_path, parcels):
    assert built(tmp_path, parcels, ZONES[:10])["area_code"].tolist() == ZONES[:10]
    with pytest.raises(UnreadableSource, match=r"at least 90% of 20 data zones[\s\S]*declare covers"):
        built(tmp_path, replace(parcels, covers=()), ZONES[:10])


def test_a_file_that_lacks_zones_inside_is_refused_all_the_same(tmp_path, parcels):
    with pytest.raises(UnreadableSource, match="at least 90% of 10 data zones"):
        built(tmp_path, parcels, ZONES[:8])


def test_figures_outside_are_refused(tmp_path, parcels):
    with pytest.raises(GeographyError, match=rf"outside what it covers[\s\S]*{ZONES[10]}"):
        built(tmp_path, parcels, ZONES[:11])


def test_a_council_that_is_not_there_is_refused(tmp_path, parcels):
    with pytest.raises(GeographyError, match="S12000099"):
        built(tmp_path, replace(parcels, covers=("S12000047", "S12000099")), ZONES[:10])


def test_a_health_board_is_its_councils():
    assert councils_of(["S08000022"]) == {"S12000017", "S12000035"}
    councils = [council for group in BOARDS.values() for council in group]
    assert len(councils) == len(set(councils)) == 32
