"""The Dagster side: one module per Dagster noun, each a thin layer over `pipelines.run.run`.

Here: assets, the IO manager over the store, checks, resources, jobs, schedules, sensors, what the UI shows of a table
(`tables`, `maps`), and starting the UI (`ui`). Not here: what is computed (`pipelines.steps`), what to recompute
(`pipelines.storage.refresh`), downloading (`pipelines.sources`), and any rule about data (`localities.rules`).
"""
