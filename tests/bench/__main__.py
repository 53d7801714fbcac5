"""``python -m tests.bench [--home folder] [--only name ...] [--json]``: prints budget, measured, verdict.

``python -m tests.bench --peers`` prints how the design of natural communities compares with other tools instead,
``--agreement`` how well it and other drawings agree with neighbourhoods that residents drew, ``--against REV`` how long
the national run and interactive commands take beside those of another revision, on this machine and in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench import in_parts, interactive, national, page, parts, tiled, waiting  # noqa: F401 – they register measures
from tests.bench.measures import BENCHES, Bench, Measured

_HISTORY = Path(__file__).resolve().parents[2] / "docs" / "BENCHMARKS.md"


def main(given: list[str] | None = None) -> int:
    """Return 0 where everything named was measured, within its budget or not; 1 where there is no real data."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Times the budgets on real data.")
    parser.add_argument("--home", type=Path, help="working folder of the bench, kept; by default one that is removed")
    parser.add_argument("--only", nargs="+", choices=sorted(BENCHES), help="measure these only")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--peers", action="store_true", help="compare the design engine with other tools instead")
    parser.add_argument("--agreement", action="store_true", help="agreement with residents' neighbourhoods instead")
    parser.add_argument("--against", metavar="REV", help="hold this checkout against a revision of git instead")
    parser.add_argument("--record", action="store_true", help="with --against: keep the result in docs/BENCHMARKS.md")
    chosen = parser.parse_args(given)
    mirror = os.environ.get("LOCALITIES_MIRROR", "")
    if not mirror or not Path(mirror).is_dir():
        print(
            "The bench needs real data: LOCALITIES_MIRROR is "
            + (f"{mirror!r}, which is no folder." if mirror else "not set.")
            + "\nSet it to a folder laid out as <source-id>/<file name>.",
            file=sys.stderr,
        )
        return 1
    if chosen.peers or chosen.agreement:
        from tests.bench import agreement, design

        (design if chosen.peers else agreement).compare(Path(mirror).resolve())
        return 0
    if chosen.against:
        from tests.bench.against import against

        section = against(Path(mirror).resolve(), chosen.against)
        print(section)
        if chosen.record:
            with _HISTORY.open("a", encoding="utf-8", newline="\n") as file:
                file.write(f"\n{section}")
        return 0
    names = chosen.only or [name for name, one in BENCHES.items() if one.is_default]
    with tempfile.TemporaryDirectory(prefix="localities-bench-") as temporary:
        bench = Bench(Path(mirror).resolve(), (chosen.home or Path(temporary)).resolve())
        found: list[Measured] = []
        for name in names:
            print(f"Measuring {name}", file=sys.stderr, flush=True)
            found += BENCHES[name].run(bench)
    if chosen.json:
        print(json.dumps({"load": _load(), "measured": [{**asdict(one), "is_within": one.is_within} for one in found]},
                         indent=1))  # fmt: skip
    else:
        print(table(found))
    return 0


def table(found: list[Measured]) -> str:
    """Return the measurements as a table in Markdown."""
    lines = ["| work | budget | measured | verdict | |", "|---|---|---|---|---|"]
    for one in found:
        digits = 0 if one.unit == "MB" else 2
        lines.append(
            f"| {one.work} | {one.budget:g} {one.unit} | {one.measured:,.{digits}f} {one.unit}"
            f" | {'within' if one.is_within else '**over**'} | {one.note} |"
        )
    from tests.bench.against import machine

    lines += ["", f"{machine()} Times hold for an idle machine only."]
    return "\n".join(lines)


def _load() -> float | str:
    try:
        return round(os.getloadavg()[0], 1)
    except (AttributeError, OSError):  # Windows does not say
        return "not known"


if __name__ == "__main__":
    sys.exit(main())
