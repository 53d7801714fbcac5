"""Settings as assets: each with its value as data version, so that the page shows which tables a change concerns.

A table stands on just the settings that it reads, and all stand on the census of the zones. Where a settings file
cannot be read, `pipelines.defs.resources` cancels every run but that of the settings alone, which fails here, by name.
The night asks for that run in place of its own, so that somebody is told and no data read as failed.

Annotations are evaluated in this module: Dagster reads the class of ``work`` from the signature.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator

import dagster as dg

from indicators.errors import ConfigError
from pipelines.defs.resources import SETTINGS, Work
from pipelines.run.workspace import Workspace

OF_ALL = "zones"
"""The setting that every table and file depends on: the census whose zones a run stands on."""


def setting_keys(names: Iterable[str]) -> list[dg.AssetKey]:
    """Return the assets of some settings, and of the one that everything depends on.

    Examples
    --------
    >>> [key.to_user_string() for key in setting_keys(["alpha"])]
    ['settings/alpha', 'settings/zones']
    """
    return [dg.AssetKey([SETTINGS, name]) for name in sorted({*names, OF_ALL})]


def run_that_says_so(open_workspace: Callable[[], Workspace], run_key: str | None = None) -> dg.RunRequest | None:
    """Return a run of the settings alone, which fails by name, where they cannot be read; else None."""
    from localities.settings import meanings

    try:
        open_workspace()
    except ConfigError:
        return dg.RunRequest(run_key=run_key, asset_selection=setting_keys(meanings()), asset_check_keys=[])
    return None


def settings_asset(owners: list[str]) -> dg.AssetsDefinition:
    """Return the assets that are the settings of the working folder."""
    from localities.settings import meanings

    @dg.multi_asset(
        name=SETTINGS,
        specs=[
            dg.AssetSpec(
                [SETTINGS, name],
                group_name=SETTINGS,
                description=f"{meaning}\n\nChange it in `settings.yaml` of the working folder.",
                owners=owners,
                kinds={"yaml"},
                skippable=True,
            )
            for name, meaning in meanings().items()
        ],
        can_subset=True,
    )
    def settings(context: dg.AssetExecutionContext, work: Work) -> Iterator[dg.MaterializeResult]:
        from localities.settings import Settings
        from localities.wording.codes import setting_text

        try:
            values = work.workspace.settings.to_dict()
        except ConfigError as error:
            raise dg.Failure(
                f"{error}\nNothing was fetched or computed with it; what was there before stays.", allow_retries=False
            ) from error
        default = Settings().to_dict()
        for key in sorted(context.selected_asset_keys):
            name = key.path[-1]
            content = json.dumps(values[name], sort_keys=True)
            yield dg.MaterializeResult(
                asset_key=key,
                data_version=dg.DataVersion(hashlib.sha256(content.encode()).hexdigest()[:16]),
                metadata={
                    "value": setting_text(values[name]) or "none",
                    "default": setting_text(default[name]) or "none",
                    "is the default": values[name] == default[name],
                },
            )

    return settings
