"""The store of record and what to recompute: validate, write, promote; plan before work.

Here: manifests, versions, atomic promotion, the refresh plan. Not here: what a table means
(`indicators.schema.tables`), how it is computed (`pipelines.steps`), Dagster (`pipelines.defs`).
"""
