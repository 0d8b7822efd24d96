"""Loaded once by the server that forks the children: one short life, so that theirs begin fast."""

from __future__ import annotations

import importlib
import tempfile
from contextlib import suppress
from pathlib import Path

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.spigot.spigot import Spigot


def live() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = CheckpointStore.open(str(Path(folder) / "warm.db"))
        spigot = Spigot.new(100, digits_per_step=4, boxes_per_block=8)
        run = store.open_run(100, 4, 8)
        spigot.step()
        store.save(run, spigot.to_state(), 0.0)
        store.load(run)
        store.complete(run, spigot.finalize(), 0.0, spigot.i)
        store.close()


live()
with suppress(ImportError):
    importlib.import_module("sqlalchemy.dialects.postgresql.psycopg")
    importlib.import_module("psycopg")
