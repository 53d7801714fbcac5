"""The steps of the pipeline: which table is computed from what, by which one call into the toolkit.

A step is a few lines: its inputs are its parameters, its description is its docstring, and its body is one call into
`indicators` or `localities`. The command line runs steps directly; `pipelines.defs` turns each into an asset. To add
a table: describe it in `indicators/schema/tables.py`, write its function in the toolkit, and add a step to the module
of its layer here. Not here: any logic of its own.
"""
