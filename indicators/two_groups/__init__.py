"""Two groups held against each other: effects, score and exact tests and their limits."""
