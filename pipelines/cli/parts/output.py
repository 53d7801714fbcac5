"""How results are shown: tables and notes for people, JSON and CSV for machines.

Standard output holds the result and nothing else; progress, warnings and errors go to standard error. Nothing here
fails because a terminal cannot show a letter.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localities.wording import numbers as figures_in_words
from localities.wording.numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

EXIT_CODES = "Exit codes: 0 done; 1 failed, the reason is on standard error; 2 wrong usage; 130 interrupted."

WIDTH_OF_A_FILE = 200
"""Columns of text where the output is no terminal: wide enough for every table, so that nothing is cut."""

COMFORTABLE, READABLE = 20, 10
"""Characters of a line at which text of several lines reads well, and still reads; short text may take two lines."""

_GAP = 3
"""Characters between columns."""

Column = tuple[str, str]
"""Title of a column, and `left`, `right` or `code`: text that must stay in one piece to be copied."""


def prepare_streams() -> None:
    """Let standard output and error replace what their encoding cannot hold, such as in cp1252 on Windows."""
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("_", "-")
        reconfigure = getattr(stream, "reconfigure", None)
        if not encoding.startswith("utf") and reconfigure is not None:
            reconfigure(errors="replace")


def screen() -> Console:
    """Return the console of standard output."""
    return _console(is_error=False)


def side() -> Console:
    """Return the console of standard error: progress and warnings."""
    return _console(is_error=True)


def _console(*, is_error: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if is_error else sys.stdout
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    # COLUMNS is the user's word, for a terminal and for a file
    width = None if is_terminal or os.environ.get("COLUMNS", "").isdigit() else WIDTH_OF_A_FILE
    return Console(stderr=is_error, width=width, highlight=False)


def say_fictional() -> None:
    """Say on standard output that what follows is the sample's."""
    screen().print("Fictional sample: a country that does not exist. No figure here is about a real place.\n")


def to_stderr(text: str) -> None:
    """Write a line to standard error, unadorned and unwrapped."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def table(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    caption: str = "",
    styles: Mapping[str, str] | None = None,
    if_wide: Sequence[str] = (),
    once: Sequence[str] = (),
) -> None:
    """Print a table to standard output. Lines fold between words; no word is broken and nothing is cut.

    A terminal too narrow for all columns goes without those named in `if_wide`, and the table says which. Where even
    the others do not fit, each row is a block with a line for each cell.

    Parameters
    ----------
    title
        Above the table, as it is.
    columns
        Title and kind of each column.
    rows
        Texts.
    caption
        Below the table.
    styles
        Style of a cell by its text, such as `{"strong evidence": "bold red"}`.
    if_wide
        Titles of columns that a narrow terminal goes without, the first to leave first.
    once
        Titles of columns in which a text that is also in the row above is left blank.
    """
    from rich.text import Text

    console = screen()
    cells = [list(row) for row in rows]
    kept, widths = _fitting(columns, cells, if_wide, console.width)
    # not as the table's own title and caption, which would fold at the width of a narrow table
    if title:
        console.print(Text(title, style="bold"))
    if widths:
        lines = _without_repeats(columns, cells, kept, once)
        _print_columns(console, [columns[n] for n in kept], lines, widths, styles or {})
        left_out = [name for n, (name, _) in enumerate(columns) if n not in kept]
        if left_out:
            caption = f"{caption}\nNot shown at this width, and in --json: {'; '.join(left_out)}.".lstrip()
    else:
        _print_blocks(console, columns, cells)
    if caption:
        console.print(Text(caption, style="italic"), end="\n\n")


def table_of(
    title: str,
    rows: pd.DataFrame | Iterable[Any],
    columns: Sequence[tuple[str, str, Callable[[Any], str]]],
    **how: Any,
) -> None:
    """Print rows as `table` does: of each column its title, its kind, and the text of its cell in a row."""
    each = rows_in(rows) if hasattr(rows, "itertuples") else rows
    cells = [[text_of(row) for _, _, text_of in columns] for row in each]
    table(title, [(name, kind) for name, kind, _ in columns], cells, **how)


def _without_repeats(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], kept: Sequence[int], once: Sequence[str]
) -> list[list[str]]:
    """Return the columns kept, with blanks for what the row above says, as long as all columns before say it too."""
    lines = []
    above: Sequence[str] = ()
    for row in cells:
        line, is_same = [], bool(above)
        for n in kept:
            if columns[n][0] in once:
                is_same = is_same and row[n] == above[n]
                line.append("" if is_same else row[n])
            else:
                line.append(row[n])
        lines.append(line)
        above = row
    return lines


def _print_columns(
    console: Console,
    columns: Sequence[Column],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    styles: Mapping[str, str],
) -> None:
    """Print columns of texts. Line by line as one text: a table of Rich's takes a second for a few hundred rows."""
    from rich.text import Text

    shown = Text()
    titles = _folded([name for name, _ in columns], widths)
    most = max(map(len, titles), default=1)
    # titles stand on the rule below them
    above = zip(*([""] * (most - len(lines)) + lines for lines in titles), strict=True)
    shown.append("\n")
    for words in above:
        shown.append(_line(words, columns, widths)[0] + "\n")
    shown.append(f" {'─' * (sum(widths) + _GAP * (len(widths) - 1))}\n")
    for row in cells:
        folded = _folded(row, widths)
        height = max(map(len, folded), default=1)
        looks = [styles.get(text, "") for text in row]
        for at in range(height):
            line, starts = _line([lines[at] if at < len(lines) else "" for lines in folded], columns, widths)
            begin = len(shown)
            shown.append(line + "\n")
            for look, start, width in zip(looks, starts, widths, strict=True):
                if look:
                    shown.stylize(look, begin + start, begin + start + width)
    console.print(shown, soft_wrap=True)


def _folded(texts: Sequence[str], widths: Sequence[int]) -> list[list[str]]:
    """Return the lines of each text at the width of its column."""
    return [
        [text]
        if len(text) <= width and "\n" not in text
        else textwrap.wrap(text, width, break_on_hyphens=False) or [""]
        for text, width in zip(texts, widths, strict=True)
    ]


def _line(texts: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> tuple[str, list[int]]:
    """Return a line of texts in their columns, and where each column begins."""
    line, starts = " ", []
    for text, (_, kind), width in zip(texts, columns, widths, strict=True):
        starts.append(len(line))
        line += (text.rjust(width) if kind == "right" else text.ljust(width)) + " " * _GAP
    return line.rstrip(), starts


def _print_blocks(console: Console, columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    from rich.text import Text

    for row in cells:
        lines = [
            textwrap.fill(
                f"{name}: {text}",
                console.width - 2,
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for (name, _), text in zip(columns, row, strict=True)
            if text
        ]
        console.print(Text("\n  ".join(lines)), end="\n\n")


def _fitting(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], if_wide: Sequence[str], width: int
) -> tuple[list[int], list[int]]:
    """Return the numbers of the columns that are shown, and their widths; no widths if they do not fit even so."""
    for line in (COMFORTABLE, READABLE):
        kept, widths = _with_lines_of(line, columns, cells, if_wide, width)
        if widths:
            break
    return kept, widths


def _with_lines_of(
    line: int, columns: Sequence[Column], cells: Sequence[Sequence[str]], if_wide: Sequence[str], width: int
) -> tuple[list[int], list[int]]:
    longest = [max((len(row[n]) for row in cells), default=0) for n in range(len(columns))]
    needs = []
    for n, (name, kind) in enumerate(columns):
        words = [len(word) for text in (name, *(row[n] for row in cells if kind == "left")) for word in text.split()]
        text = min(longest[n], line, longest[n] // 2 + 2) if kind == "left" else longest[n]
        needs.append(max([text, *words]))
    number_of = {name: n for n, (name, _) in enumerate(columns)}
    kept = set(range(len(columns)))

    def spare() -> int:
        return width - sum(needs[n] + _GAP for n in kept)

    for name in if_wide:
        if spare() >= 0:
            break
        kept.discard(number_of[name])
    # what left first may fit beside what is left now
    for name in reversed(if_wide):
        n = number_of[name]
        if n not in kept and spare() >= needs[n] + _GAP:
            kept.add(n)
    if spare() < 0:
        return sorted(kept), []
    # room that is left goes to what folds or has a folded title, the least in want of it first
    wide = {n: max(needs[n], longest[n], len(columns[n][0]) if columns[n][1] == "left" else 8) for n in kept}
    for n in sorted(kept, key=lambda n: (wide[n] - needs[n], n)):
        needs[n] += min(wide[n] - needs[n], spare())
    return sorted(kept), [needs[n] for n in sorted(kept)]


def count(value: Any) -> str:
    """Return a whole number with separators; nothing for a missing one.

    Examples
    --------
    >>> count(5424800), count(None), count(float("nan"))
    ('5,424,800', '', '')
    """
    return "" if is_missing(value) else f"{round(value):,}"


def number(value: Any, digits: int = 3) -> str:
    """Return a number as every text has it; nothing for a missing one, so that the cell stays empty.

    Examples
    --------
    >>> number(0.012345), number(1234.5), number(12.0), number(None)
    ('0.0123', '1,234', '12.0', '')
    """
    return figures_in_words.number(value, digits, missing="")


def numbers(lower: Any, upper: Any) -> str:
    """Return an interval; nothing where neither limit is there.

    Examples
    --------
    >>> numbers(1.0, 2.5), numbers(None, None), numbers(1.0, None)
    ('1.00 to 2.50', '', '1.00 to no limit')
    """
    if is_missing(lower) and is_missing(upper):
        return ""
    return f"{number(lower) or 'no limit'} to {number(upper) or 'no limit'}"


def in_words(code: Any) -> str:
    """Return a code as words; nothing for a missing one.

    Examples
    --------
    >>> in_words("strong_evidence"), in_words(None)
    ('strong evidence', '')
    """
    return "" if is_missing(code) else str(code).replace("_", " ")


def percent(value: Any) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(0.934), percent(None)
    ('93%', '')
    """
    return "" if is_missing(value) else f"{100 * float(value):.0f}%"


def yes_no(value: Any) -> str:
    """Return a truth in a word; nothing for a missing one."""
    return "" if is_missing(value) else ("yes" if value else "no")


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: no NumPy types, None for what is missing, text for paths and dates.

    Examples
    --------
    >>> plain({"a": (1, float("nan")), "b": Path("x")})
    {'a': [1, None], 'b': 'x'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    if isinstance(value, str | bool | int) or value is None:
        return value
    if hasattr(value, "tolist") and not isinstance(value, float):
        return plain(value.tolist())
    if is_missing(value):
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date):  # a datetime is a date
        return value.isoformat()
    return value.as_posix() if isinstance(value, Path) else str(value)


def rows_in(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table, their cells by name."""
    return iter(frame.itertuples(index=False))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings that JSON can hold."""
    names = [str(name) for name in frame.columns]
    cells = [_cells(frame.iloc[:, n]) for n in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _cells(column: pd.Series) -> list[Any]:
    gone = column.isna().tolist()
    simple = (str, bool, int)
    return [
        None if is_gone else (value if isinstance(value, simple) else plain(value))
        for value, is_gone in zip(column.tolist(), gone, strict=True)
    ]


def _in_pieces(frame: pd.DataFrame, rows: int = 20_000) -> Iterator[list[dict[str, Any]]]:
    # a million findings as Python objects would take gigabytes
    for start in range(0, len(frame), rows):
        yield records(frame.iloc[start : start + rows])


def write_rows(frame: pd.DataFrame) -> None:
    """Print a table as one JSON array, an object on each line: keys in order, ASCII only."""
    before = "[\n"
    for piece in _in_pieces(frame):
        for row in piece:
            sys.stdout.write(before + json.dumps(row, sort_keys=True, ensure_ascii=True, allow_nan=False))
            before = ",\n"
    sys.stdout.write("\n]\n" if len(frame) else "[]\n")


def write_json(value: Any) -> None:
    """Print one JSON document: keys in order, ASCII only, so that it is the same wherever it is sent."""
    sys.stdout.write(json.dumps(plain(value), indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n")


def write_csv(frame: pd.DataFrame) -> None:
    """Print a table as CSV: UTF-8 whatever the terminal's encoding, a header, empty cells for what is missing.

    A text that a spreadsheet would compute has an apostrophe before it (`localities.wording.escaping`).
    """
    binary = getattr(sys.stdout, "buffer", None)
    sys.stdout.flush()
    for part in _csv_parts(frame):
        if binary is None:
            sys.stdout.write(part)
        else:
            binary.write(part.encode("utf-8"))
    if binary is not None:
        binary.flush()


def _csv_cell(cell: Any) -> Any:
    from localities.wording.escaping import in_cell

    return "" if cell is None else in_cell(cell) if isinstance(cell, str) else cell


def _csv_parts(frame: pd.DataFrame) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    for piece in _in_pieces(frame):
        writer.writerows([_csv_cell(cell) for cell in row.values()] for row in piece)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()
