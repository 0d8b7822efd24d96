"""Run one short session in the fork server, so that forked children start fast."""

from __future__ import annotations

import importlib
import tempfile
from contextlib import suppress
from pathlib import Path

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.pi.spigot.kind import SpigotKind


def live() -> None:
    kind = SpigotKind()
    with (
        tempfile.TemporaryDirectory() as folder,
        CheckpointStore.open(str(Path(folder) / "warm.db"), kind) as store,
    ):
        run = store.open_run(kind.task(100))
        machine = store.load(run).machine
        assert machine is not None
        machine.step()
        store.save(run, machine, 0.0)
        store.load(run)
        machine.finalize()
        store.complete(run, machine, 0.0, verified=False)


live()
with suppress(ImportError):
    importlib.import_module("sqlalchemy.dialects.postgresql.psycopg")
    importlib.import_module("psycopg")
