"""Settings as assets: each with its value as data version, so that the page shows which tables a change concerns.

A table stands on just the settings that it reads, and all stand on the census of the zones. A settings file that cannot
be read fails here, by name; what stands on it is then passed over, and does not read as failed data.

Annotations are evaluated in this module: Dagster reads the class of ``work`` from the signature.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator

import dagster as dg

from indicators.errors import ConfigError
from pipelines.defs.resources import Work

__all__ = ["OF_ALL", "setting_keys", "settings_asset"]

OF_ALL = "zones"
"""The setting that every table and file depends on: the census whose zones a run stands on."""


def setting_keys(names: Iterable[str]) -> list[dg.AssetKey]:
    """Return the assets of some settings, and of the one that everything depends on.

    Examples
    --------
    >>> [key.to_user_string() for key in setting_keys(["alpha"])]
    ['settings/alpha', 'settings/zones']
    """
    return [dg.AssetKey(["settings", name]) for name in sorted({*names, OF_ALL})]


def settings_asset(owners: list[str]) -> dg.AssetsDefinition:
    """Return the assets that are the settings of the working folder."""
    from localities.settings import meanings

    @dg.multi_asset(
        name="settings",
        specs=[
            dg.AssetSpec(
                ["settings", name],
                group_name="settings",
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
