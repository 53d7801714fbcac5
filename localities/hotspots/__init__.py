"""Hot spots: contiguous sets of zones, under the limit of residents, where poorer outcomes gather more than elsewhere.

A spatial scan statistic over the graph of zones (Kulldorff 1997), judged against a null that is over-dispersed and
spatially correlated. Hot spots are found, not drawn: they are no division of an area, they may leave most of it out,
and the Monte Carlo p of the scan is their only inference. They are never tested again on what found them.

- `neighbourhoods`: the zones about each zone, and which of them touch.
- `windows`: circular windows. `growth`: windows of flexible shape, grown from data.
- `likelihood`: log likelihood ratios of windows, for counts, shares and means.
- `measures`: what is scanned: figures, expectation and direction of each outcome in an area.
- `field`: random fields with spatial correlation. `null`: how the null is fitted and drawn.
- `scan`: the strongest windows of data and of replications. `search`: all areas, and the tables that come of it.
"""
