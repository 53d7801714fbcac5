"""Finished outputs: a GeoPackage and a workbook per community planning partnership, and the national files.

What a layer holds is in `layers`, the sentences on each locality in `evidence`, plain words for columns and codes in
`words` and `aliases`, the look in `styles`, licence and attribution in `metadata`; `geopackage` (with `attributes`),
`workbook`, `archive`, `duckdb_file` and `parquet` write, and `atomic` sees that nobody ever reads half a file. Nothing
is computed here that a finding or a verdict does not already say.
"""
