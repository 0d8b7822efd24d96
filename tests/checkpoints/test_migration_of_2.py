"""Databases of version 1.1 are migrated after a copy, and their runs resume."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, SCHEMA
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.upgrade import migration
from pi_tui.errors import DamagedError, NotOursError, StorageError
from pi_tui.examples.lucas_lehmer import Mersenne
from pi_tui.machine import Kind, Task
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.spigot import Spigot
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import execute
from tests.checkpoints.old_databases import content, finish, old, old_server
from tests.checkpoints.server import Server
from tests.helpers import pi as pi_by_mpmath

PI, MERSENNE = SpigotKind(), Mersenne()
NAMES = ("finished", "unfinished", "blocks", "comparing", "lucas", "several")
PIECES = "SELECT run_id, sha256, part, data FROM pi_piece ORDER BY 1, 2, 3"


def goes_on(store: CheckpointStore, task: Task, steps: int) -> bytes:
    """Resume a run that was saved at step `steps`, and complete it; return its whole output."""
    run = store.open_run(task)
    loaded = store.load(run)
    assert loaded.machine is not None
    assert loaded.checkpoint is not None
    assert (loaded.machine.steps, loaded.checkpoint.steps, loaded.notes) == (steps, steps, ())
    output = loaded.machine.finalize()
    store.complete(run, loaded.machine, 1.0, verified=False)
    assert store.load(run).output == output
    assert store.check() == []
    return output


@pytest.mark.parametrize("name", NAMES)
def test_migration_of_1_1_makes_a_copy_and_keeps_every_piece(
    name: str, path: str, open_store: OpenStore
) -> None:
    old(name, path, schema=2)
    before, pieces = content(path), execute(path, PIECES)
    open_store(kind=PI).close()
    assert content(f"{path}.schema-2") == before
    assert os.stat(f"{path}.schema-2").st_mode & 0o777 == 0o600
    assert execute(path, "PRAGMA user_version") == [(SCHEMA,)]
    assert execute(path, PIECES) == pieces
    assert execute(path, "PRAGMA foreign_key_check") == []
    assert execute(path, "PRAGMA integrity_check") == [("ok",)]


def test_finished_run_of_1_1_stays_finished_and_verified(path: str, open_store: OpenStore) -> None:
    old("finished", path, schema=2)
    store = open_store(kind=PI)
    loaded = store.load(store.open_run(PI.task(1000)))
    assert (loaded.run.status, loaded.run.verified, loaded.notes) == (COMPLETE, True, ())
    assert loaded.output == pi_by_mpmath(1000)
    assert store.check() == []
    seen = glance(path, PI, PI.task(1000))
    assert seen is not None
    assert (seen.output, seen.verified) == (loaded.output, True)


def test_run_of_1_1_is_found_with_other_tuning_and_keeps_its_own(
    path: str, open_store: OpenStore
) -> None:
    old("unfinished", path, schema=2)
    store = open_store(kind=PI)
    (there,) = store.runs()
    asked = PI.task(3000, 25, "rabinowitz-wagon")
    assert store.find_run(asked) == store.find_run(there.task)
    assert glance(path, PI, asked) is not None
    run = store.open_run(asked)
    assert (run.id, run.task, run.notes) == (there.id, there.task, ())
    assert [other.id for other in store.runs()] == [there.id]
    assert finish(store, 3000).notes == ()


def test_work_saved_by_1_1_while_it_made_blocks_is_kept(path: str, open_store: OpenStore) -> None:
    old("blocks", path, schema=2)
    store = open_store(kind=PI)
    (run,) = store.runs()
    assert (run.committed, round(run.share or 0, 2)) == (0, 0.43)
    assert goes_on(store, PI.task(20_000), 10) == pi_by_mpmath(20_000)


def test_verification_begun_by_1_1_starts_again_but_its_steps_still_count(
    path: str, open_store: OpenStore
) -> None:
    """The intermediate results that version 1.1 saved are of no use to this version."""
    old("comparing", path, schema=2)
    store = open_store(kind=PI)
    run = store.open_run(PI.task(3000))
    loaded = store.load(run)
    spigot, checkpoint = loaded.machine, loaded.checkpoint
    assert isinstance(spigot, Spigot)
    assert checkpoint is not None
    assert loaded.notes == ()
    assert (spigot.steps, spigot.kept) == (checkpoint.steps, {})
    steps = [spigot.steps]
    assert PI.verify(run.task, spigot.output, lambda *_: steps.append(spigot.steps), spigot)
    assert steps == sorted(steps)
    store.save(run, spigot, 2.0)
    again = store.load(run)
    assert again.machine is not None
    assert (again.machine.steps, again.notes) == (spigot.steps, ())
    assert store.check() == []


def test_run_of_1_1_of_another_kind_resumes(path: str, open_store: OpenStore) -> None:
    old("lucas", path, schema=2)
    with open_store(kind=PI) as store:  # the migration does not know this kind
        assert store.runs() == []
    assert goes_on(open_store(kind=MERSENNE), MERSENNE.task(9689), 4) == b"prime"


def test_several_runs_of_1_1_keep_content_and_order(path: str, open_store: OpenStore) -> None:
    old("several", path, schema=2)
    with open_store(kind=PI) as store:
        runs = [(run.goal, run.status, run.verified, run.committed) for run in store.runs()]
        assert runs == [
            (900, ACTIVE, False, 297),
            (1200, COMPLETE, False, 1200),
            (800, ACTIVE, False, 192),
            (500, COMPLETE, True, 500),
        ]
        for digits in (800, 900, 700):
            finish(store, digits)
        assert store.check() == []
    assert goes_on(open_store(kind=MERSENNE), MERSENNE.task(4423), 1) == b"prime"


def test_changed_steps_of_1_1_are_damage_after_migration(path: str, open_store: OpenStore) -> None:
    old("unfinished", path, schema=2)
    newest = "WHERE seq = (SELECT max(seq) FROM pi_checkpoint)"
    execute(path, f"UPDATE pi_checkpoint SET steps = steps + 1 {newest}")
    store = open_store(kind=PI)
    assert store.check() == ["run 3000: checkpoint 3: its SHA-256 differs"]
    loaded = finish(store, 3000)
    assert loaded.checkpoint is not None
    assert (loaded.checkpoint.seq, loaded.checkpoint.version) == (2, 2)


@pytest.mark.parametrize("name", NAMES)
def test_reader_of_1_1_database_changes_nothing_and_says_what_to_do(
    name: str, path: str, open_store: OpenStore
) -> None:
    old(name, path, schema=2)
    before = Path(path).read_bytes()
    with pytest.raises(NotOursError, match=r"earlier version.*open it once for computing"):
        open_store(kind=PI, write=False)
    assert glance(path, PI, None) is None
    assert Path(path).read_bytes() == before
    assert os.listdir(Path(path).parent) == ["pi.sqlite3"]


def test_unreadable_run_of_1_1_stays_damaged_and_harms_no_other(
    path: str, open_store: OpenStore
) -> None:
    old("several", path, schema=2)
    execute(path, "UPDATE pi_run SET parameters = '[' WHERE goal = 900")
    with open_store(kind=MERSENNE) as store:
        assert store.check() == ["run 900 of pi: its row holds parameters that cannot be read"]
    with open_store(kind=PI) as store, pytest.raises(DamagedError, match="cannot be read"):
        store.open_run(PI.task(900))


@pytest.mark.parametrize(
    ("failure", "raised"), [(MemoryError, StorageError), (KeyboardInterrupt, KeyboardInterrupt)]
)
def test_migration_of_1_1_that_fails_halfway_leaves_the_old_database_and_no_copy(
    failure: type[BaseException],
    raised: type[BaseException],
    path: str,
    open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old("several", path, schema=2)
    before = content(path)

    def failing(_connection: object) -> None:
        raise failure

    monkeypatch.setattr(migration, "give_identity", failing)
    with pytest.raises(raised):
        open_store(kind=PI)
    assert content(path) == before
    assert sorted(os.listdir(Path(path).parent)) == ["pi.sqlite3", "pi.sqlite3.lock"]
    monkeypatch.undo()
    with open_store(kind=PI) as store:
        assert len(store.runs()) == 4


@pytest.mark.parametrize(
    ("name", "kind", "task", "steps"),
    [
        ("unfinished", PI, PI.task(3000), 32),
        ("blocks", PI, PI.task(20_000), 10),
        ("lucas", MERSENNE, MERSENNE.task(9689), 4),
        ("several", MERSENNE, MERSENNE.task(4423), 1),
    ],
)
def test_postgres_database_of_1_1_is_migrated(
    name: str,
    kind: Kind,
    task: Task,
    steps: int,
    postgres: Server,
    postgres_url: str,
    open_store: OpenStore,
    tmp_path: Path,
) -> None:
    old_server(postgres, postgres_url, name, tmp_path, schema=2)
    with pytest.raises(NotOursError, match=r"earlier version.*open it once for computing"):
        open_store(postgres_url, kind, write=False)
    with open_store(postgres_url, kind) as store:
        goes_on(store, task, steps)
        assert store.open_run(task).status == COMPLETE
    with open_store(postgres_url, PI) as store:
        new = store.open_run(PI.task(2500))  # its id is a new one
        assert new.id not in [run.id for run in store.runs() if run.goal != 2500]
