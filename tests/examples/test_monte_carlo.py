"""The darts machine: killed, with changed input, with changed code, with another seed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Poll, State, Task, unwatched
from pi_tui.testing import prove
from tests.examples.helpers import ended, last_line, running, saved_steps
from tests.examples.monte_carlo import BATCH, DartGames, Darts
from tests.helpers import wait_until

PROGRAM = Path(__file__).with_name("monte_carlo.py")
GAMES = 400
TASK = Task(4, {"seed": 3})


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "table.csv"
    path.write_text("1,2\n")
    return path


def killed(database: Path, *arguments: object) -> int:
    """Start the game, kill it as soon as one more step is saved, return the steps saved."""
    kind = DartGames(Path(str(arguments[-1])))
    before = saved_steps(database, kind)
    with running(PROGRAM, *arguments) as child:
        wait_until(lambda: saved_steps(database, kind) > before)
        assert child.poll() is None
        child.kill()
        child.wait()
    return saved_steps(database, kind)


def test_game_killed_twice_ends_with_the_output_of_an_undisturbed_one(table: Path) -> None:
    database = table.with_name("darts.sqlite3")
    killed(database, GAMES, 3, table)
    killed(database, GAMES, 3, table)
    done = ended(PROGRAM, GAMES, 3, table)
    whole = DartGames(table).new(Task(GAMES, {"seed": 3})).finalize()
    assert (done.returncode, done.stdout.encode()) == (0, whole), done.stderr


def test_changed_input_is_refused_and_the_original_resumes(table: Path) -> None:
    database = table.with_name("darts.sqlite3")
    whole = DartGames(table).new(Task(GAMES, {"seed": 3})).finalize()
    steps = killed(database, GAMES, 3, table)
    table.write_text("1,3\n")
    refused = ended(PROGRAM, GAMES, 3, table)
    assert (refused.returncode, refused.stdout) == (2, "")
    told = f"darts: {table} has changed since this game began; put the old one back"
    assert last_line(refused.stderr) == told
    table.write_text("1,2\n")
    assert saved_steps(database, DartGames(table)) == steps, "nothing has changed"
    done = ended(PROGRAM, GAMES, 3, table)
    assert (done.returncode, done.stdout.encode()) == (0, whole), done.stderr


def test_game_with_another_seed_is_another_run_in_the_same_database(table: Path) -> None:
    first, other = (ended(PROGRAM, 20, seed, table) for seed in (3, 4))
    whole = [DartGames(table).new(Task(20, {"seed": seed})).finalize() for seed in (3, 4)]
    assert [first.stdout.encode(), other.stdout.encode()] == whole
    assert "another run of goal 20 is here with seed=3; this one has seed=4" in other.stderr
    assert ended(PROGRAM, 20, 3, table).stdout.encode() == whole[0]


def test_game_saved_by_a_newer_version_of_the_code_is_refused_and_kept(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = table.with_name("darts.sqlite3")
    monkeypatch.setattr(DartGames, "version", 2)
    kind, task = DartGames(table), Task(GAMES, {"seed": 3})
    with CheckpointStore.open(str(database), kind) as store:
        run, game = store.open_run(task), kind.new(task)
        game.step()
        store.save(run, game, 1.0)
    older = ended(PROGRAM, GAMES, 3, table)
    assert older.returncode == 7
    assert "newer version" in older.stderr
    assert saved_steps(database, kind) == 1


def test_prove_accepts_the_dart_game(table: Path) -> None:
    prove(DartGames(table), TASK)


class Impatient(Darts):
    """A faulty machine: a cancelled step uses up random numbers, because it draws from no copy."""

    def step(self, poll: Poll = unwatched) -> None:
        hits = 0
        for dart in range(BATCH):
            if dart % 1_000 == 0:
                poll(dart, BATCH)
            hits += self.random.random() ** 2 + self.random.random() ** 2 < 1
        self.steps, self.hits = self.steps + 1, self.hits + hits
        self.output += b"%d\n" % self.hits


class Forgetful(Darts):
    """A faulty machine: it saves the random generator of another game."""

    def to_state(self) -> State:
        mine, self.random = self.random, random.Random(1)
        state = super().to_state()
        self.random = mine
        return state


class Others(DartGames):
    def __init__(self, table: Path, machine: type[Darts]) -> None:
        super().__init__(table)
        self.machine = machine

    def new(self, task: Task) -> Darts:
        return self.machine(task, self.digest())

    def from_state(self, task: Task, state: State, output: bytes) -> Darts:
        machine = self.new(task)
        vars(machine).update(vars(super().from_state(task, state, output)))
        return machine


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        (Impatient, "in the middle of step 1: the machine has the piece 'state' b'"),
        (Forgetful, "after step 0: the machine resumed from its state makes output b'"),
    ],
)
def test_prove_rejects_a_game_that_loses_its_random_state_when_cancelled_or_saved(
    machine: type[Darts], told: str, table: Path
) -> None:
    with pytest.raises(AssertionError) as found:
        prove(Others(table, machine), TASK)
    assert str(found.value).startswith(told)
