"""`localities indicators add`: from a published file to a draft, and from a finished draft to a checked declaration."""

from __future__ import annotations

import yaml

TABLE = "DataZone,Year,Patients,Registered\nS01006506,2020,3,12\nS01006507,2020,*,9\n"


def test_a_file_becomes_two_drafts_that_a_person_finishes(localities, tmp_path):
    file = tmp_path / "GP patients 2020.csv"
    file.write_text(TABLE, encoding="utf-8")
    ran = localities("indicators", "add", file, "--id", "gp_patients", "--out", tmp_path / "drafts", "--json")
    assert ran.code == 0
    assert (ran.json["form"], ran.json["areas"]) == ("mapped_table", 2)

    draft = yaml.safe_load((tmp_path / "drafts" / "gp_patients.yaml").read_text(encoding="utf-8"))
    assert draft["source"] == "gp-patients-2020"
    assert draft["columns"]["area"] == "DataZone"
    assert draft["suppression"]["symbols"] == ["*"]
    source = yaml.safe_load((tmp_path / "drafts" / "gp-patients-2020.yaml").read_text(encoding="utf-8"))
    assert source["file_name"] == "GP patients 2020.csv"

    checked = localities("indicators", "check", tmp_path / "drafts" / "gp_patients.yaml")
    assert checked.code == 1
    assert "role" in checked.words


def test_a_draft_never_replaces_a_file(localities, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text(TABLE, encoding="utf-8")
    first = localities("indicators", "add", file, "--id", "gp_patients", "--out", tmp_path)
    assert first.code == 0
    assert "Replace every question mark" in first.words
    again = localities("indicators", "add", file, "--id", "gp_patients", "--out", tmp_path)
    assert again.code == 1
    assert "would replace" in again.words


def test_a_file_that_is_not_there_or_no_table_is_refused(localities, tmp_path):
    assert "not there" in localities("indicators", "add", tmp_path / "none.csv", "--id", "x").words
    page = tmp_path / "page.csv"
    page.write_text("<!DOCTYPE html><html></html>", encoding="utf-8")
    ran = localities("indicators", "add", page, "--id", "x")
    assert ran.code == 1
    assert "web page" in ran.words
    assert "https" in localities("indicators", "add", "http://example.org/a.csv", "--id", "x").words
