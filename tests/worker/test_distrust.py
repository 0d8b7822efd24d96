"""Checkpoints whose bytes are intact but whose numbers are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.commands.upkeep import check
from pi_tui.errors import WrongResultError
from pi_tui.machine import Machine, Poll, Task, WrongOutput, unwatched
from pi_tui.pi.spigot.comparison.reference import pi_digits
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker
from tests.tiny import Walks
from tests.worker.odd_walks import TASK, WHOLE

DIGITS = 2_000


def save_some_steps(location: str, monkeypatch: pytest.MonkeyPatch, *, wrong_from: int) -> None:
    """Save three checkpoints; change those from number `wrong_from` on in memory first."""
    kind = SpigotKind()
    task = kind.task(DIGITS, 50)
    with CheckpointStore.open(location, kind) as store, monkeypatch.context() as patch:
        patch.setattr(Spigot, "check", lambda _: None)
        run, spigot = store.open_run(task), kind.new(task)
        while not spigot.output:
            spigot.step()
        for number in range(1, 4):
            for _ in range(5):
                spigot.step()
            wrong = int(number >= wrong_from)
            spigot.predigit ^= wrong
            store.save(run, spigot, elapsed=1.0)
            spigot.predigit ^= wrong


def finish(location: str) -> Worker:
    kind = SpigotKind()
    worker = Worker(Job(kind, kind.task(DIGITS), location))
    worker.start()
    assert worker.join(60)
    return worker


def test_checkpoint_that_fails_its_check_is_skipped_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = str(tmp_path / "pi.sqlite3")
    save_some_steps(location, monkeypatch, wrong_from=3)

    worker = finish(location)

    assert worker.snapshot.state is State.COMPLETE, worker.snapshot.error
    assert any("checkpoint 3" in note for note in worker.snapshot.notes)
    assert worker.output == pi_digits(DIGITS)


def test_run_restarts_if_every_checkpoint_fails_its_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = str(tmp_path / "pi.sqlite3")
    save_some_steps(location, monkeypatch, wrong_from=1)

    worker = finish(location)

    assert worker.snapshot.state is State.COMPLETE, worker.snapshot.error
    newer, older, last = worker.snapshot.notes
    assert newer.startswith("checkpoint 3 is damaged (")
    assert older.startswith("checkpoint 2 is damaged (")
    assert "computing again from the start" in last
    assert worker.snapshot.resumed > 0
    assert worker.output == pi_digits(DIGITS)


def save_a_wrong_digit(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save 500 digits, of which number 301 is wrong."""
    kind = SpigotKind()
    task = kind.task(DIGITS, 50)
    with CheckpointStore.open(location, kind) as store, monkeypatch.context() as patch:
        patch.setattr(Spigot, "check", lambda _: None)
        run, spigot = store.open_run(task), kind.new(task)
        while len(spigot.output) < 500:
            spigot.step()
        spigot.output[300] ^= 1
        store.save(run, spigot, elapsed=1.0)


def test_worker_reports_the_first_wrong_saved_digit_and_computes_again_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = str(tmp_path / "pi.sqlite3")
    save_a_wrong_digit(location, monkeypatch)

    worker = finish(location)

    assert worker.snapshot.state is State.COMPLETE, worker.snapshot.error
    told = "digit 301 is wrong; what comes before is kept, the rest is computed again"
    assert told in worker.snapshot.notes
    assert worker.snapshot.resumed == 300
    assert worker.output == pi_digits(DIGITS)


class Interrupted(SpigotKind):
    """A kind whose first comparison with the other series is interrupted by a request."""

    def __init__(self, request: Callable[[Worker], object]) -> None:
        super().__init__()
        self.worker: Worker | None = None
        self._request = request

    def verify(
        self,
        task: Task,
        output: bytes | bytearray,
        poll: Poll = unwatched,
        machine: Machine | None = None,
    ) -> bool:
        if self.worker is not None:
            worker, self.worker = self.worker, None
            self._request(worker)
            poll(0, 1)
        return super().verify(task, output, poll, machine)


@pytest.mark.parametrize(
    ("request_", "state"), [(Worker.save_now, State.COMPLETE), (Worker.stop, State.PAUSED)]
)
def test_save_or_stop_request_while_a_wrong_saved_digit_is_examined_spoils_no_digit(
    request_: Callable[[Worker], object],
    state: State,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    location = str(tmp_path / "pi.sqlite3")
    save_a_wrong_digit(location, monkeypatch)
    kind = Interrupted(request_)
    worker = kind.worker = Worker(Job(kind, kind.task(DIGITS), location))

    worker.start()
    assert worker.join(60)

    assert worker.snapshot.state is state, worker.snapshot.error
    assert finish(location).output == pi_digits(DIGITS)


class Doubting(Walks):
    """A kind whose first check finds the output wrong, and the first -1 bytes of it right."""

    looks = 0

    def verify(self, *_: object) -> bool:
        self.looks += 1
        if self.looks == 1:
            raise WrongOutput("a wrong letter", b"27".find(b"x"))
        return True


def test_run_is_computed_again_and_completes_if_verify_called_a_negative_number_of_bytes_right(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Doubting()
    assert carry_on(kind, TASK, str(database)) == (0, WHOLE)
    assert kind.looks == 2
    told = "note: a wrong letter; what comes before is kept, the rest is computed again"
    assert told in capsys.readouterr().err.splitlines()


def test_check_command_counts_states_if_all_are_consistent_else_names_the_wrong_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = str(tmp_path / "good.sqlite3"), str(tmp_path / "bad.sqlite3")
    save_some_steps(good, monkeypatch, wrong_from=4)
    save_some_steps(bad, monkeypatch, wrong_from=3)

    assert check(good, Kinds(SpigotKind())) == 0
    assert "2 states found consistent" in capsys.readouterr().err
    with pytest.raises(WrongResultError, match="checkpoint 3"):
        check(bad, Kinds(SpigotKind()))
