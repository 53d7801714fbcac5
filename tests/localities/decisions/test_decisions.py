"""A decision as it is kept, and beside what is known later: boundaries moved, targets on the way or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from indicators.catalogue import load_catalogue
from indicators.errors import ConfigError
from localities.decisions.beside import build_decided
from localities.decisions.records import Decision, Decisions, Target, read_decisions, record, write_decisions
from localities.decisions.wording import sentences_of

SHORE = "own_plan:shore"
CHILDREN = Target(
    indicator="cpop_child_poverty", years=3, target=14.0, ground="own", value=20.0, period="2020/21",
    period_end=dt.date(2021, 3, 31), lower=18.0, upper=22.0,
)  # fmt: skip
CHOSEN = Decision(
    place=SHORE, name="The Shore", decision="chosen", by_role="community planning board",
    decided_on=dt.date(2021, 3, 31), because="Residents asked: yes, and 1e3 of them", answer="poorer_than_both",
    vintage="2011", people=1500, zones=("S01000001", "S01000002"), shares={"S01000002": 0.5}, targets=(CHILDREN,),
)  # fmt: skip
FIFE = Decisions("S12000047", "Fife", (CHOSEN,))


class Now:
    """The tables of a run, as they are read: the place holds all of one zone and half of another."""

    def __init__(self, **changed: pd.DataFrame) -> None:
        self.tables = {
            "candidate_localities": pd.DataFrame({"locality_id": [SHORE, "own_plan:hill"],
                                                  "locality_name": ["The Shore", "The Hill"]}),
            "verdicts": pd.DataFrame({"locality_id": [SHORE], "answer": ["poorer_than_both"]}),
            "membership": members({"S01000001": 1.0, "S01000002": 0.5}),
            "zones": pd.DataFrame({"zone_code": ["S01000001", "S01000002", "S01000003"],
                                   "population": [1000, 1000, 800], "vintage": "2011"}),
            "estimates": figure(20.0, 18.0, 22.0, "2020/21"),
            "observations": pd.DataFrame({
                "indicator_id": "cpop_child_poverty", "period": ["2020/21", "to September 2022"],
                "period_end": pd.to_datetime(["2021-03-31", "2022-09-30"])}),
            **changed,
        }  # fmt: skip

    def __call__(self, table: str, *, columns: Sequence[str], where: Mapping[str, Sequence[object]]) -> pd.DataFrame:
        rows = self.tables[table]
        for name, values in where.items():
            rows = rows[rows[name].isin(list(values))]
        return rows[list(columns)].reset_index(drop=True)


def members(weights: Mapping[str, float], place: str = SHORE) -> pd.DataFrame:
    return pd.DataFrame({"locality_id": place, "candidate_set": "own_plan", "zone_code": list(weights),
                         "weight": list(weights.values())})  # fmt: skip


def figure(value: float, lower: float, upper: float, period: str) -> pd.DataFrame:
    return pd.DataFrame({"locality_id": [SHORE], "indicator_id": "cpop_child_poverty", "period": period,
                         "is_headline_period": True, "value": value, "lower_ci": lower, "upper_ci": upper,
                         "status": "observed"})  # fmt: skip


def decided(now: Now, *files: Decisions):
    return build_decided(files or (FIFE,), now, load_catalogue())


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def test_what_is_written_is_read_again_to_the_letter(tmp_path):
    path = write_decisions(tmp_path, FIFE, write)
    assert path is not None
    assert path.name == "fife.yaml"
    first = path.read_bytes()
    assert read_decisions(tmp_path) == (FIFE,)
    write_decisions(tmp_path, read_decisions(tmp_path)[0], write)
    assert path.read_bytes() == first


def test_a_file_without_decisions_is_none(tmp_path):
    write_decisions(tmp_path, FIFE, write)
    assert write_decisions(tmp_path, replace(FIFE, decisions=()), write) is None
    assert read_decisions(tmp_path) == ()


def test_a_later_decision_is_in_force_and_the_earlier_is_kept():
    later = replace(CHOSEN, decision="to_revisit", decided_on=dt.date(2023, 5, 1), targets=())
    rows = decided(Now(), record(FIFE, later)).decisions
    assert rows[["decision", "is_in_force"]].to_dict("list") == {
        "decision": ["chosen", "to_revisit"],
        "is_in_force": [False, True],
    }
    same_day = replace(CHOSEN, because="Better put")
    assert [one.because for one in record(FIFE, same_day).decisions] == ["Better put"]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("decision: perhaps", "decision"),
        ("years: 2", "years"),
        ("decided_on: '2021-02-30'", "decided_on"),
        ("answer: poor", "answer"),
        ("named: A. Person", "named"),
    ],
)
def test_an_error_names_the_key(tmp_path, written, key):
    path = write_decisions(tmp_path, FIFE, write)
    lines = path.read_text(encoding="utf-8").splitlines()
    name = written.partition(":")[0]
    at = next((n for n, line in enumerate(lines) if line.strip(" -").startswith(f"{name}:")), 6)
    start = lines[at][: len(lines[at]) - len(lines[at].lstrip(" -"))] if name in lines[at] else "  "
    lines[at : at + (name in lines[at])] = [start + written]
    write(path, "\n".join(lines))
    with pytest.raises(ConfigError, match=key) as error:
        read_decisions(tmp_path)
    assert "Residents asked" not in str(error.value)


@pytest.mark.parametrize(
    ("reason", "message"),
    [('"' + "A secret. " * 300 + '"', "at most 2,000 letters"), ('"A secret. \\q"', "YAML"), ("[A secret]", "because")],
)
def test_a_reason_that_is_wrong_is_not_repeated(tmp_path, reason, message):
    path = write_decisions(tmp_path, FIFE, write)
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.strip().startswith("because:"))
    write(path, "\n".join([*lines[:at], f"  because: {reason}", *lines[at + 1 :]]))
    with pytest.raises(ConfigError, match=message) as error:
        read_decisions(tmp_path)
    assert "secret" not in str(error.value)


# zone 2 has 1,000 residents: half of them belonged
@pytest.mark.parametrize(
    ("weights", "state", "words"),
    [
        ({"S01000001": 1.0, "S01000002": 0.5}, "same", None),
        ({"S01000001": 1.0, "S01000002": 0.503}, "same", None),
        ({"S01000001": 1.0}, "changed", "1 data zone went out (500 residents), of 1,500 residents when decided"),
        (
            {"S01000001": 1.0, "S01000003": 1.0},
            "changed",
            "1 data zone came in (800 residents) and 1 data zone went out (500 residents), "
            "of 1,500 residents when decided",
        ),
    ],
)
def test_a_boundary_that_moved_is_noticed_with_the_people_concerned(weights, state, words):
    found = decided(Now(membership=members(weights)))
    row = found.decisions.iloc[0]
    assert row["boundary_now"] == state
    assert (row["boundary_change"] if words else None) == words
    assert (found.targets["target_track"].iloc[0] == "not_assessed") == (state == "changed")


def test_of_a_place_no_longer_drawn_it_says_where_its_residents_are():
    # 1,000 of its 1,500 residents are on the hill now, and nobody's answer is known
    gone = Now(membership=members({"S01000001": 1.0}, "own_plan:hill"), verdicts=Now().tables["verdicts"].iloc[:0],
               estimates=Now().tables["estimates"].iloc[:0])  # fmt: skip
    found = decided(gone)
    row = found.decisions.iloc[0]
    assert row["boundary_now"] == "gone"
    assert row["boundary_change"] == "67% of its residents are in The Hill (own_plan:hill) now"
    assert pd.isna(row["answer_now"])
    assert found.targets["reason"].iloc[0] == "no figure now: the place is no longer drawn"


def test_zones_of_another_census_are_not_compared():
    row = decided(Now(), replace(FIFE, decisions=(replace(CHOSEN, vintage="2022"),))).decisions.iloc[0]
    assert row["boundary_now"] == "not_compared"


# half of the time to the target has passed on 30 September 2022: 17.0 would be on the way from 20 to 14
@pytest.mark.parametrize(
    ("limits", "track"),
    [((14.0, 16.5), "on_track"), ((17.5, 20.0), "not_on_track"), ((15.0, 19.0), "cannot_tell")],
)
def test_a_target_is_on_track_where_the_whole_interval_is(limits, track):
    now = Now(estimates=figure(sum(limits) / 2, *limits, "to September 2022"))
    catalogue = [replace(one, breaks=()) for one in load_catalogue()]
    row = build_decided((FIFE,), now, catalogue).targets.iloc[0]
    assert row["value_on_the_way"] == pytest.approx(17.0, abs=0.005)
    assert row["target_track"] == track
    assert row["due_on"] == pd.Timestamp("2024-03-31")


def test_without_a_later_figure_it_is_too_early():
    row = decided(Now()).targets.iloc[0]
    assert row["target_track"] == "cannot_tell"
    assert row["reason"] == "no figure later than that of 2020/21 yet"


def test_across_a_break_of_the_series_nothing_is_said():
    changed = [replace(one, breaks=(dt.date(2022, 1, 1),)) for one in load_catalogue()]
    now = Now(estimates=figure(15.0, 14.0, 16.0, "to September 2022"))
    row = build_decided((FIFE,), now, changed).targets.iloc[0]
    assert row["target_track"] == "not_assessed"
    assert "series was changed" in row["reason"]


def test_it_is_told_in_plain_words():
    moved = Now(verdicts=Now().tables["verdicts"].assign(answer="some_evidence"))
    text = "\n".join(sentences_of(decided(moved), SHORE))
    assert "Chosen for a locality plan by the community planning board on 31 March 2021, because: Residents" in text
    assert "Then: Strong evidence: poorer than Scotland, and than" in text
    assert "from 20.0 (18.0 to 22.0; 2020/21) to 14.0 in 3 years, by 31 March 2024. Cannot be told yet" in text
    assert sentences_of(decided(Now()), "own_plan:hill") == []
