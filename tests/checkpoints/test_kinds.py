"""Machines of several kinds in one database."""

from __future__ import annotations

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.errors import UsageError
from pi_tui.machine import Kind
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import (
    GOAL,
    advance,
    execute,
    flip,
    save_some,
    tale,
    this,
    told,
)
from tests.helpers import pi
from tests.tiny import StubbornWalks, Walks


def begun(store_of: OpenStore, kind: Kind, steps: int) -> None:
    with store_of(kind=kind) as store:
        task = kind.task(GOAL) if isinstance(kind, Walks | SpigotKind) else None
        assert task is not None
        run = store.open_run(task)
        machine = kind.new(task)
        store.save(run, advance(machine, steps), 0.0)


def test_runs_of_three_kinds_with_one_goal_are_kept_apart(open_store: OpenStore, path: str) -> None:
    spigots, walks = SpigotKind(), Walks()
    begun(open_store, walks, 20)
    begun(open_store, spigots, 2)
    begun(open_store, StubbornWalks(), 30)
    for kind, whole in ((spigots, pi(GOAL)), (walks, tale())):
        with open_store(kind=kind) as store:
            (run,) = store.runs()
            assert run.goal == GOAL
            assert store.latest_run() == store.find_run(run.task)
            machine = store.load(store.open_run(run.task)).machine
            assert machine is not None
            machine.finalize()
            store.complete(run, machine, 1.0, verified=False)
            assert store.load(run).output == whole
            seen = glance(path, kind, None)
            assert seen is not None
            assert seen.output == whole
    with open_store(kind=StubbornWalks()) as store:
        left = store.load(store.runs()[0])
        assert left.machine is not None
        assert (left.machine.steps, left.notes) == (30, ())


def test_delete_spares_the_run_of_another_kind(open_store: OpenStore) -> None:
    begun(open_store, Walks(), 20)
    begun(open_store, StubbornWalks(), 30)
    with open_store() as store:
        store.delete(Walks().task())
        assert store.runs() == []
    with open_store(kind=StubbornWalks()) as store:
        assert [run.goal for run in store.runs()] == [GOAL]
        assert store.check() == []


def test_check_finds_damaged_output_and_pieces_of_a_run_of_an_unknown_kind(
    open_store: OpenStore, path: str
) -> None:
    with open_store() as store:
        save_some(store)
    with open_store(kind=SpigotKind()) as stranger:
        assert stranger.check() == []
    flip(path, "pi_piece", "data", this(path, "table"))
    flip(path, "pi_output", "data", "start = 0")
    flip(path, "pi_piece", "data", this(path, "now", 2))
    with open_store(kind=SpigotKind(), write=False) as stranger:
        assert stranger.check() == [
            "run 27 of walk: output 1 to 24 is damaged; the 0 before are good",
            "run 27 of walk: checkpoint 3: 1 of its lasting pieces are missing or damaged",
            "run 27 of walk: checkpoint 2: its piece now is missing or damaged",
        ]


def test_backup_holds_the_runs_of_two_kinds(open_store: OpenStore, tmp_path: object) -> None:
    begun(open_store, Walks(), 20)
    begun(open_store, StubbornWalks(), 30)
    copy = f"{tmp_path}/copy"
    with open_store() as store:
        store.backup(copy)
    for kind in (Walks(), StubbornWalks()):
        with open_store(copy, kind) as store:
            assert store.load(store.runs()[0]).checkpoint is not None


def test_deleting_a_run_keeps_equal_pieces_of_a_run_of_another_kind(
    open_store: OpenStore, path: str
) -> None:
    begun(open_store, Walks(), 20)
    begun(open_store, StubbornWalks(), 20)
    assert execute(path, "SELECT count(*), count(DISTINCT sha256) FROM pi_piece") == [(6, 3)]
    with open_store() as store:
        store.delete(Walks().task())
    with open_store(kind=StubbornWalks()) as store:
        loaded = store.load(store.runs()[0])
        assert (loaded.checkpoint is not None, loaded.notes) == (True, ())
        assert told(loaded.machine) == told(advance(Walks().new(Walks().task()), 20))


def test_server_refuses_a_kind_whose_name_is_too_long_for_its_tables(
    postgres_url: str, open_store: OpenStore
) -> None:
    class Named(Walks):
        def __init__(self, length: int) -> None:
            self.name = "w" * length

    advised = "^on a server the name of a kind has at most 40 characters, not 41$"
    with pytest.raises(UsageError, match=advised):
        open_store(postgres_url, Named(41)).open_run(Walks().task())
    for store in (open_store(postgres_url, Named(40)), open_store(kind=Named(41))):
        run = store.open_run(Walks().task())
        assert store.find_run(run.task) is not None
