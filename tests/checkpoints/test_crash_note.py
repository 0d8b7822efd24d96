"""The owner of a run, and the report about it after a crash."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys

import pytest

from pi_tui.carry_on import carry_on
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, begin, execute, save_complete, save_some, told
from tests.helpers import pi, pi_tui
from tests.tiny import Walks


class Unrepeatable(Walks):
    """Walks whose output cannot be computed again."""

    repeatable = False


WRITER = """
import sys
from pi_tui.checkpoints.store import CheckpointStore
from tests.checkpoints.helpers import save_some
store = CheckpointStore.open(sys.argv[1], __import__("tests.tiny").tiny.Walks())
run, walk = save_some(store)
if sys.argv[2] == "leave":
    store.leave(run)
print("saved", flush=True)
sys.stdin.read()
"""


def write_and_kill(path: str, how: str) -> int:
    """Save a run in another process and kill that; return its pid.

    If `how` is "leave", the process marks the run as closed before.
    """
    command = [sys.executable, "-c", WRITER, path, how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"saved\n"
        writer.send_signal(signal.SIGKILL)
    return writer.pid


def test_run_opened_after_a_kill_has_its_last_owner_and_the_time_of_its_last_save(
    path: str, open_store: OpenStore
) -> None:
    pid = write_and_kill(path, "hold")
    store = open_store()
    seen = store.runs()[0]
    run = store.open_run(Walks().task())
    assert f"pid {pid}" in run.owner
    assert run.owner == seen.owner
    assert run.updated_at == seen.updated_at
    assert run.last_seq == 3


def test_lock_of_a_run_opened_after_a_kill_has_the_time_of_the_last_heartbeat(
    path: str, open_store: OpenStore
) -> None:
    write_and_kill(path, "hold")
    beat = os.stat(f"{path}.run-1.lock").st_mtime
    store = open_store()
    store.open_run(Walks().task())
    last = store.locks.last_beat
    assert last is not None
    assert last.timestamp() == pytest.approx(beat, abs=0.001)


def test_run_marked_as_closed_has_no_owner_after_a_kill(path: str, open_store: OpenStore) -> None:
    write_and_kill(path, "leave")
    store = open_store()
    run = store.open_run(Walks().task())
    assert (run.owner, store.load(run).notes) == ("", ())


def test_killed_owner_is_not_reported_again_at_the_second_opening_of_its_run(
    path: str, open_store: OpenStore
) -> None:
    pid = write_and_kill(path, "hold")
    store = open_store()
    store.leave(store.open_run(Walks().task()))
    store.close()
    store = open_store()
    assert store.open_run(Walks().task()).owner == ""
    assert f"pid {pid}" not in execute(path, "SELECT owner FROM pi_run")[0][0]


def test_readers_see_the_owner_of_an_open_run_until_it_is_complete(open_store: OpenStore) -> None:
    store = open_store()
    run, walk = save_some(store)
    assert f"pid {os.getpid()}" in open_store(write=False).runs()[0].owner
    walk.finalize()
    store.complete(run, walk, 1.0, verified=False)
    assert open_store(write=False).runs()[0].owner == ""


def test_complete_run_has_no_owner(path: str, open_store: OpenStore) -> None:
    store = open_store()
    run = save_complete(store)
    store.close()
    store = open_store()
    assert store.open_run(run.task).owner == ""


def test_opening_a_complete_run_changes_no_row_of_a_run(path: str, open_store: OpenStore) -> None:
    store = open_store()
    run = save_complete(store)
    begin(store, 97)  # the run worked on last
    store.close()
    before = execute(path, "SELECT * FROM pi_run ORDER BY id")
    store = open_store()
    run = store.open_run(run.task)
    assert store.load(run).machine is None
    store.leave(run)
    store.close()
    assert execute(path, "SELECT * FROM pi_run ORDER BY id") == before


@pytest.mark.parametrize("times", [0, 2])
def test_store_that_only_reads_does_not_mark_a_run_as_closed(
    times: int, path: str, open_store: OpenStore
) -> None:
    run, _ = save_some(open_store(), times)
    owner = open_store(write=False).runs()[0].owner
    with open_store(write=False) as reader:
        reader.load(run)
        reader.leave(run)
        assert reader.runs()[0].owner == owner != ""


def test_run_can_still_be_saved_after_it_was_marked_as_closed(open_store: OpenStore) -> None:
    store = open_store()
    run, walk = save_some(store)
    store.leave(run)
    store.save(run, advance(walk, 5), 0.0)
    loaded = store.load(run)
    assert (told(loaded.machine), loaded.notes) == (told(walk), ())


@pytest.mark.parametrize("kind", [Walks, Unrepeatable])
@pytest.mark.parametrize("damaged", ["none", "newest", "all"])
def test_crash_note_promises_to_go_on_from_the_save_only_if_a_checkpoint_is_good(
    kind: type[Walks], damaged: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_and_kill(path, "hold")
    if damaged != "none":
        which = "" if damaged == "all" else "WHERE seq = (SELECT max(seq) FROM pi_checkpoint)"
        execute(path, f"UPDATE pi_checkpoint SET sha256 = zeroblob(32) {which}")
    code, _ = carry_on(kind(), Walks().task(), path)
    said = capsys.readouterr().err
    assert (code, "goes on from there" in said) == (0, damaged != "all")
    assert said.count("is damaged (") == {"none": 0, "newest": 1, "all": 2}[damaged]


def test_run_whose_wrong_digits_the_verify_command_cut_off_gets_no_crash_note(
    path: str, open_store: OpenStore
) -> None:
    kind = SpigotKind()
    with open_store(kind=kind) as store:
        run = store.open_run(kind.task(600, 10))
        spigot = kind.new(run.task)
        for digits in (100, 300):
            while len(spigot.output) < digits:
                spigot.step()
            store.save(run, spigot, 1.0)
        store.leave(run)
    (_, chain), (start, _) = execute(path, "SELECT start, chain FROM pi_output ORDER BY 1")
    wrong = bytes(len(spigot.output) - start).replace(b"\0", b"0")
    row = (wrong, hashlib.sha256(chain + wrong).digest(), start)
    execute(path, "UPDATE pi_output SET data = ?, chain = ? WHERE start = ?", *row)
    assert pi_tui("verify", "--db", path).returncode == 5
    done = pi_tui("run", "--digits", 600, "--db", path)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(600) + b"\n")
    assert "cut off" not in done.stderr
