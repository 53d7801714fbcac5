"""Where outcomes are poorer: zones, candidate localities, aggregation, findings, verdicts, explanation, publishing.

Works from a notebook without any orchestration. What is measured and how it is tested is in `indicators`; when and
from which files things are computed is in `pipelines`.
"""
