"""What `make mutate` found, module by module; fails where too many changed lines went unnoticed.

``python -m tests.mutation`` reads what mutmut left in ``mutants/``. Mutants that no test reaches count as survivors.
Those that cannot change a result are named in ``tests/equivalent_mutants.yaml``, each with its reason.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import yaml

LEAST_KILLED, MOST_EQUIVALENT = 0.90, 0.05
_EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")
_NOTICED = ("killed", "timeout", "segfault", "caught by type check")


def _counts(folder: Path) -> tuple[dict[str, Counter[str]], list[str]]:
    """Return how mutants ended, by module, and the names of those that nobody noticed."""
    from mutmut.stats import status_by_exit_code

    excused = set(yaml.safe_load(_EQUIVALENT.read_text(encoding="utf-8")) or {})
    counts: dict[str, Counter[str]] = {}
    unnoticed = []
    for path in sorted(folder.rglob("*.meta")):
        module = path.relative_to(folder).with_suffix("").as_posix()
        for name, code in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            is_noticed = status_by_exit_code[code] in _NOTICED
            end = "killed" if is_noticed else "equivalent" if name in excused else "survived"
            counts.setdefault(module, Counter())[end] += 1
            if end == "survived":
                unnoticed.append(name)
    return counts, unnoticed


def main() -> int:
    """Print the table; return 1 where too few were killed, or too many are called equivalent."""
    counts, unnoticed = _counts(Path("mutants"))
    counts["all"] = sum(counts.values(), Counter())
    print("\n".join(unnoticed))
    print(f"\n{'module':45}{'mutants':>9}{'killed':>8}{'survived':>10}{'equivalent':>12}{'killed, %':>11}")
    for module, found in counts.items():
        share = found["killed"] / max(found.total() - found["equivalent"], 1)
        print(
            f"{module:45}{found.total():>9}{found['killed']:>8}{found['survived']:>10}{found['equivalent']:>12}"
            f"{100 * share:>11.1f}"
        )
    every = counts["all"]
    is_good = every["killed"] >= LEAST_KILLED * (every.total() - every["equivalent"])
    return 0 if every.total() and is_good and every["equivalent"] <= MOST_EQUIVALENT * every.total() else 1


if __name__ == "__main__":
    sys.exit(main())
