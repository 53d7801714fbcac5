"""Small files in the publishers' formats, written by the tests, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from indicators.catalogue import Catalogue, Indicator, load_catalogue

ZONES = ("S01006506", "S01006507", "S01006508")


def write_sheet(path: Path, sheet: str, rows: Sequence[Sequence[object]]) -> Path:
    """Return a workbook with a page of notes before its sheet, as publishers have it."""
    book = Workbook()
    book.active.title = "Contents & notes"
    book.active.append(["Notes"])
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def spoil(path: Path, how: str) -> None:
    """Turn a good file into what a failed download leaves behind."""
    if how == "empty":
        path.write_bytes(b"")
    elif how == "html":
        path.write_text("<!DOCTYPE html><html><body>Service unavailable</body></html>", encoding="utf-8")
    elif how == "truncated":
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    elif how == "other":
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    else:
        path.unlink()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


def pointing_at(indicator: Indicator, **columns: object) -> Indicator:
    """Return a declaration with some of its columns replaced; None removes one."""
    merged = {**indicator.columns, **columns}
    return replace(indicator, columns={key: value for key, value in merged.items() if value is not None})
