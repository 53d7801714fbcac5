"""The evidence pack and the annual progress report of a partnership of the sample."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from localities.documents.as_pdf import as_pdf
from localities.documents.document import Bullets, Heading, Paragraph, Table
from localities.documents.evidence_pack import evidence_pack_of, outcomes_of_partnership
from localities.documents.progress_report import progress_report_of
from pipelines.run.documents import Writer
from pipelines.storage.store import Store

SIX = ("Evidence", "Prevention", "Participation", "Resources", "Improvement and timescales", "Scrutiny")


@pytest.fixture(scope="module")
def store(sample_home) -> Store:
    return Store(sample_home.store)


@pytest.fixture(scope="module")
def partnership(sample_home, store):
    """The partnership with most flagged places, in the drawing proposed to it."""
    row = store.read("reach").query("is_proposed").sort_values("flagged_count").iloc[-1]
    writer = Writer(sample_home, ["pdf"])
    return writer.partnership(row["cpp_code"], row["candidate_set"])


@pytest.fixture(scope="module")
def pack(partnership):
    return evidence_pack_of(partnership)


@pytest.fixture(scope="module")
def report(partnership):
    return progress_report_of(partnership)


def under(document, heading: str) -> list:
    """Blocks between a heading and the next of its level."""
    blocks = list(document.blocks)
    found = [n for n, one in enumerate(blocks) if isinstance(one, Heading) and one.text.startswith(heading)]
    at = min(found, key=lambda n: blocks[n].text != heading)
    level, rest = blocks[at].level, blocks[at + 1 :]
    end = next((n for n, one in enumerate(rest) if isinstance(one, Heading) and one.level <= level), len(rest))
    return rest[:end]


def table_under(document, heading: str) -> Table:
    (found,) = [one for one in under(document, heading) if isinstance(one, Table)]
    return found


def test_the_pack_has_each_of_the_six_statements_and_says_what_only_the_partnership_can_add(pack) -> None:
    told = [one.text for one in under(pack, "The six statements") if isinstance(one, Heading)]
    assert tuple(told) == SIX
    for one in SIX:
        known, own = under(pack, one)
        assert len(known.text) > 40
        assert own.lead == "Only the partnership can add:"


def test_places_of_the_pack_are_the_flagged_ones_in_order_of_firmness(pack, partnership, store) -> None:
    verdicts = store.read("verdicts")
    own = verdicts["cpp_code"].eq(partnership.cpp_code) & verdicts["candidate_set"].eq(partnership.candidate_set)
    flagged = verdicts[own & verdicts["is_flagged"]].sort_values("priority_rank")
    rows = table_under(pack, "Evidence of poorer outcomes").rows
    assert [one[0] for one in rows] == [f"{at}. {one}" for at, one in enumerate(flagged["locality_name"], start=1)]
    assert [one[2] for one in rows] == [f"{one:,.0f}" for one in flagged["people_in_need"]]
    assert [one[5] for one in rows] == [f"{one:.0%}" for one in flagged["stability"]]


def test_every_outcome_of_the_pack_has_its_national_outcome_and_figures_of_the_store(pack, partnership, store) -> None:
    rows = {one[0].partition(",")[0]: one for one in table_under(pack, "How outcomes vary").rows}
    about = store.read("indicators").set_index("indicator_title")["national_outcome"]
    titles = outcomes_of_partnership(partnership)["indicator_title"]
    assert {title.partition(",")[0] for title in titles} == set(rows)
    assert rows["Income-deprived residents"][1] == about["Income-deprived residents"]
    estimates = store.read("estimates")
    ids = partnership.own["locality_id"]
    income = estimates[
        estimates["locality_id"].isin(ids)
        & (estimates["indicator_id"] == "simd_income")
        & estimates["is_headline_period"]
    ]
    names = partnership.own.set_index("locality_id")["locality_name"]
    least, most = (income.loc[income["value"].agg(end)] for end in ("idxmin", "idxmax"))
    low, high = (f"{one['value']:.1f}% {names[one['locality_id']]}" for one in (least, most))
    assert rows["Income-deprived residents"][4] == f"{low} to {high}"


def test_communities_of_interest_stand_beside_places(pack, partnership) -> None:
    rows = [row for one in under(pack, "Communities of interest") if isinstance(one, Table) for row in one.rows]
    findings = partnership.tables["group_findings"]
    own = findings[(findings["area_code"] == partnership.cpp_code) & findings["is_headline_period"]]
    groups = set(own.loc[own["value"].notna(), "group_name"].astype("str"))
    assert groups
    assert all(any(f": {group}, " in one[0] for one in rows) for group in groups)


def test_an_inequality_is_not_compared_over_a_break_of_its_series(pack, partnership) -> None:
    """Periods of the table are the first and last that the table progress compares."""
    about = partnership.tables["indicators"].set_index("indicator_id")["indicator_title"]
    progress = partnership.tables["progress"]
    progress = progress[progress["area_id"] == partnership.cpp_code]
    ends = {about[row.indicator_id]: (row.first_period, row.last_period) for row in progress.itertuples()}
    rows = table_under(pack, "Inequality over time").rows
    assert rows
    for title, first, last, _ in rows:
        assert [cell.rpartition("; ")[2].rstrip(")") for cell in (first, last)] == [
            one.replace("-", "–") for one in ends[title]
        ]


def test_the_report_says_what_the_average_hides(report, partnership, store) -> None:
    progress = store.read("progress")
    against = progress[
        progress["area_id"].isin(partnership.own["locality_id"]) & progress["is_against_the_trend"].fillna(False)
    ]
    hidden = under(report, "What the average hides")
    tables = [one for one in hidden if isinstance(one, Table)]
    assert sum(len(one.rows) for one in tables) == len(against)


def test_the_report_holds_outcomes_against_the_partnership_s_own_targets(partnership) -> None:
    """From 30 % at the end of 2020, 20 % wanted on 31 December 2025: 28 % a year later is on the way, 31 % is not."""
    from localities.decisions.beside import Decided

    columns = {
        "cpp_code": partnership.cpp_code, "locality_id": str(partnership.own["locality_id"].iloc[0]),
        "locality_name": "Made up", "indicator_id": "simd_income", "indicator_title": "Income-deprived residents",
        "unit": "% of residents", "years_ahead": 3, "due_on": pd.Timestamp(dt.date(2025, 12, 31)), "target": 20.0,
        "period_then": "2020", "value_then": 30.0, "value_then_lower_ci": 29.0, "value_then_upper_ci": 31.0,
        "period": "2021", "value": 31.0, "lower_ci": 30.5, "upper_ci": 31.5, "value_on_the_way": 28.0,
        "target_track": "not_on_track", "reason": None,
    }  # fmt: skip
    decided = Decided(pd.DataFrame(columns=["locality_id", "is_in_force"]), pd.DataFrame([columns]))
    made = progress_report_of(replace(partnership, decided=decided))
    (told,) = [one for one in under(made, "Against the partnership's own targets") if isinstance(one, Bullets)]
    assert told.items[0].lead == "Made up:"
    assert "from 30.0 (29.0 to 31.0; 2020) to 20.0 in 3 years, by 31 December 2025" in told.items[0].text
    assert told.items[0].text.endswith("Now 31.0 (30.5 to 31.5; 2021). Not on track.")


def test_answers_that_moved_are_told_with_their_cause(partnership) -> None:
    place = partnership.own.iloc[0]
    moved = pd.DataFrame(
        [
            {
                "cpp_code": partnership.cpp_code, "locality_id": place["locality_id"], "locality_name": "Made up",
                "verdict_scotland_before": "some_evidence", "verdict_scotland_after": "strong_evidence",
                "verdict_cpp_before": "no_evidence", "verdict_cpp_after": "no_evidence",
                "because": "figures of its zones",
            }
        ]
    )  # fmt: skip
    made = progress_report_of(replace(partnership, find_moved=lambda: ("2026-01-01", moved)))
    (told,) = [one for one in under(made, "Answers that moved") if isinstance(one, Bullets)]
    assert told.items[0].text == (
        "than Scotland, some evidence of poorer outcomes before and strong evidence of significantly poorer outcomes "
        "now; within the partnership, no evidence of poorer outcomes as before. Because of: figures of its zones."
    )
    alone = progress_report_of(replace(partnership, find_moved=lambda: None))
    assert isinstance(under(alone, "Answers that moved")[0], Paragraph)


def test_both_can_be_read_aloud(pack, report) -> None:
    """Typst refuses a PDF that breaks PDF/UA-1."""
    assert all(as_pdf(one).startswith(b"%PDF") for one in (pack, report))
