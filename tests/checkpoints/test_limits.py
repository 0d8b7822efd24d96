"""Saves refuse what later loads would reject as damage, and use few SQL statements."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
from sqlalchemy import event

from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, PiTuiError
from pi_tui.machine import Kind, Limits, Piece, State, Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import GOAL, advance, begin, flip, save_some, tale, told
from tests.tiny import Finished, Walk, Walks


class Bounded(Walks):
    """Walks with low limits."""

    most = Limits()
    whole: int | None = None

    def limits(self, task: Task) -> Limits:
        return self.most

    def length(self, task: Task) -> int | None:
        return self.whole


class Exact(Walks):
    def length(self, task: Task) -> int:
        return 20


@pytest.mark.parametrize(
    ("most", "length", "words"),
    [
        (Limits(output=20), None, r"^\d+ letters of output, and its kind allows 20"),
        (Limits(output=20), 10**4, r"^\d+ letters of output, and its kind allows 20"),
        (Limits(steps=9), None, r"^40 steps, and its kind allows 9"),
        (Limits(state=50), None, r"^\d+ bytes of state, and its kind allows 50"),
    ],
)
def test_save_refuses_a_machine_above_the_limits_of_its_kind(
    most: Limits, length: int | None, words: str, open_store: OpenStore
) -> None:
    kind = Bounded()
    kind.most, kind.whole = most, length
    store = open_store(kind=kind)
    run, walk = begin(store)
    with pytest.raises(PiTuiError, match=words) as caught:
        store.save(run, advance(walk, 40), 0.0)
    assert caught.value.exit_code == 1
    assert store.checkpoints(run) == ()
    assert store.output(run, 0, 10) == b""
    assert store.check() == []


def test_error_at_an_output_limit_names_the_kind_once_and_is_not_noted_as_a_crash(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Bounded()
    kind.most = Limits(output=20)
    assert carry_on(kind, kind.task(), path, every_output=5) == (1, b"")
    assert capsys.readouterr().err.count("walk: ") == 1
    kind.most = Limits(output=10_000)
    assert carry_on(kind, kind.task(), path)[0] == 0
    assert "was cut off" not in capsys.readouterr().err


def test_state_exactly_at_its_limit_is_saved_and_loaded(open_store: OpenStore) -> None:
    kind = Bounded()
    store = open_store(kind=kind)
    run, walk = begin(store)
    first = store.save(run, advance(walk, 40), 0.0)
    kind.most = Limits(state=first.size)
    second = store.save(run, walk, 0.0)
    loaded = store.load(run).checkpoint
    assert loaded is not None
    assert (loaded.seq, loaded.size) == (second.seq, first.size)


def test_glance_returns_the_whole_output_of_a_complete_run_of_two_megabytes(
    open_store: OpenStore, path: str
) -> None:
    store = open_store()
    run, _ = begin(store)
    output = b"27 00\n" * 350_000
    store.complete(run, Finished(output), 0.0, verified=False)
    seen = glance(path, Walks(), None)
    assert seen is not None
    assert (seen.output == output, seen.complete) == (True, True)


def test_save_refuses_more_output_than_the_task_has_and_complete_refuses_less(
    open_store: OpenStore,
) -> None:
    store = open_store(kind=Exact())
    run, walk = begin(store)
    with pytest.raises(PiTuiError, match=r"^[\d,]+ letters of output, and its kind allows 20"):
        store.save(run, advance(walk, 40), 0.0)
    with pytest.raises(PiTuiError, match=r"^3 letters do not complete a run of 20"):
        store.complete(run, Finished(b"1 2"), 0.0, verified=False)
    assert store.load(run).output == b""


def test_save_refuses_output_the_kind_does_not_accept(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    good = walk.output
    walk.output += b"\xff"
    with pytest.raises(PiTuiError, match=r"^its output is not what its kind accepts"):
        store.save(run, advance(walk, 1), 0.0)
    assert store.load(run).output == good


class Unicode(Bounded):
    """Walks that accept whole characters of UTF-8 only, although a part may end within one."""

    def accepts(self, output: bytes) -> bool:
        try:
            return bool(output.decode())
        except UnicodeDecodeError:
            return False


def test_save_refuses_output_that_its_kind_would_not_accept_in_the_parts_of_a_load(
    open_store: OpenStore,
) -> None:
    store = open_store(kind=Unicode())
    run, walk = begin(store)
    walk.output = ("a" + "é" * 700_000).encode()
    with pytest.raises(PiTuiError, match=r"^its output is not what its kind accepts"):
        store.save(run, walk, 0.0)
    walk.output = ("é" * 700_000).encode()  # here no part ends within a character
    store.save(run, walk, 0.0)
    store.save(run, advance(walk, 1), 0.0)  # without new output
    loaded = store.load(run)
    assert (loaded.notes, loaded.output) == ((), walk.output)


def test_machine_whose_steps_are_numpy_integers_is_saved_and_loaded(
    store: CheckpointStore,
) -> None:
    run, walk = save_some(store)
    walk.steps = numpy.int64(walk.steps)  # type: ignore[assignment]
    saved = store.save(run, advance(walk, 5), 0.0)
    loaded = store.load(run)
    assert loaded.notes == ()
    assert loaded.checkpoint == replace(saved, duration=None)
    assert told(loaded.machine) == told(walk)


def test_save_refuses_a_machine_whose_steps_are_a_float(store: CheckpointStore) -> None:
    run, walk = save_some(store)
    before = store.checkpoints(run)
    walk.steps = float(walk.steps)  # type: ignore[assignment]
    with pytest.raises(PiTuiError, match=r"^steps must be an int, not float$"):
        store.save(run, advance(walk, 5), 0.0)
    assert store.checkpoints(run) == before


class Once(Walks):
    """Walks that are declared unrepeatable."""

    repeatable = False


@pytest.mark.parametrize("damage", ["checkpoint", "output"])
def test_unrepeatable_run_goes_back_to_the_output_of_its_last_good_checkpoint(
    damage: str, open_store: OpenStore, path: str
) -> None:
    kind: Kind = Once()
    with open_store(kind=kind) as store:
        run, walk = save_some(store)
        newest, older = store.checkpoints(run)
        assert newest.length > older.length
    if damage == "checkpoint":
        flip(path, "pi_checkpoint", "sha256", "seq = 3")
    else:
        flip(path, "pi_output", "data", f"start >= {older.length}")
    with open_store(kind=kind) as store:
        loaded = store.load(run := store.open_run(run.task))
        assert loaded.checkpoint == older
        assert loaded.output == walk.output[: older.length]
        assert loaded.run.committed == older.length
        if damage == "checkpoint":
            lost = newest.length - older.length
            assert loaded.notes[-1] == (
                "this output cannot be computed again: the run goes on after "
                f"{older.length} letters; {lost} after them are discarded"
            )
        assert loaded.machine is not None
        other = loaded.machine
        other.output = bytes(other.output) + b"seen for the first time\n"
        store.save(run, advance(other, 1), 0.0)
        again = store.load(run)
        assert (again.notes, again.output) == ((), other.output)
        assert store.check() == []


def test_unrepeatable_run_without_good_checkpoint_restarts_with_a_note(
    open_store: OpenStore, path: str
) -> None:
    with open_store(kind=Once()) as store:
        run, _ = save_some(store)
    flip(path, "pi_checkpoint", "sha256")
    with open_store(kind=Once()) as store:
        loaded = store.load(run := store.open_run(run.task))
        assert (loaded.checkpoint, loaded.output) == (None, b"")
        assert "the run goes on after 0 letters" in loaded.notes[-1]
        assert loaded.machine is not None
        store.save(run, advance(loaded.machine, 12), 0.0)
        assert store.load(run).notes == ()


def test_complete_unrepeatable_run_with_damaged_output_is_refused_and_keeps_the_rest(
    open_store: OpenStore, path: str
) -> None:
    with open_store(kind=Once()) as store:
        run, walk = save_some(store)
        store.complete(run, Finished(walk.finalize()), 1.0, verified=False)
    flip(path, "pi_output", "data", "start = (SELECT max(start) FROM pi_output)")
    before = Path(path).read_bytes()
    with open_store(kind=Once()) as store:
        run = store.open_run(run.task)
        with pytest.raises(DamagedError, match="cannot be computed again, so it was left"):
            store.load(run)
    assert Path(path).read_bytes() == before
    with open_store(kind=Once()) as store:
        run = store.restart(store.open_run(run.task), run.task)
        assert store.load(run).output == b""


@contextmanager
def statements(store: CheckpointStore) -> Iterator[list[str]]:
    said: list[str] = []

    def note(*arguments: Any) -> None:
        said.append(arguments[2])

    event.listen(store._engine, "before_cursor_execute", note)
    yield said
    event.remove(store._engine, "before_cursor_execute", note)


def test_fourth_to_sixth_save_take_12_sql_statements_at_most_and_read_no_manifest(
    store: CheckpointStore,
) -> None:
    run, walk = save_some(store)
    for _ in range(3):
        with statements(store) as said:
            store.save(run, advance(walk, 10), 0.0)
        reads = [one for one in said if one.startswith("SELECT")]
        assert len(said) <= 12, said
        assert sum("FROM pi_checkpoint" in one and "manifest" in one for one in reads) == 0
    assert store.check() == []


def test_run_saved_ten_times_without_a_load_ends_with_the_right_output(
    open_store: OpenStore,
) -> None:
    store = open_store()
    run, walk = begin(store)
    machine: Walk = walk
    for _ in range(10):
        store.save(run, advance(machine, 10), 0.0)
        assert store.check() == []
    store.complete(run, Finished(machine.finalize()), 0.0, verified=False)
    assert store.load(run).output == tale(GOAL)


def test_check_of_a_state_needs_little_memory_for_lasting_pieces(open_store: OpenStore) -> None:
    class Stacked(Walk):
        def to_state(self) -> State:
            table = {f"t{n}": Piece(bytes([n]) * 2**20, lasting=True) for n in range(20)}
            return State({**super().to_state().pieces, **table})

    with open_store(kind=Bounded()) as store:
        run, _ = begin(store)
        store.save(run, advance(Stacked(run.task), 3), 0.0)
    reader = open_store(kind=Bounded(), write=False)
    tracemalloc.start()
    try:
        assert reader.check() == []
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
