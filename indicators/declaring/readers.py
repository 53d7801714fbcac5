"""The readers that a declaration may name, and the keys that each reads under ``columns``.

A reader is a module of `indicators.readers` of the same name with a function ``read(files, indicators)``; the head of
that module says what its keys mean. To add one, write the module and a line here. A key that a reader does not read
is refused, with the nearest that it does.
"""

from __future__ import annotations

from collections.abc import Mapping

_EVERY = ("companion", "companions", "editions", "encodings")
_PERIOD = ("period", "period_start", "period_end")
# of readers of counts: see `indicators.readers.shared.measured.counted`
_EXCESS = ("tolerated_excess",)

_KEYS: Mapping[str, tuple[str, ...]] = {
    "census_output_areas": ("numerator", "denominator", "ages", "metadata", "on_zones", *_PERIOD, *_EXCESS),
    "cpop": ("sheet", "numerator", "denominator", "periods", "fill", "totals", *_EXCESS),
    "cpop_intermediate": ("sheet", "area", "outcome", "years", "types", "first", "weight", "lookup"),
    "deprived_share": ("area", "rank", "population", "most_deprived", *_PERIOD, *_EXCESS),
    "domain_index": ("of",),
    "mapped_table": (
        "area", "date", "sheet", "where", "numerator", "denominator", "value", "weight", "periods", "pool",
        "mixes_vintages", "drawn_as", "crosswalk", "sum_over", "period_form", *_PERIOD, *_EXCESS,
    ),
    "published_interval": (
        "area", "date", "sheet", "where", "value", "limits", "periods", "mixes_vintages", "period_form", *_PERIOD,
    ),
    "nrs_population": ("ages", "among", "since", *_PERIOD, *_EXCESS),
    "simd": (
        "sheet", "area", "numerator", "denominator", "denominator_from", "value", "weight", "status", "star",
        "not_applicable", *_PERIOD, *_EXCESS,
    ),
}  # fmt: skip

READERS: Mapping[str, frozenset[str]] = {name: frozenset((*keys, *_EVERY)) for name, keys in _KEYS.items()}
"""Keys that each reader reads, those that every reader shares among them (`indicators.readers`)."""
