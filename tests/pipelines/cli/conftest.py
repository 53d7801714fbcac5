"""A working folder with a small store made by hand, and a way to run the command line in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES
from pipelines.cli import app
from pipelines.storage.store import Store

EDINBURGH = {"cpp_code": "S12000036", "cpp_name": "City of Edinburgh", "cpp_slug": "city-of-edinburgh"}
ISLES = {"cpp_code": "S12000013", "cpp_name": "Na h-Eileanan Siar", "cpp_slug": "na-h-eileanan-siar"}


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document: fails if anything else is there."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Everything that was said, on one line, without the frames of tables and messages."""
        text = "".join(letter if letter not in "│╭╮╰╯─|+" else " " for letter in self.out + self.err)
        return " ".join(text.split())


@pytest.fixture
def localities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run the command line in a working folder of its own."""
    monkeypatch.setenv("LOCALITIES_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LOCALITIES_MIRROR", raising=False)
    monkeypatch.delenv("LOCALITIES_TRACEBACK", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: object) -> Ran:
        result = CliRunner().invoke(app, [str(one) for one in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


def _row(table: str, **given: object) -> dict[str, object]:
    """Return a row of a table: what is given, and for the rest the plainest value that is allowed."""
    plain: dict[str, object] = {}
    for name in TABLES[table].columns:
        field = FIELDS[name]
        if name in given or name == "geometry":
            plain[name] = given.get(name)
        elif field.nullable:
            plain[name] = None
        elif field.dtype == "boolean":
            plain[name] = False
        elif field.dtype in ("integer", "number"):
            plain[name] = field.minimum or 0
        elif field.dtype == "date":
            plain[name] = pd.Timestamp("2020-01-01").date()
        else:
            plain[name] = field.allowed[0] if field.allowed else "-"
    unknown = set(given) - set(plain)
    assert not unknown, f"{table} has no {unknown}"
    return plain


def _write(store: Store, table: str, rows: list[dict[str, object]]) -> None:
    frame = pd.DataFrame([_row(table, **row) for row in rows])
    if TABLES[table].is_spatial:
        square = shapely.box(0, 0, 1000, 1000)
        frame = gpd.GeoDataFrame(frame.assign(geometry=[square] * len(frame)), crs="EPSG:27700")
    store.write(table, frame)


# Four localities: two of them with one name, in different sets; one long name; one with Gaelic letters.
PLACES = [
    {"locality_id": "wards:S13002919", "candidate_set": "wards", "locality_name": "Leith", "population": 24_000,
     "is_within_limit": False, "zone_count": 30, "is_contiguous": True, "compactness": 0.41, "fit": 0.97, **EDINBURGH},
    {"locality_id": "intermediate_zones:S02001665", "candidate_set": "intermediate_zones", "locality_name": "Leith",
     "population": 4_100, "is_within_limit": True, "zone_count": 5, "is_contiguous": True, "compactness": 0.6,
     "fit": 1.0, **EDINBURGH},
    {"locality_id": "wards:S13002928", "candidate_set": "wards",
     "locality_name": "Colinton/Fairmilehead and the Long Village at the Foot of the Hill", "population": 9_999,
     "is_within_limit": True, "zone_count": 12, "is_contiguous": True, "compactness": 0.3, "fit": 0.9, **EDINBURGH},
    {"locality_id": "wards:S13002999", "candidate_set": "wards", "locality_name": "Barraigh agus Bhatarsaigh’s Mòr ŵ",
     "population": 1_300, "is_within_limit": True, "zone_count": 2, "is_contiguous": False, "compactness": 0.2,
     "fit": 1.0, **ISLES},
]  # fmt: skip


def _without_slug(place: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in place.items() if name != "cpp_slug"}


def _leith(store: Store) -> None:
    _write(store, "zones", [{"zone_code": "S01008000", **EDINBURGH, "vintage": "2011", "ward_code": "S13002919",
                             "intermediate_zone_code": "S02001665"},
                            {"zone_code": "S01008001", **ISLES, "vintage": "2011", "ward_code": "S13002999",
                             "intermediate_zone_code": "S02001666"}])  # fmt: skip
    _write(store, "candidate_localities", [_without_slug(place) for place in PLACES])
    verdicts = []
    for rank, place in enumerate(PLACES, 1):
        is_flagged = place["locality_id"] == "wards:S13002919"
        named = {
            name: place[name] for name in ("locality_id", "candidate_set", "locality_name", "cpp_code", "cpp_name")
        }
        verdicts.append(
            named
            | {
                "cpp_name": place["cpp_name"],
                "verdict": "strong_evidence" if is_flagged else "no_evidence",
                "verdict_scotland": "strong_evidence" if is_flagged else "no_evidence",
                "verdict_cpp": "strong_evidence" if is_flagged else "no_evidence",
                "answer": "poorer_than_both" if is_flagged else "no_evidence",
                "poorer_votes_scotland": "income and work" if is_flagged else None,
                "holds_up_to": 1.5 if is_flagged else None,
                "is_flagged": is_flagged,
                "basis": "both" if is_flagged else "none",
                "domains_assessed": 5,
                "domains_poorer": 3 if is_flagged else 0,
                "poorer_domains": "income and work" if is_flagged else None,
                "people_in_need": 5_040.0 if is_flagged else 100.0,
                "priority_rank": rank,
            }
        )
    _write(store, "verdicts", verdicts)
    estimates, findings = [], []
    for place, share in ((PLACES[0], 21.0), (PLACES[1], 12.0), (PLACES[3], 9.0)):
        for period, is_latest in (("2016", False), ("2017", True)):
            key = {"locality_id": place["locality_id"], "indicator_id": "simd_income", "period": period,
                   "is_headline_period": is_latest}  # fmt: skip
            estimates.append(key | {"value": share, "lower_ci": share - 0.5, "upper_ci": share + 0.5,
                                    "numerator": share * 10, "denominator": 1000.0, "status": "observed"})  # fmt: skip
            for comparator in ("cpp", "scotland"):
                findings.append(
                    key
                    | {
                        "comparator": comparator,
                        "comparator_value": 11.0,
                        "ratio": share / 11.0,
                        "q_important": 1e-12 if share == 21.0 else 0.9,
                        "significance": "poorer" if share == 21.0 else "not_different",
                    }
                )
    crime = {"locality_id": PLACES[0]["locality_id"], "indicator_id": "simd_crime", "period": "2017/18",
             "is_headline_period": True}  # fmt: skip
    estimates.append(crime | {"status": "suppressed"})
    findings.append(crime | {"comparator": "cpp", "significance": "not_assessed", "reason": "suppressed"})
    _write(store, "estimates", estimates)
    _write(store, "findings", findings)


@pytest.fixture
def stored(tmp_path: Path, filled) -> Store:
    """A store in which Leith (ward) is flagged: income 21 % against 11 %, and crime not assessed."""
    return filled(_leith, tmp_path / "home")


@pytest.fixture
def stored_over_time(stored: Store) -> Store:
    """The same store with a gap between fifths in Edinburgh and Scotland, and a trend in Leith and one that is none."""
    gap = {"indicator_id": "cpop_child_poverty", "measure": "fifths_gap", "unit": "% of children under 16"}
    edinburgh = gap | {"area_code": EDINBURGH["cpp_code"], "area_name": EDINBURGH["cpp_name"], "period": "2020/21"}
    latest = {"is_headline_period": True}
    _write(
        stored,
        "inequality",
        [
            edinburgh | {"period": "2019/20", "is_headline_period": False, "value": 17.0},
            edinburgh | latest | {"value": 18.5, "lower_ci": 16.0, "upper_ci": 21.0},
            edinburgh | latest | {"measure": "fifths_ratio", "reason": "no events"},
            gap | {"area_code": "S92000003", "area_name": "Scotland", "period": "2020/21", "is_headline_period": True,
                   "value": 20.25},
        ],
    )  # fmt: skip
    _write(
        stored,
        "trends",
        [
            {"locality_id": "wards:S13002919", "indicator_id": "cpop_child_poverty", "first_period": "2014/15",
             "last_period": "2020/21", "period_count": 7, "change": -2.5, "change_lower_ci": -3.5,
             "change_upper_ci": -1.5, "annual_change_pct": -2.1, "trend_direction": "improving",
             "trend_status": "trend", "projected_3": 14.0, "projected_3_lower": 12.0, "projected_3_upper": 16.0},
            {"locality_id": "wards:S13002999", "indicator_id": "cpop_child_poverty", "period_count": 0,
             "trend_direction": "not_assessed", "trend_status": "not_assessed", "reason": "too few children"},
        ],
    )  # fmt: skip
    return stored


@pytest.fixture
def stored_progress(stored: Store) -> Store:
    """The same store with the progress of Edinburgh, which worsens, and of Leith, which goes the other way."""
    years = {"indicator_id": "cpop_child_poverty", "first_period": "2018/19", "last_period": "2019/20",
             "period_count": 2, "change_against_rest_scale": "percent", "change_method": "MOVER"}  # fmt: skip
    _write(
        stored,
        "progress",
        [
            years | {"area_id": "wards:S13002928", "candidate_set": "wards", "first_value": 10.0, "last_value": 10.5,
                     "change": 0.5, "change_direction": "no_clear_change", "wider_direction": "worsening",
                     "ground": "no_clear_difference"},
            years | {"area_id": "wards:S13002919", "candidate_set": "wards", "first_value": 24.0, "last_value": 21.0,
                     "change": -3.0, "change_lower_ci": -4.0, "change_upper_ci": -2.0, "rest_change": 1.5,
                     "change_against_rest": -22.5, "change_against_rest_lower_ci": -30.0,
                     "change_against_rest_upper_ci": -14.0, "change_direction": "improving",
                     "wider_direction": "worsening", "ground": "gaining_ground", "is_against_the_trend": True},
            years | {"area_id": EDINBURGH["cpp_code"], "candidate_set": "cpp", "first_value": 12.0, "last_value": 13.0,
                     "change": 1.0, "change_direction": "worsening", "wider_direction": "no_clear_change",
                     "ground": "losing_ground"},
            years | {"area_id": "wards:S13002999", "candidate_set": "wards", "first_period": None,
                     "last_period": None, "period_count": 0, "change_direction": "not_assessed",
                     "wider_direction": "not_assessed", "ground": "not_assessed", "reason": "too few children"},
        ],
    )  # fmt: skip
    return stored


def _wards(store: Store) -> None:
    estimates, findings, zones, places, members = [], [], [], [], []
    for share in range(1, 46):
        zone, locality = f"S010080{share:02d}", f"wards:{share:02d}"
        area = {"vintage": "2011", "ward_code": "S13002919", "intermediate_zone_code": "S02001665"}
        zones.append(area | {"zone_code": zone, "population": 1000, "urban_rural_8_code": 1, **EDINBURGH})
        name = "Leith" if share == 45 else f"Ward {share}"
        key = {"locality_id": locality, "candidate_set": "wards"}
        places.append(key | {"locality_name": name, "population": 1000} | _without_slug(EDINBURGH))
        members.append(key | {"zone_code": zone, "weight": 1.0, "exact_share": 0.0})
        latest = {"locality_id": locality, "indicator_id": "simd_income", "period": "2017", "is_headline_period": True}
        estimates.append(latest | {"value": float(share), "lower_ci": share - 0.5, "upper_ci": share + 0.5,
                                   "status": "observed"})  # fmt: skip
        findings.append(latest | {"comparator": "cpp", "comparator_value": 11.0})
    leith = {"locality_id": "wards:45", "is_headline_period": True}
    poverty = leith | {"indicator_id": "cpop_child_poverty", "period": "2020/21"}
    crime = leith | {"indicator_id": "simd_crime", "period": "2017/18"}
    estimates += [poverty | {"value": 30.0, "status": "observed"}, crime | {"status": "suppressed"}]
    findings.append(poverty | {"comparator": "cpp", "significance": "not_assessed", "reason": "too few children"})
    ahead = {1: 44.0, 3: 42.0, 10: 46.0}
    limits = {f"projected_{n}{end}": value + more for n, value in ahead.items()
              for end, more in (("", 0.0), ("_lower", -1.0 * n), ("_upper", 2.0 * n))}  # fmt: skip
    trend = {"locality_id": "wards:45", "first_period": "2015", "period_count": 3, "trend_status": "trend", **limits}
    _write(store, "zones", zones)
    _write(store, "candidate_localities", places)
    _write(store, "membership", members)
    _write(store, "estimates", estimates)
    _write(store, "findings", findings)
    _write(
        store,
        "trends",
        [
            trend | {"indicator_id": "simd_income", "last_period": "2017"},
            trend | {"indicator_id": "cpop_child_poverty", "last_period": "2018/19"},
        ],
    )


@pytest.fixture
def stored_targets(tmp_path: Path, filled) -> Store:
    """45 wards of 1,000 residents, of whom 1 to 45 % are income deprived; Leith is the last, and its trend falls.

    The most deprived fifth are the last nine, 37 to 45 %. Two more outcomes are known of Leith alone: one whose trend
    ends two years early, and one that is suppressed. The other wards have no trend.
    """
    return filled(_wards, tmp_path / "home")


def _two_drawings(store: Store) -> None:
    area = {"vintage": "2011", "ward_code": "S13002919", "intermediate_zone_code": "S02001665"}
    zones = [{"zone_code": f"S0100800{number}", "population": 100 * (number + 1), **EDINBURGH} for number in range(4)]
    _write(store, "zones", [area | one for one in (*zones, {"zone_code": "S01008009", "population": 50, **ISLES})])
    drawn = {"wards:1": ("Leith", "01"), "wards:2": ("Portobello", "23"), "wards:9": ("Barraigh", "9"),
             "sub_council_areas:1": ("The Shore", "0"), "sub_council_areas:2": ("All else", "123")}  # fmt: skip
    places, members = [], []
    for locality, (name, codes) in drawn.items():
        key = {"locality_id": locality, "candidate_set": locality.partition(":")[0]}
        where = ISLES if codes == "9" else EDINBURGH
        places.append(key | {"locality_name": name, "fit": 1.0, "zone_count": len(codes)} | _without_slug(where))
        members += [key | {"zone_code": f"S0100800{one}", "weight": 1.0, "exact_share": 0.0} for one in codes]
    _write(store, "candidate_localities", places)
    _write(store, "membership", members)
    # 120 of 160 people in need live in Leith, where 300 of 1,000 residents do
    edinburgh = _without_slug(EDINBURGH) | {"population": 1000, "people_in_need": 160.0, "locality_count": 2}
    _write(
        store,
        "reach",
        [
            edinburgh | {"candidate_set": "sub_council_areas", "need_missed": 160.0, "share_of_need": 0.0, "lift": 0.0,
                         "reason": "Not recommended: it flags no locality here."},
            edinburgh | {"candidate_set": "wards", "is_recommended": True, "flagged_count": 1, "need_reached": 120.0,
                         "need_missed": 40.0, "share_of_need": 0.75, "share_of_residents": 0.3, "lift": 0.45,
                         "missed_where": "Portobello (40)", "evidence_to": pd.Timestamp("2017-12-31"),
                         "reason": "Recommended: of the sets that qualify, it gains most."},
            _without_slug(ISLES) | {"candidate_set": "wards", "locality_count": 1, "population": 50,
                                    "reason": "Not recommended: it flags no locality here."},
        ],
    )  # fmt: skip


@pytest.fixture
def stored_drawings(tmp_path: Path, filled) -> Store:
    """A store with two ways of drawing four zones of Edinburgh (100 to 400 residents), and what they reach.

    Wards are zones 0 and 1 (Leith, flagged), and 2 and 3; sub-council areas are zone 0, and all others. The Isles have
    a ward and no sub-council area.
    """
    return filled(_two_drawings, tmp_path / "home")
