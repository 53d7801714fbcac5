"""Dagster's event log in SQLite files, each opened once and not for every event.

A run of everything tells a thousand events. Dagster opens files for each of them, up to three times, and whoever closes
one last copies what was written into place: four times the work of writing, and most of a quiet night.

Annotations are evaluated in this module: Dagster reads them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as db
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS


class EventLogKeptOpen(SqliteEventLogStorage):
    """Named in ``dagster.yaml``; the files are where Dagster itself has them, below ``base_dir``."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "EventLogKeptOpen":
        """Return the log of an instance."""
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    @cached_property
    def _open(self) -> dict[str, db.Engine]:
        return {}

    @contextmanager
    def _connect(self, shard: str) -> Iterator[db.Connection]:
        with self._db_lock:
            if shard not in self._open:
                # the index, and one run: who looks at many does not keep the files of all
                for other in {*self._open} - {INDEX_SHARD_NAME} if shard != INDEX_SHARD_NAME else ():
                    self._open.pop(other).dispose()
                self._open[shard] = db.create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=db.QueuePool,
                    pool_size=1,
                    connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
                )
            engine = self._open[shard]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close the files."""
        for engine in self._open.values():
            engine.dispose()
        self._open.clear()
        super().dispose()
