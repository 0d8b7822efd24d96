"""`pi-tui verify`: wrong digits, a database that cannot be written, a run begun again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Poll
from pi_tui.pi.commands import saved_digits
from pi_tui.pi.spigot.comparison.reference import first_difference
from pi_tui.pi.spigot.kind import SpigotKind
from tests.helpers import pi, pi_tui

DIGITS = 200
WRONG = pi(DIGITS)[:122] + b"0" * (DIGITS - 122)
"""Digits of which number 123 is the first wrong one."""


def complete(location: Path, digits: bytes, *, verified: bool) -> None:
    """Save a complete run with these digits in place of any run of so many digits."""
    kind = SpigotKind()
    task = kind.task(DIGITS)
    spigot = kind.new(task)
    spigot.output = bytearray(digits)
    with CheckpointStore.open(str(location), kind) as store:
        run = store.open_run(task)
        if run.last_seq:
            run = store.restart(run, task)
        store.complete(run, spigot, 1.0, verified=verified)


def test_verify_names_the_first_wrong_digit(database: Path) -> None:
    complete(database, WRONG, verified=True)
    done = pi_tui("verify", "--digits", "200", "--db", database)
    assert done.returncode == 5
    assert "digit 123 of the run of 200" in done.stderr
    status = pi_tui("status", "--db", database).stdout
    assert "unfinished" in status, "it counts as verified no more"
    done = pi_tui("run", "--digits", "200", "--db", database)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(200) + b"\n")


@pytest.mark.parametrize(
    ("digits", "code", "told"),
    [
        (WRONG, 5, "digit 123 of the run of 200 is not that of pi; the digits from there on could"),
        (pi(DIGITS), 2, "all 200 saved digits are those of pi\n"),
    ],
    ids=["wrong digits", "right digits"],
)
def test_verify_tells_its_result_although_the_database_cannot_be_written(
    digits: bytes, code: int, told: str, database: Path
) -> None:
    complete(database, digits, verified=False)
    os.link(database, database.with_name("hard link"))  # a file with two names is only read
    done = pi_tui("verify", "--db", database)
    assert told in done.stderr
    assert done.returncode == code


def test_verify_does_not_mark_a_run_that_was_begun_again_during_the_comparison(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(database, pi(DIGITS), verified=False)

    def slow(text: bytes, poll: Poll) -> int | None:
        complete(database, WRONG, verified=False)
        return first_difference(text, poll)

    monkeypatch.setattr(saved_digits, "first_difference", slow)
    assert saved_digits.verify(str(database), DIGITS) == 0
    (run,) = json.loads(pi_tui("status", "--json", "--db", database).stdout)
    assert (run["status"], run["verified"]) == ("complete", False)
