"""`localities profile`, `pack` and `report`: which documents are written, where, and what is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pipelines.storage.store import Store


@pytest.fixture
def written(localities, sample_home, tmp_path):
    """Run a command on the sample; returns its files by their path under the folder of documents."""

    def run(*arguments: str) -> list[str]:
        folder = tmp_path / "out"
        where = ("--sample", "--home", str(sample_home.root.parent), "--out", str(folder), "--json")
        ran = localities(*arguments, *where)
        assert ran.code == 0, ran.err
        assert all(Path(one).is_file() for one in ran.json)
        return sorted(Path(one).relative_to(folder).as_posix() for one in ran.json)

    return run


def test_a_place_is_found_in_the_drawing_proposed_and_its_files_name_it(written, sample_home) -> None:
    verdicts, reach = (Store(sample_home.store).read(one) for one in ("verdicts", "reach"))
    proposed = verdicts.merge(reach[reach["is_proposed"]][["cpp_code", "candidate_set"]])
    flagged = proposed[proposed["is_flagged"]].iloc[0]
    code = flagged["locality_id"].partition(":")[2]
    files = written("profile", flagged["locality_id"], "--format", "html,pdf")
    assert [Path(one).suffix for one in files] == [".html", ".pdf"]
    assert all(Path(one).name.startswith("fictional-") and code in one for one in files)


def test_every_flagged_place_of_an_area_has_a_profile(written, sample_home) -> None:
    verdicts, reach = (Store(sample_home.store).read(one) for one in ("verdicts", "reach"))
    proposed = verdicts.merge(reach[reach["is_proposed"]][["cpp_code", "candidate_set"]])
    flagged = proposed[proposed["is_flagged"]]
    area = flagged["cpp_code"].iloc[0]
    files = written("profile", "--all-flagged", "--area", area, "--format", "html")
    assert len(files) == (flagged["cpp_code"] == area).sum()


@pytest.mark.parametrize(("command", "ending"), [("pack", "evidence-pack.html"), ("report", "progress-report.html")])
def test_a_partnership_has_one_of_either(written, sample_home, command, ending) -> None:
    zones = Store(sample_home.store).read("zones", columns=["cpp_code", "cpp_slug"]).iloc[0]
    (file,) = written(command, "--format", "html", "--area", zones["cpp_code"])
    assert file == f"{zones['cpp_slug']}/fictional-{zones['cpp_slug']}-{ending}"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "Name one place, or give --all-flagged"),
        (("somewhere", "--all-flagged"), "Name one place, or give --all-flagged"),
        (("--all-flagged", "--format", "odt"), "'odt' is not one of docx, pdf, html"),
    ],
)
def test_what_cannot_be_done_is_refused(localities, sample_home, arguments, why) -> None:
    ran = localities("profile", *arguments, "--sample", "--home", str(sample_home.root.parent))
    assert ran.code == 2
    assert why in ran.words


def test_what_is_not_installed_is_named_with_what_to_do(localities, sample_home, monkeypatch, tmp_path) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "typst" else find(name, *rest))
    ran = localities(
        "pack", "--format", "pdf", "--sample", "--home", str(sample_home.root.parent), "--out", str(tmp_path)
    )
    assert ran.code == 1
    assert "missing: typst" in ran.words
    assert "scottish-localities[documents]" in ran.words
