"""The design of natural communities: contiguous sets of zones under a limit of residents, true to existing identities.

`identity` says what holds zones together, `problem` turns zones into arrays, `energy` says what a good division is,
`construction` builds one by agglomeration under the limit, `improvement` refines it by moves, swaps, merges and new
cuts, and `naming` gives names. Nothing here reads a file; the sets that use it are in `localities.candidate_sets`.
"""

from __future__ import annotations

from localities.drawing.natural_communities.engine import Design, design
from localities.drawing.natural_communities.problem import Problem, problem_of
from localities.drawing.natural_communities.weights import Weights

__all__ = ["Design", "Problem", "Weights", "design", "problem_of"]
