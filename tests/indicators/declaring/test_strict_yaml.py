"""What a person wrote is what is read: no older rule of YAML, nothing twice, nothing unread."""

from __future__ import annotations

import shutil

import pytest

from indicators.catalogue import declared_folder, load_catalogue, parse_indicator
from indicators.declaring.strict_yaml import read_yaml
from indicators.errors import ConfigError
from localities.settings import load_settings


def settings_of(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "settings.yaml"
    path.write_bytes(text.encode(encoding))
    return load_settings(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limit: 010000", ("limit", "a whole number", '"010000"')),
        ("limit: 1_0000", ("limit", "a whole number")),
        ("limit: 2:46:40", ("limit", "a whole number")),
        ("limit: 9999.5", ("limit", "a whole number", "9999.5")),
        ("minimum_expected: .nan", ("minimum_expected", "a number", ".nan")),
        ("minimum_expected: .inf", ("minimum_expected", "a number")),
        ("minimum_expected: 1e999", ("minimum_expected", "a number")),
        ("minimum_expected: yes", ("minimum_expected", "a number", '"yes"')),
        ("minimum_expected: true", ("minimum_expected", "a number", "true")),
        ("alpha: 1", ("alpha", "a number above 0 and below 1")),
        ("vote_share: 1.5", ("vote_share", "a number at least 0 and at most 1")),
        ("alpha: 0.1\nalpha: 0.2", ("alpha", "each key once", "line 2")),
        ("candidate_sets: 5", ("candidate_sets", "a list", "5")),
        ("candidate_sets: [wards, 5]", ("candidate_sets[1]", "a text")),
        ("seed: -1", ("seed", "a whole number at least 0", "-1")),
        ("hot_spot_shape: circlar", ("hot_spot_shape", "circular | flexible", "did you mean circular?")),
        ("vote_shar: 0.5", ("vote_shar", "an unknown key", "did you mean vote_share?")),
        ("- 3", ("the whole", "keys and values")),
        ("limit: !!python/object:os.system x", ("no tags",)),
        ("limit: [", ("not valid YAML",)),
        ("a: &a [x, x]\nb: [*a, *a]", ("line 1", "an alias")),
    ],
)
def test_a_setting_that_is_wrong_is_refused_by_name(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, text)
    said = str(caught.value)
    assert all(word in said for word in ("settings.yaml", *words)), said


def test_another_encoding_is_said(tmp_path):
    with pytest.raises(ConfigError, match=r"not in UTF-8[\s\S]*0xe9 at place 6"):
        settings_of(tmp_path, "# caf\u00e9", "latin-1")


def test_an_empty_file_of_settings_means_defaults(tmp_path):
    assert settings_of(tmp_path, "# nothing yet\n") == load_settings()
    assert settings_of(tmp_path, "limit: 8000\n").limit == 8000


def test_a_small_file_cannot_unfold_into_a_large_one(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 10)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match="alias"):
        read_yaml(path, "A list")


@pytest.fixture
def income(tmp_path):
    return read_yaml(declared_folder() / "simd_income.yaml", "A declaration"), tmp_path / "simd_income.yaml"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ci_method": "nonsense"}, ("ci_method", "an unknown key")),
        ({"aggregation": "maximum, please"}, ("aggregation", "an unknown key")),
        ({"poorer": "higher"}, ("poorer", "did you mean poorer_is?")),
        ({"role": "outcomes"}, ("role", "outcome | determinant | access | population", "did you mean outcome?")),
        ({"reader": "smd"}, ("reader", "did you mean simd?")),
        ({"multiplier": 0}, ("multiplier", "a number above 0")),
        ({"smallest_important_difference": 0.8}, ("smallest_important_difference", "above 1")),
        ({"smallest_important_difference_scale": "sd"}, ("ratio | odds | points for kind proportion",)),
        ({"smallest_important_difference_scale": "odds", "kind": "rate"}, ("ratio | points for kind rate",)),
        (
            {"smallest_important_difference_scale": "points", "smallest_important_difference": 500},
            ("points in the unit, below 100",),
        ),
        ({"breaks": ["April 2016"]}, ("breaks[0]", "a date such as")),
        ({"suppression": {"symbols": ["*"], "lower": 1}}, ("suppression.lower", "both lower and upper")),
        ({"suppression": {"symbls": ["*"]}}, ("suppression.symbls", "did you mean symbols?")),
        ({"columns": {"numeratr": "Income_count"}}, ("columns.numeratr", "reader simd", "did you mean numerator?")),
        ({"columns": {"editions": [{"perod": "2016"}]}}, ("columns.editions[0].perod", "did you mean period?")),
    ],
)
def test_a_declaration_that_is_wrong_names_the_key(income, changes, words):
    content, path = income
    with pytest.raises(ConfigError) as caught:
        parse_indicator({**content, **changes}, path)
    said = str(caught.value)
    assert all(word in said for word in ("simd_income.yaml", *words)), said


def test_a_symbol_may_look_like_a_number(income):
    content, path = income
    one = parse_indicator({**content, "suppression": {"symbols": [-99, "*"], "lower": 0, "upper": 4}}, path)
    assert one.suppression.symbols == ("-99", "*")


def test_a_twin_that_is_not_declared_is_named(tmp_path):
    for path in declared_folder().glob("*.yaml"):
        shutil.copy(path, tmp_path)
    path = tmp_path / "simd_income.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[simd_employment,", "[simd_emploment,"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"same_as[\s\S]*simd_emploment[\s\S]*did you mean simd_employment"):
        load_catalogue(tmp_path)
