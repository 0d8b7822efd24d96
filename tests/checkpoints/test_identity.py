"""The run of a task is identified by kind, goal and parameters, tuning excluded."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pi_tui.checkpoints import catalogue
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, NotOursError
from pi_tui.machine import Task, Work
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.dice import Dice, DiceKind, begun, dice, finished
from tests.checkpoints.helpers import advance, execute
from tests.checkpoints.server import Server


def test_another_seed_makes_another_run_with_its_own_output(open_store: OpenStore) -> None:
    store = open_store(kind=DiceKind())
    outputs = [finished(store, dice(seed)) for seed in (1, 2, 3)]
    assert outputs == [Dice(dice(seed)).finalize() for seed in (1, 2, 3)]
    assert [finished(store, dice(seed)) for seed in (1, 2, 3)] == outputs
    assert len({run.id for run in store.runs()}) == len(set(outputs)) == 3
    assert store.check() == []


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ("5", 5, "table=5; this one has table='5'"),
        ("True", True, "table=True; this one has table='True'"),
        (b"x", "78", "table='78'; this one has table=0x78"),
        (
            f"/{'a' * 50}/june.csv",
            f"/{'a' * 50}/july.csv",
            f"table=…{'a' * 17}/july.csv; this one has table=…{'a' * 17}/june.csv",
        ),
        (
            "x" * 100,
            "x" * 45,
            f"table=…{'x' * 20}; this one has table=…{'x' * 39}",
        ),
    ],
    ids=["text and int", "text and bool", "bytes and text", "long texts", "a longer text"],
)
def test_note_on_another_run_distinguishes_parameters_that_look_alike(
    mine: object, theirs: object, said: str, open_store: OpenStore
) -> None:
    store = open_store(kind=DiceKind())
    store.open_run(dice(1, table=theirs))
    (note,) = store.open_run(dice(1, table=mine)).notes
    assert note == f"another run of goal 20 is here with {said}"


def test_new_run_notes_once_how_its_parameters_differ_from_other_runs_of_its_goal(
    open_store: OpenStore,
) -> None:
    store = open_store(kind=DiceKind())
    assert store.open_run(dice(1, threads=2)).notes == ()
    assert store.open_run(dice(2, threads=4)).notes == (
        "another run of goal 20 is here with seed=1; this one has seed=2",
    )
    assert store.open_run(dice(2)).notes == ()
    assert store.open_run(dice(1, goal=21)).notes == ()
    assert store.open_run(dice(1, table="a")).notes == (
        "2 other runs of goal 20 are here, the last with seed=2, no table; "
        "this one has seed=1, table=a",
    )


def test_task_with_other_tuning_opens_the_same_run_and_changes_no_tuning(
    open_store: OpenStore, path: str
) -> None:
    kind = DiceKind()
    with open_store(kind=kind) as store:
        run = begun(store, dice(threads=2))
        again = store.open_run(dice(threads=8))
        assert (again.id, again.task) == (run.id, run.task)
        assert store.find_run(dice(threads=16)) == store.find_run(run.task)
        assert store.find_run(dice(2)) is None
    seen = glance(path, kind, dice(threads=9))
    assert seen is not None
    assert seen.output == Dice(dice()).finalize()[:5]
    assert glance(path, kind, dice(2)) is None


def test_delete_spares_the_run_of_another_seed(open_store: OpenStore) -> None:
    store = open_store(kind=DiceKind())
    for seed in (1, 2):
        begun(store, dice(seed))
    store.delete(dice(1, threads=3))
    store.delete(dice(1))
    assert [run.task for run in store.runs()] == [dice(2)]
    assert store.check() == []


@pytest.mark.parametrize("where", ["file", "server"])
def test_parameters_are_read_back_exactly(
    where: str, open_store: OpenStore, path: str, request: pytest.FixtureRequest
) -> None:
    location = path if where == "file" else request.getfixturevalue("postgres_url")
    task = dice(rate=0.1, tiny=5e-324, on=True, key=b"\x00\xff", text="\x00ü\udcff", p=Path("a"))
    with open_store(location, DiceKind()) as store:
        store.open_run(task)
    with open_store(location, DiceKind(), write=False) as store:
        (run,) = store.runs()
        assert run.task == task
        assert store.find_run(task) == replace(run, size=0, share=None)


def test_runs_are_found_after_their_kind_changes_its_tuning(
    open_store: OpenStore, path: str
) -> None:
    class Strict(DiceKind):
        tuning = ()

    with open_store(kind=Strict()) as store:
        ids = {n: begun(store, dice(threads=n)).id for n in (1, 2)}
        assert ids[1] != ids[2]
    with open_store(kind=DiceKind()) as store:  # the run last worked on is meant
        found = store.open_run(dice())
        assert (found.id, found.notes) == (ids[2], ())
        assert len(store.runs()) == 2
    with open_store(kind=Strict()) as store:
        for n in (1, 2):
            assert store.open_run(dice(threads=n)).id == ids[n]
        assert store.open_run(dice()).id not in ids.values()
        assert store.check() == []


@pytest.mark.parametrize("first", ["sized", "colored"])
def test_runs_are_found_if_changed_tuning_gives_one_run_the_old_identity_of_the_other(
    first: str, open_store: OpenStore
) -> None:
    class TunedBySize(DiceKind):
        tuning = ("size",)

    class TunedByColor(DiceKind):
        tuning = ("color",)

    with open_store(kind=TunedBySize()) as store:
        sized, colored = begun(store, dice(size=2)).id, begun(store, dice(color="red")).id
    with open_store(kind=TunedByColor()) as store:
        tasks = {dice(size=2): sized, dice(): colored}
        for task in sorted(tasks, reverse=first == "colored", key=list(tasks).index):
            assert store.open_run(task).id == tasks[task]
        assert store.check() == []


def test_task_without_a_parameter_that_was_tuning_finds_no_run_that_has_it(
    open_store: OpenStore,
) -> None:
    class TunedBySize(DiceKind):
        tuning = ("size",)

    with open_store(kind=TunedBySize()) as store:
        begun(store, dice(size=2))
    with open_store(kind=DiceKind()) as store:
        assert store.find_run(dice()) is None
        store.delete(dice())
        assert [run.task for run in store.runs()] == [dice(size=2)]
        assert store.open_run(dice()).task == dice()
        assert len(store.runs()) == 2


def test_new_run_beside_many_of_its_goal_reads_the_parameters_of_few(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, read, of_text = open_store(kind=DiceKind()), list[str](), Task.of_text

    def counted(goal: int, text: str) -> Task:
        read.append(text)
        return of_text(goal, text)

    monkeypatch.setattr(catalogue, "FEW", 9)
    for seed in range(1, 30):
        store.open_run(dice(seed))
    monkeypatch.setattr(Task, "of_text", counted)
    assert store.find_run(dice(30)) is None
    assert store.open_run(dice(30)).task == dice(30)
    assert len(set(read)) <= 2


def test_damaged_run_of_another_goal_is_no_obstacle_to_a_change_of_tuning(
    open_store: OpenStore, path: str
) -> None:
    class Strict(DiceKind):
        tuning = ()

    with open_store(kind=DiceKind()) as store:
        begun(store, dice(1, goal=30))
        begun(store, dice(2))
    execute(path, "UPDATE pi_run SET parameters = 'x' WHERE goal = 30")
    with open_store(kind=Strict()) as store:
        assert store.open_run(dice(3)).task == dice(3)
        assert store.find_run(dice(2)) is not None


def test_run_with_a_damaged_identity_is_found_by_its_parameters(
    open_store: OpenStore, path: str
) -> None:
    with open_store(kind=DiceKind()) as store:
        found = [begun(store, dice(seed)).id for seed in (1, 2)]
    execute(path, "UPDATE pi_run SET identity = 'x' || identity")
    with open_store(kind=DiceKind()) as store:
        assert [store.open_run(dice(seed)).id for seed in (1, 2)] == found


def test_kind_version_is_saved_given_to_from_state_and_refused_if_newer(
    open_store: OpenStore,
) -> None:
    class Newer(DiceKind):
        version = 2

    with open_store(kind=DiceKind()) as store:
        begun(store, dice())
    newer = Newer()
    with open_store(kind=newer) as store:
        run = store.open_run(dice())
        machine = store.load(run).machine
        assert machine is not None
        assert store.save(run, advance(machine, 1), 0.0).version == 2
        assert [one.version for one in store.checkpoints(run)] == [2, 1]
        store.load(run)
    assert newer.seen == [1, 2]
    with open_store(kind=DiceKind()) as store:
        with pytest.raises(NotOursError, match=r"newer version.*dice 2, this one knows 1"):
            store.open_run(dice())
        assert store.open_run(dice(2)).notes != ()


@pytest.mark.parametrize("where", ["file", "server"])
def test_checkpoint_keeps_the_work_and_gives_the_share_of_it_that_is_done(
    where: str, open_store: OpenStore, path: str, request: pytest.FixtureRequest
) -> None:
    location = path if where == "file" else request.getfixturevalue("postgres_url")
    kind = DiceKind()
    with open_store(location, kind) as store:
        run = begun(store, dice(), steps=10)
        (checkpoint,) = store.checkpoints(run)
        assert (checkpoint.work, checkpoint.share(kind, run.task)) == (Work(100.0, 400.0), 0.25)
        assert [one.share for one in store.runs()] == [0.25]


def test_save_succeeds_if_the_method_work_returns_nonsense(open_store: OpenStore) -> None:
    class Lost(Dice):
        def work(self) -> Work:
            return Work(float("nan"), float("inf"))

    store = open_store(kind=DiceKind())
    run = store.open_run(dice())
    saved = store.save(run, advance(Lost(run.task), 3), 0.0)
    assert saved.work is None
    assert [one.work for one in store.checkpoints(run)] == [None]


def test_checkpoint_whose_row_was_edited_counts_as_damaged(
    open_store: OpenStore, path: str
) -> None:
    for change in ("done = 399", "total = -1", "done = 'much'", "done = 1e999", "version = 0"):
        with open_store(kind=DiceKind()) as store:
            run = begun(store, dice(), steps=10)
        execute(path, f"UPDATE pi_checkpoint SET {change}")
        with open_store(kind=DiceKind()) as store:
            loaded = store.load(store.open_run(dice()))
            assert loaded.checkpoint is None
            assert "is damaged" in loaded.notes[0]
            store.delete(run.task)


def test_postgres_distinguishes_runs_by_parameters(
    postgres: Server, postgres_url: str, open_store: OpenStore
) -> None:
    store = open_store(postgres_url, DiceKind())
    for seed in (1, 2):
        assert finished(store, dice(seed)) == Dice(dice(seed)).finalize()
    assert store.open_run(dice(3)).notes != ()
    store.delete(dice(1))
    assert sorted(run.task.parameters["seed"] for run in store.runs()) == [2, 3]


def test_open_run_with_a_damaged_parameter_name_raises_and_begins_no_other(database: Path) -> None:
    kind = SpigotKind()
    with CheckpointStore.open(str(database), kind) as store:
        store.open_run(kind.task(300, 2))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE pi_run SET parameters = replace(parameters, 'boxes', 'bokes')")
    with CheckpointStore.open(str(database), kind) as store:
        with pytest.raises(DamagedError):
            store.open_run(kind.task(300, 2))
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("SELECT count(*) FROM pi_run").fetchone() == (1,)
