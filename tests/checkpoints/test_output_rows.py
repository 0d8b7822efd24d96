"""Output in the store: its rows, its completion, and its comparison with what is saved."""

from __future__ import annotations

import pytest

from pi_tui.checkpoints.records import COMPLETE
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError, WrongResultError
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import (
    advance,
    begin,
    execute,
    pieces,
    same_database_opened_again,
    save_some,
    tale,
    told,
)
from tests.helpers import pi
from tests.tiny import Finished, Walk


def test_output_rows_of_four_saves_hold_each_byte_once(store: CheckpointStore, path: str) -> None:
    _, walk = save_some(store, times=4)
    store.close()
    rows = execute(path, "SELECT start, count, data FROM pi_output ORDER BY start")
    assert len(rows) == 4
    assert b"".join(row[2] for row in rows) == bytes(walk.output)
    assert [row[0] for row in rows] == [sum(r[1] for r in rows[:i]) for i in range(len(rows))]


def test_save_after_steps_without_output_writes_no_output_row(
    store: CheckpointStore, path: str
) -> None:
    run, walk = begin(store, 2**20 * 3)
    for _ in range(4):
        store.save(run, advance(walk, 5), 1.0)
    assert told(store.load(run).machine) == told(walk)
    assert store.check() == []
    store.close()
    assert walk.output == b""
    assert execute(path, "SELECT count(*) FROM pi_output") == [(0,)]


def test_completion_keeps_output_and_deletes_states(store: CheckpointStore, path: str) -> None:
    run, walk = save_some(store)
    walk.finalize()
    last = store.complete(run, walk, 9.0, verified=False)
    loaded = store.load(run)
    assert (loaded.machine, loaded.output, loaded.run.status) == (None, tale(), COMPLETE)
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [last.seq]
    store.close()
    assert pieces(path) == set()


def test_completion_is_refused_with_too_little_or_too_much_output(open_store: OpenStore) -> None:
    kind = SpigotKind()
    store = open_store(kind=kind)
    run = store.open_run(kind.task(600))
    for wrong in (pi(599), pi(601)):
        with pytest.raises(PiTuiError, match=r"do not complete|allows 600"):
            store.complete(run, Finished(wrong), 0.0, verified=False)
    store.complete(run, Finished(pi(600)), 0.0, verified=False)


@pytest.mark.parametrize("many", [1, 999_999, 1_000_000, 1_000_001, 2_500_000])
def test_output_rows_hold_up_to_a_million_bytes(
    store: CheckpointStore, path: str, many: int
) -> None:
    text = (b"one, two, " * (many // 10 + 1))[:many]
    run, _ = begin(store)
    store.complete(run, Finished(text), 0.0, verified=False)
    assert store.load(run).output == text
    for start, stop in [(0, many), (many - 1, many), (999_990, 1_000_010), (many, many + 5)]:
        assert store.output(run, start, stop) == text[start:stop]
    store.close()
    counts = [row[0] for row in execute(path, "SELECT count FROM pi_output ORDER BY start")]
    assert sum(counts) == many
    assert set(counts[:-1]) <= {1_000_000}
    assert counts[-1] <= 1_000_000


def test_output_read_from_every_13th_offset_is_the_saved_output(store: CheckpointStore) -> None:
    run, walk = save_some(store, times=6)
    for start in range(0, len(walk.output), 13):
        assert store.output(run, start, start + 30) == walk.output[start : start + 30]


def test_save_refuses_output_computed_again_that_differs_from_the_saved_output(
    store: CheckpointStore,
) -> None:
    run, walk = save_some(store)
    early = advance(Walk(run.task), 12)
    wrong = advance(Walk(run.task), 12)
    wrong.output = b"?" + wrong.output[1:]
    again = same_database_opened_again(store)
    run = again.open_run(run.task)
    with pytest.raises(WrongResultError, match="differ from what is saved"):
        again.save(run, wrong, 0.0)
    assert again.save(run, early, 0.0).length < len(walk.output)
    assert again.load(run).output == bytes(walk.output)
