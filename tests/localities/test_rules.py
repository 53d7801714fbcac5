"""Rules between tables: a broken one names the rows, in the form in which a run holds them."""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.errors import SchemaError
from localities.rules import check_rules


@pytest.mark.parametrize("form", ["str", "category"])
def test_an_interval_beside_its_estimate_is_named_by_place_and_indicator(form) -> None:
    frame = pd.DataFrame(
        {
            "locality_id": ["wards:A", "wards:B"],
            "indicator_id": ["income", "crime"],
            "value": [1.0, 2.0],
            "lower_ci": [0.5, 2.5],
            "upper_ci": [1.5, 3.0],
        }
    ).astype({"locality_id": form, "indicator_id": form})
    with pytest.raises(SchemaError, match=r"interval does not hold[\s\S]*wards:B / crime"):
        check_rules("estimates", frame, {})
    check_rules("estimates", frame.head(1), {})


@pytest.mark.parametrize("form", ["str", "category"])
def test_what_is_not_assessed_without_a_reason_is_named(form) -> None:
    frame = pd.DataFrame(
        {
            "locality_id": ["wards:A", "wards:B"],
            "indicator_id": ["income", "crime"],
            "significance": ["not_assessed", "poorer"],
            "reason": pd.Series([None, None], dtype="str"),
        }
    ).astype({"locality_id": form, "indicator_id": form, "significance": form})
    with pytest.raises(SchemaError, match=r"does not say why[\s\S]*wards:A / income"):
        check_rules("findings", frame, {})
    check_rules("findings", frame.assign(reason="suppressed by the publisher"), {})
