"""Proof of the method: worlds whose truth is known, put through the very code that grades the real one.

Simulated figures keep the real zones, localities, denominators and gaps (`worlds`), and what is true of every locality
is worked out beside them (`truth`). `nulls` asks how often a finding or a verdict is wrong, `drawn` does so for places
drawn from the outcomes that they are then tested on, `planted` how often a community that really is poorer is found,
and `invariance` whether the real findings hang on anything that must not matter. `suite` runs all of it; `document`
writes the tables down. Coverage of intervals and size of tests need no simulation:
`indicators.comparison.operating_characteristics`.
"""
