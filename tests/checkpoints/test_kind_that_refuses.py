"""A kind that refuses its task or saved state: its message is shown whole, nothing is changed."""

from __future__ import annotations

from typing import Any

import pytest

from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.records import COMPLETE
from pi_tui.errors import UsageError
from pi_tui.machine import BadState, Limits, Refused, State, Task
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.dice import Dice, DiceKind, begun, dice, finished
from tests.checkpoints.helpers import execute


class Picky(DiceKind):
    """A kind that raises Refused in its method `at`, as if its input had changed."""

    words = (
        "the input a.csv is not what it was: 12 lines, and it had 10. Put the old one back. " * 3
    )

    def __init__(self, at: str = "") -> None:
        super().__init__()
        self.at = at

    def _look(self, at: str) -> None:
        if self.at == at:
            raise Refused(self.words)

    def new(self, task: Task) -> Dice:
        self._look("new")
        return super().new(task)

    def from_state(self, task: Task, state: State, output: bytes) -> Dice:
        self._look("from_state")
        return super().from_state(task, state, output)

    def limits(self, task: Task) -> Limits:
        self._look("limits")
        return Limits()


def dump(path: str) -> list[Any]:
    hidden = "epoch, touched"  # internal counters
    columns = [
        name
        for (name,) in execute(path, "SELECT name FROM pragma_table_info('pi_run')")
        if name not in hidden
    ]
    tables = ("pi_checkpoint", "pi_piece", "pi_output")
    rows = [execute(path, f"SELECT * FROM {table}") for table in tables]
    return [execute(path, f"SELECT {', '.join(columns)} FROM pi_run"), *rows]


def left_at_step_5(open_store: OpenStore, path: str) -> list[Any]:
    """Begin a run, save it at step 5 and close it cleanly; return what the database holds."""
    with open_store(kind=DiceKind()) as store:
        store.leave(begun(store, dice()))
    return dump(path)


def is_resumed_at_step_5(open_store: OpenStore) -> bool:
    with open_store(kind=DiceKind()) as store:
        loaded = store.load(store.open_run(dice()))
        return (loaded.notes, loaded.machine and loaded.machine.steps) == ((), 5)


@pytest.mark.parametrize("at", ["from_state", "limits"])
def test_refusal_of_a_kind_is_shown_in_full_and_keeps_what_was_saved(
    at: str, open_store: OpenStore, path: str
) -> None:
    before = left_at_step_5(open_store, path)
    with open_store(kind=Picky(at)) as store:
        with pytest.raises(UsageError) as caught:
            store.load(store.open_run(dice()))
        assert str(caught.value) == Picky.words
        assert [run.committed for run in store.runs()] == [5]
        assert store.check() == []
    assert dump(path) == before
    with open_store(kind=Picky()) as store:
        run = store.open_run(dice())
        assert run.owner == ""
        loaded = store.load(run)
        assert (loaded.notes, loaded.machine and loaded.machine.steps) == ((), 5)


class Edited(DiceKind):
    """A kind whose code was edited, so that it does not take what it saved before."""

    def from_state(self, task: Task, state: State, output: bytes) -> Dice:
        raise BadState("these are not two numbers")


def test_run_is_refused_and_kept_if_from_state_rejects_all_its_intact_checkpoints(
    open_store: OpenStore, path: str
) -> None:
    before = left_at_step_5(open_store, path)
    with open_store(kind=Edited()) as store:
        with pytest.raises(UsageError) as caught:
            store.load(store.open_run(dice()))
        assert str(caught.value).startswith(
            "checkpoint 1 cannot be read by this program (these are not two numbers); "
            "start the program that saved it, or "
        )
    assert dump(path) == before
    assert is_resumed_at_step_5(open_store)


class Miscounting(DiceKind):
    """A kind whose code was edited, so that it forgets how many steps were made."""

    def from_state(self, task: Task, state: State, output: bytes) -> Dice:
        machine = super().from_state(task, state, output)
        machine.steps = 0
        return machine


def test_whole_checkpoints_whose_steps_the_code_does_not_restore_are_kept(
    open_store: OpenStore, path: str
) -> None:
    before = left_at_step_5(open_store, path)
    with open_store(kind=Miscounting()) as store, pytest.raises(UsageError, match="row and its"):
        store.load(store.open_run(dice()))
    assert dump(path) == before


def test_run_that_its_kind_refuses_keeps_the_owner_left_by_a_crash(open_store: OpenStore) -> None:
    with open_store(kind=Picky()) as store:
        begun(store, dice())
    with open_store(kind=Picky("from_state")) as store, pytest.raises(UsageError):
        store.load(store.open_run(dice()))
    with open_store(kind=Picky()) as store:
        assert store.open_run(dice()).owner != ""


def test_run_that_is_new_saved_and_then_refused_by_its_kind_keeps_no_owner(
    open_store: OpenStore,
) -> None:
    kind = Picky()
    with open_store(kind=kind) as store:
        run = begun(store, dice())
        kind.at = "from_state"
        with pytest.raises(UsageError):
            store.load(run)
    with open_store(kind=Picky()) as store:
        assert store.open_run(dice()).owner == ""


@pytest.mark.parametrize("at", ["new", "limits"])
def test_refused_new_run_leaves_no_row(at: str, open_store: OpenStore) -> None:
    with open_store(kind=Picky(at)) as store:
        with pytest.raises(UsageError) as caught:
            store.load(store.open_run(dice()))
        assert str(caught.value) == Picky.words
        assert store.runs() == []


@pytest.mark.parametrize("at", ["new", "limits"])
def test_fresh_start_that_the_kind_refuses_deletes_nothing(
    at: str, open_store: OpenStore, path: str
) -> None:
    before = left_at_step_5(open_store, path)
    assert carry_on(Picky(at), dice(), path, fresh=True) == (2, b"")
    assert dump(path) == before
    with open_store(kind=Picky()) as store:
        assert store.open_run(dice()).owner == ""


def test_complete_run_is_loaded_although_its_kind_now_refuses_the_task(
    open_store: OpenStore,
) -> None:
    with open_store(kind=Picky()) as store:
        output = finished(store, dice())
    for at in ("new", "from_state", "limits"):
        with open_store(kind=Picky(at)) as store:
            loaded = store.load(store.open_run(dice()))
            assert (loaded.run.status, loaded.output) == (COMPLETE, output)


def test_impossible_task_raises_usage_error_not_damaged_error(open_store: OpenStore) -> None:
    class Even(DiceKind):
        def limits(self, task: Task) -> Limits:
            if task.goal % 2:
                raise BadState("an even goal is needed")
            return Limits()

    store = open_store(kind=Even())
    with pytest.raises(UsageError, match="an impossible task: an even goal is needed"):
        store.open_run(dice(goal=21))
    assert store.runs() == []
