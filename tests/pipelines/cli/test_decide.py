"""Recording, listing and deleting what a partnership decided; and what is refused, with nothing written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from .conftest import PLACES, _write

LEITH = "wards:S13002919"


@pytest.fixture
def decided(stored, tmp_path: Path) -> Path:
    """The folder of decisions of a working folder in which Leith (ward) can be decided on: income 21 % in 2017."""
    _write(
        stored,
        "membership",
        [{"locality_id": one["locality_id"], "candidate_set": one["candidate_set"], "weight": 1.0,
          "zone_code": "S01008001" if one is PLACES[3] else "S01008000"} for one in PLACES],
    )  # fmt: skip
    year = {"indicator_id": "simd_income", "area_type": "data_zone", "vintage": "2011", "period": "2017",
            "period_start": pd.Timestamp("2017-01-01"), "period_end": pd.Timestamp("2017-12-31"), "value": 21.0,
            "status": "observed"}  # fmt: skip
    _write(stored, "observations", [year | {"area_code": "S01008000"}])
    return tmp_path / "home" / "decisions"


def decide(localities, *more: object):
    return localities("decide", LEITH, "--because", "Residents asked for a plan", *more)


def test_a_decision_is_recorded_listed_and_deleted(localities, decided):
    made = decide(localities, "--by", "head of community planning", "-t", "simd_income=15@3", "--on", "2024-05-01")
    assert made.code == 0, made.words
    assert "from 21.0 (20.5 to 21.5; 2017) to 15.0 in 3 years, by 1 May 2027" in made.words
    assert "Strong evidence: poorer than Scotland, and than elsewhere in the partnership" in made.words
    kept = yaml.safe_load((decided / "city-of-edinburgh.yaml").read_text(encoding="utf-8"))["decisions"][0]
    assert kept["zones"] == ["S01008000"]
    assert kept["targets"][0]["value"] == 21.0

    listed = localities("decisions", "--json").json
    assert [(one["locality_id"], one["by_role"], one["decided_on"][:10]) for one in listed] == [
        (LEITH, "head of community planning", "2024-05-01")
    ]
    assert localities("decisions", "--older-than", "2024-05-01", "--json").json == []

    assert "Deleted: 1 decision" in localities("decide", "leith", "--forget").words
    assert list(decided.iterdir()) == []
    assert "No decision is recorded" in localities("decisions").words


def test_old_decisions_go_and_others_stay(localities, decided):
    decide(localities, "--on", "2012-05-01")
    decide(localities, "--as", "not-chosen")
    assert "Deleted: 1 decision" in localities("decisions", "--older-than", "10y", "--forget").words
    assert [one["decision"] for one in localities("decisions", "--json").json] == ["not_chosen"]
    assert (
        "Nothing is recorded that this would delete" in localities("decisions", "--older-than", "10y", "--forget").words
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("-t", "simd_income=25@3"), "wrong side: the place has 21.0 (2017), and lower is better"),
        (("-t", "simd_income=130@3"), "cannot be 130"),
        (("-t", "simd_incom=15@3"), "No such indicator: 'simd_incom'. Nearest: simd_income"),
        (("-t", "simd_income=15@2"), "1, 3 or 10 years"),
        (("-t", "simd_income=15@3", "-t", "simd_income=18@10"), "asks for less than that for 3"),
        (("-t", "simd_crime=100@3"), "has no figure for this place: suppressed"),
        (("-t", "simd_broadband=1@3"), "Only outcomes are given targets"),
        (("--as", "perhaps"), "is not one of chosen, not_chosen, to_revisit"),
        (("--by", "someone@council.example"), "Give a role"),
        (("--on", "2999-01-01"), "still to come"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(localities, decided, given, said):
    made = decide(localities, *given)
    assert (made.code, said in made.words) == (2, True), made.words
    assert not decided.exists()


def test_an_unknown_place_or_no_reason_is_refused(localities, decided):
    assert localities("decide", "Atlantis", "--because", "It sank").code == 2
    assert "Say why" in localities("decide", LEITH).words
    assert "Say which" in localities("decisions", "--forget").words
