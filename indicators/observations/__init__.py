"""Which figure stands for a zone, and in what state: observed, suppressed, not applicable, missing or modelled."""
