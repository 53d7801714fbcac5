"""The pictures at the head of the notebooks, of the sample country: ``python -m tests.notebook_pictures HOME``.

``HOME`` is a working folder in which `localities run --sample` has been done. Notebooks are stored without outputs;
these few pictures, in few colours, show what each gives.
"""

from __future__ import annotations

import ast
import io
import os
import sys
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
_SHOWN = {"01": "first-tour", "03": "adding-an-indicator", "04": "comparing-boundaries"}
_COLOURS = 48
_WIDTH = 760


def run_here(path: Path) -> dict[str, Any]:
    """Run a notebook's cells in this process; return what they named, and under ``shown`` what they end with."""
    import nbformat

    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), path.name, "eval"), names))
    return names | {"shown": shown}


def main(home: str) -> None:
    """Run every notebook that has a picture, and keep it."""
    os.environ |= {"LOCALITIES_HOME": home, "MPLBACKEND": "Agg"}
    import matplotlib.pyplot as plt
    from PIL import Image

    for start, name in _SHOWN.items():
        run_here(next(NOTEBOOKS.glob(f"{start}*.ipynb")))
        content = io.BytesIO()
        plt.figure(plt.get_fignums()[0]).savefig(content, dpi=100, bbox_inches="tight")
        plt.close("all")
        picture = Image.open(content).convert("RGB")
        height = round(picture.height * _WIDTH / picture.width)
        kept = picture.resize((_WIDTH, height)).quantize(_COLOURS)
        target = NOTEBOOKS / "pictures" / f"{name}.png"
        target.parent.mkdir(exist_ok=True)
        kept.save(target, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
