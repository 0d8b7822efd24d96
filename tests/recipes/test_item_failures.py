"""Items that fail: retried, reported with their input, and without harm to the others."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pi_tui.checkpoints.connection import engine
from pi_tui.errors import NoWorkers
from pi_tui.recipes import item_pool, items_machine
from pi_tui.recipes.items import Items
from tests.recipes.batches import batch, lines_of, machine_of, resumed, square


def test_failed_item_is_retried_and_its_result_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items_machine, "FIRST_PAUSE", 0.001)
    tries: list[int] = []

    def second_time_lucky(number: int) -> int:
        tries.append(number)
        if tries.count(number) < 3:
            raise OSError("not yet")
        return number

    assert machine_of(batch(second_time_lucky, [5, 6], retries=2)).finalize() == b"5\n6\n"
    assert sorted(tries) == [5, 5, 5, 6, 6, 6]


def test_item_that_keeps_failing_is_reported_with_its_input() -> None:
    def refuse_seven(number: int) -> int:
        if number == 7:
            raise ValueError("unlucky")
        return number

    machine = machine_of(batch(refuse_seven, [6, 7, 8]))
    lines = lines_of(machine)
    assert [json.loads(line) for line in lines] == [
        6,
        {"failed": "ValueError('unlucky')", "input": 7},
        8,
    ]
    assert machine.notes == ("item 2 failed: ValueError('unlucky')",)


def test_resumed_batch_computes_only_the_items_that_failed() -> None:
    calls: list[int] = []
    mended = threading.Event()

    def refuse_odd(number: int) -> int:
        calls.append(number)
        if number % 2 and not mended.is_set():
            raise ValueError("odd")
        return number

    kind = batch(refuse_odd, range(6))
    machine = machine_of(kind)
    assert [b"failed" in line for line in lines_of(machine)] == [False, True] * 3
    assert machine.work().share == 0.5
    calls.clear()
    mended.set()
    assert resumed(kind, machine).finalize() == b"0\n1\n2\n3\n4\n5\n"
    assert sorted(calls) == [1, 3, 5]


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_once(path: str) -> str:
    """Kill the process at the first call with this path; return at the next call."""
    if not os.path.exists(path):
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


class Odd(Exception):
    """An error that cannot be unpickled in another process."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} of {two}")


class Unsendable(Exception):
    def __init__(self) -> None:
        super().__init__("holds a lock")
        self.lock = threading.Lock()


class Speechless(Exception):
    def __repr__(self) -> str:
        raise RuntimeError


def raise_odd_things(number: int) -> int:
    if number == 0:
        raise Odd(1, 2)
    if number == 1:
        raise Unsendable
    if number == 2:
        raise Speechless
    if number == 3:
        raise SystemExit("enough")
    return number


def test_output_line_of_a_failed_item_contains_no_password() -> None:
    def fetch(number: int) -> None:
        raise ConnectionError("https://me:s3cr3t@host/ does not answer")

    (line,) = lines_of(machine_of(batch(fetch, [1])))
    assert b"ConnectionError('https://me:\\u2026@host/ does not" in line


def test_item_whose_process_dies_fails_and_no_other_item_does() -> None:
    lines = lines_of(machine_of(Items(die_at_three, range(8), workers=2)))
    died = b'{"failed": "the process that computed it died", "input": 3}'
    assert lines == [b"0", b"1", b"2", died, b"4", b"5", b"6", b"7"]


def test_item_whose_process_died_once_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items_machine, "FIRST_PAUSE", 0.001)
    paths = [str(tmp_path / f"{n}") for n in range(3)]
    assert machine_of(Items(die_once, paths, workers=1, retries=1)).finalize() == b"alive\n" * 3


@pytest.mark.parametrize("threads", [True, False], ids=["threads", "processes"])
def test_item_that_raises_an_unpicklable_or_unprintable_exception_or_an_exit_has_failed(
    threads: bool,
) -> None:
    machine = machine_of(Items(raise_odd_things, range(5), workers=2, threads=threads))
    lines = [json.loads(line) for line in lines_of(machine)]
    said = ["Odd('1 of 2')", "Unsendable('holds a lock')", "Speechless", "SystemExit('enough')"]
    assert lines == [*({"failed": text, "input": n} for n, text in enumerate(said)), 4]


@pytest.mark.parametrize(
    ("threads", "missing"),
    [(True, "no thread can be started"), (False, "no process can be started")],
    ids=["threads", "processes"],
)
def test_machine_can_go_on_after_a_worker_could_not_be_started(
    threads: bool, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    machine = machine_of(Items(square, range(3), workers=1, threads=threads))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(NoWorkers, match=missing) as caught:
            machine.step()
    assert caught.value.exit_code == 6
    assert (machine.steps, machine.output) == (0, b"")
    assert machine.finalize() == b"0\n1\n4\n"


def test_pool_checks_for_free_file_handles_when_it_starts_a_process_and_not_per_item(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    monkeypatch.setattr(item_pool, "_look_for_room", looked.append)
    pool = item_pool.Pool(square, 1, threads=False)
    try:
        for index in range(2):
            pool.submit(index, index)
    finally:
        pool.close()
    assert looked == [item_pool.FIRST_FILES]


class Locked:
    """An input that cannot be pickled."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __repr__(self) -> str:
        return "Locked()"


def test_input_that_cannot_be_sent_to_a_worker_fails_and_the_others_do_not() -> None:
    machine = machine_of(Items(repr, [1, Locked(), 2], workers=1))
    first, failed, last = lines_of(machine)
    assert (first, last) == (b"1", b"2")
    assert json.loads(failed) == {
        "failed": "TypeError(\"cannot pickle '_thread.lock' object\")",
        "input": "Locked()",
    }


def test_failed_input_that_json_cannot_hold_is_reported_by_its_repr_or_else_its_type() -> None:
    circle: list[Any] = []
    circle.append(circle)
    machine = machine_of(batch(int, [{(1, 2): 3}, circle, Speechless(), "4"]))
    *failed, last = lines_of(machine)
    assert [json.loads(line)["input"] for line in failed] == [
        "{(1, 2): 3}",
        "[[...]]",
        "Speechless",
    ]
    assert last == b"4"


def refuse_one(number: int) -> int:
    if number == 1:
        raise ValueError("no")
    return number


def test_second_call_of_run_that_fails_does_not_return_the_lines_of_the_first(
    database: Path, tmp_path: Path
) -> None:
    kind = batch(refuse_one, range(3))
    assert kind.run(database).startswith(b"0\n")
    with pytest.raises(SystemExit, match="6"):
        kind.run(tmp_path / "missing" / "other.sqlite3")


def test_run_whose_items_fail_and_cannot_be_saved_exits_with_6(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as other:

        def lock_and_refuse(number: int) -> int:
            if number == 1:
                other.execute("BEGIN EXCLUSIVE")
            return refuse_one(number)

        kind = Items(lock_and_refuse, range(3), workers=1, threads=True)
        with pytest.raises(SystemExit, match="6"):
            kind.run(database)
        other.execute("ROLLBACK")
    assert kind.run(database).splitlines()[0::2] == [b"0", b"2"]
