"""The budgets of the design, measured on real data: ``python -m tests.bench``. Not tests: nothing here fails a build.

Each measurement is one function in `tests.bench.measures`, registered under a name with its budget; what is measured
beside the budgets (peers, other engines) registers itself in the same way.
"""
