"""When and how: declared sources and their downloading, storage, the steps, Dagster, and the command line."""
