"""Write the sample: `python -m pipelines.sample --out data/sample`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from indicators.errors import LocalitiesError
from pipelines.sample import SEED, write_sample


def main(arguments: list[str] | None = None) -> int:
    """Return 0 once the sample is written, 1 if it could not be (2, wrong usage, comes from argparse)."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.sample", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write, such as data/sample")
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
