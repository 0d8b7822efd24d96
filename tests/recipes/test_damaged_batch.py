"""A batch whose newest checkpoint was damaged, and whose results differ at every call."""

from __future__ import annotations

import secrets
from pathlib import Path

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.recipes.items import Items
from tests.checkpoints.helpers import flip, this
from tests.recipes.batches import machine_of


def ask(number: int) -> str:
    """Return another text at each call, as a network may."""
    return f"{number} {secrets.token_hex(8)}"


def test_batch_with_a_damaged_newest_checkpoint_goes_on_from_the_one_before(database: Path) -> None:
    # One worker, or a slow first item could hold back all lines, and both saves would be the last.
    kind = Items(ask, range(10), workers=1, threads=True)
    machine, saved = machine_of(kind), [b""]
    with CheckpointStore.open(str(database), kind) as store:
        run = store.open_run(kind.task())
        for lines in (3, 7):
            while machine.output.count(b"\n") < lines:
                machine.step()
            store.save(run, machine, 1.0)
            saved.append(bytes(machine.output))
        store.leave(run)
    machine.close()
    flip(str(database), "pi_piece", "data", this(str(database), "state", 2))
    found = kind.run(database)
    assert found.startswith(saved[1])
    assert not found.startswith(saved[2]), "the rest is asked for again"
    assert [int(line.split()[0]) for line in found.splitlines()] == list(range(10))
