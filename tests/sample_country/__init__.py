"""Alltmara, a small country that does not exist, in the file formats of the publishers of Scottish statistics.

The main job runs on it without a download, and the tests hold its answers against the truth that was planted in it.
The files are committed under `data/sample/`; this package makes them again, byte for byte on the same library
versions. The plan of the country (names, settlements, planted communities) is in `plan`, its geography in `country`,
its residents and the truth in `people`, their lives in `outcomes` and `census`, journeys and schools in `services`; the
publishers' files are in `earlier_index` and the modules that end in `_files`, and what makes bytes repeatable is in
`formats`. Reading those formats is no business of this package: that is in `indicators.readers` and `localities`.
"""

from __future__ import annotations

from pathlib import Path

SEED = 2015
"""Seed of the committed sample: the year of the Community Empowerment (Scotland) Act."""


def write_sample(folder: Path, seed: int = SEED) -> None:
    """Write every file of the sample under a folder, as `<source id>/<file name>`.

    Parameters
    ----------
    folder
        Where to write; made if it is not there. Files of the same name are replaced, others are left alone.
    seed
        The same seed gives the same bytes for the same versions of the libraries.

    Raises
    ------
    ConfigError
        If `openpyxl`, which only this job needs, is not installed.
    """
    from tests.sample_country.census_files import write_census
    from tests.sample_country.country import make_country
    from tests.sample_country.earlier_index import write_earlier_index
    from tests.sample_country.geography_files import write_geography
    from tests.sample_country.outcomes import make_outcomes
    from tests.sample_country.output_area_files import write_output_areas
    from tests.sample_country.place_standard_files import write_place_standard
    from tests.sample_country.profile_files import write_profile
    from tests.sample_country.service_files import write_postcodes, write_schools, write_truth
    from tests.sample_country.services import make_postcodes, make_schools
    from tests.sample_country.statistics_files import write_statistics
    from tests.sample_country.zones_2022 import write_zones_2022

    folder.mkdir(parents=True, exist_ok=True)
    country = make_country(seed)
    outcomes = make_outcomes(country, seed)
    postcodes = make_postcodes(country, seed)
    write_geography(folder, country, postcodes)
    write_statistics(folder, country, outcomes)
    write_census(folder, country, outcomes.people, seed)
    write_output_areas(folder, country, outcomes.people, seed)
    write_profile(folder, country, outcomes, seed)
    write_earlier_index(folder, country, outcomes, seed)
    write_postcodes(folder, country, postcodes)
    schools = make_schools(country, outcomes.people, outcomes.simd["SIMD2020v2_Rank"].to_numpy(), seed)
    write_schools(folder, country, outcomes, schools, postcodes)
    write_place_standard(folder, seed)
    write_truth(folder, outcomes)
    write_zones_2022(folder)
