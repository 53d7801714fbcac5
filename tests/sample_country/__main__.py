"""Write the sample: `python -m tests.sample_country`, into `data/sample` of the checkout unless told otherwise."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from indicators.errors import LocalitiesError
from tests.sample_country import SEED, write_sample

CHECKOUT = Path(__file__).resolve().parents[2] / "data" / "sample"


def main(arguments: list[str] | None = None) -> int:
    """Return 0 once the sample is written, 1 if it could not be (2, wrong usage, comes from argparse)."""
    parser = argparse.ArgumentParser(prog="python -m tests.sample_country", description=__doc__)
    parser.add_argument("--out", type=Path, default=CHECKOUT, help="folder to write (default data/sample)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"seed of the generator (default {SEED})")
    options = parser.parse_args(arguments)
    try:
        write_sample(options.out, options.seed)
    except LocalitiesError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
