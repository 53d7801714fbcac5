"""Finished outputs: one GeoPackage per community planning partnership, and the national DuckDB and GeoParquet files.

What a layer holds is in `layers`, its plain words in `words` and `aliases`, its look in `styles`; `geopackage`,
`duckdb_file` and `parquet` write, and `atomic` sees that nobody ever reads half a file. Nothing is computed here that
a finding or a verdict does not already say.
"""
