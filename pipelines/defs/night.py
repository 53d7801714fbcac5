"""The night: what the check of the sources led to, as an asset that every night makes anew.

Skipped ticks of a sensor are grey and many. A night that had nothing to do is a materialisation that says so, and a
night that did not come at all is one that a freshness policy misses. Tables have none: every quiet night they would
look stale.

Annotations are evaluated in this module: Dagster reads the class of ``work`` from the signature.
"""

import datetime as dt
from collections.abc import Iterable

import dagster as dg

from pipelines.defs.assets import OWNERS
from pipelines.defs.metadata.tables import markdown_table
from pipelines.defs.resources import Work
from pipelines.defs.schedules import TIMEZONE
from pipelines.defs.sensors import tonight
from pipelines.run.history import made_of, note_success
from pipelines.run.status import status

NIGHT = "night"
DEADLINE = "0 4 * * *"
"""The check starts at 02:00; by four it is done, or something is wrong."""
WINDOW = dt.timedelta(hours=2, minutes=30)


def night_asset(files: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the asset of the night: what follows from the check of the sources, and how things stand."""

    @dg.asset(
        key=NIGHT,
        group_name="sources",
        deps=list(files),
        owners=OWNERS,
        kinds={"python"},
        freshness_policy=dg.FreshnessPolicy.cron(deadline_cron=DEADLINE, lower_bound_delta=WINDOW, timezone=TIMEZONE),
        description=(
            "What the night's check of the sources led to: what is recomputed and why, or that nothing had changed. "
            f"Made anew every night; overdue at 04:00, {TIMEZONE}."
        ),
    )
    def night(context: dg.AssetExecutionContext, work: Work) -> dg.MaterializeResult:
        import pandas as pd

        workspace = work.at_hand
        decided = tonight(workspace)
        if not decided.assets:
            note_success(workspace.home, "a check of the sources found that nothing had changed", made_of(workspace))
        context.log.info(decided.why)
        wrong = [one for one in status(work.workspace) if one.state != "good"]
        rows = pd.DataFrame(
            [(one.what, one.state, one.found, one.remedy) for one in wrong], columns=["what", "state", "found", "to do"]
        )
        return dg.MaterializeResult(
            metadata={
                "what follows": dg.MetadataValue.text(decided.why),
                "to be made": dg.MetadataValue.text(", ".join(decided.assets) or "nothing"),
                "not as it should be": dg.MetadataValue.int(len(rows)),
                "how things stand": dg.MetadataValue.md(markdown_table(rows) if len(rows) else "All is good."),
            }
        )

    return night
