"""Why a place is flagged, or not, in plain English: one locality, one beside another, or a partnership.

`facts` gathers what the tables say about a locality, `words` turns figures into phrases, and `report` writes the
explanation. Nothing is computed anew: every number is in the tables, so a reader can find it again. `beside` tells
of the places most like it, for context only.
"""

from __future__ import annotations

from localities.explain.partnership import explain_partnership
from localities.explain.report import Explanation, explain

__all__ = ["Explanation", "explain", "explain_partnership"]
