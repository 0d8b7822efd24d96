"""Read-only places, foreign files, no memory, and a clock set back."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from pi_tui.machine import Machine, Task
from pi_tui.pi.spigot.kind import SpigotKind
from tests.checkpoints.helpers import told
from tests.faults.conftest import Tally
from tests.faults.test_disk import need_namespaces
from tests.helpers import pi, wait_until

PROGRAM = [sys.executable, "-m", "pi_tui", "run", "--digits", "20000"]


def run(db: str, *before: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the real program in a process, like a user."""
    command = [*before, *PROGRAM, "--db", db]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


def assert_refused(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


@contextmanager
def immutable(folder: Path) -> Iterator[None]:
    made = subprocess.run(["chattr", "+i", str(folder)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no immutable folders here: {made.stderr[:80]}")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(folder)], check=True)


def test_read_only_folder_is_refused(tmp_path: Path, tally: Tally) -> None:
    if shutil.which("chattr") is None:
        pytest.skip("no chattr")
    with immutable(tmp_path):
        done = run(str(tmp_path / "pi.db"))
        assert os.listdir(tmp_path) == []
    assert_refused(done, 6, "cannot be written")
    tally("read-only folder (immutable)", 1, "exit 6, one line")


@pytest.mark.parametrize("there", [False, True])
def test_read_only_mount_is_refused(there: bool, tmp_path: Path, tally: Tally) -> None:
    need_namespaces()
    db = tmp_path / "pi.db"
    if there:
        CheckpointStore.open(str(db), SpigotKind()).close()
    before = db.read_bytes() if there else b""
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    done = run(str(db), "unshare", "-Urm", "sh", "-c", script, str(tmp_path))
    assert_refused(done, 6, "cannot be written")
    assert (db.read_bytes() if there else b"") == before
    tally(f"read-only mount, database {'there' if there else 'new'}", 1, "exit 6, one line")


def test_folder_without_write_permission_is_refused(tmp_path: Path, tally: Tally) -> None:
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become nobody")
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    imports = (*nobody, sys.executable, "-c", "import gmpy2, sqlalchemy, pi_tui")
    if subprocess.run(imports, capture_output=True).returncode:
        pytest.skip("nobody cannot read the packages here")
    folder = Path("/dev/shm") / f"pi-tui-test-{os.getpid()}"
    folder.mkdir(mode=0o555)
    try:
        done = run(str(folder / "pi.db"), *nobody)
    finally:
        shutil.rmtree(folder)
    assert_refused(done, 6, "cannot be written")
    tally("read-only folder (mode 555, not root)", 1, "exit 6, one line")


def test_save_without_memory_fails_and_the_next_save_works(db: str, tally: Tally) -> None:
    kind = SpigotKind()
    numbers = {"digits_per_step": 10_000, "boxes_per_block": 16_384}
    task = Task(150_000, {**kind.task(150_000).parameters, **numbers})
    with CheckpointStore.open(db, kind) as store:
        run_ = store.open_run(task)
        machine = kind.new(task)
        while not machine.output:
            machine.step()
        store.save(run_, machine, 0.0)
        before = told(store.load(run_).machine)
        with little_memory(), pytest.raises(StorageError, match="not enough memory"):
            hoard_and_save(store, run_, machine)
        assert told(store.load(run_).machine) == before
        machine.step()
        store.save(run_, machine, 0.0)
        assert store.check() == []
    tally("memory limit", 1, "told; the save before is whole, the next one succeeds")


def hoard_and_save(store: CheckpointStore, run_: Run, machine: Machine) -> None:
    """Allocate memory until less than 64 kB are left, then try to save."""
    hoard = []
    for size in (2**24, 2**20, 2**16):
        try:
            while True:
                hoard.append(bytearray(size))
        except MemoryError:
            continue
    store.save(run_, machine, 0.0)


@contextmanager
def little_memory() -> Iterator[None]:
    """Limit the growth of the process to 64 MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + 2**26
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


FAKETIME = [
    Path(f"/usr/lib/{arch}-linux-gnu/faketime/libfaketime.so.1") for arch in ("x86_64", "aarch64")
]


def test_killed_run_keeps_saved_digits_and_ends_though_the_clock_is_set_back_and_forth(
    tmp_path: Path, tally: Tally
) -> None:
    library = next((path for path in FAKETIME if path.exists()), None)
    if library is None:
        pytest.skip("no libfaketime")
    db, output = str(tmp_path / "pi.db"), tmp_path / "pi.txt"
    times = ["+50y", "-1y", "@1970-01-01 00:00:10"]
    saved = 0
    for when in times:
        environment = {**os.environ, "LD_PRELOAD": str(library), "FAKETIME": when}
        command = [*PROGRAM, "--db", db, "--checkpoint-every", "100", "--digits-per-step", "8"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as program:
            wait_for_more(db, saved)
            program.send_signal(signal.SIGKILL)
        with CheckpointStore.open(db, SpigotKind()) as store:
            (now,) = store.runs()
            assert now.committed >= saved
            assert store.load(now).notes == ()
            saved = now.committed
    done = run(db, LD_PRELOAD=str(library), FAKETIME="-3d")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().encode() == b"3." + pi(100_000)[:20_000]
    assert not output.exists()
    tally("clock set back and forth (libfaketime), kill, resume", len(times), "0 lost, completed")


def wait_for_more(db: str, saved: int) -> None:
    """Wait until more than `saved` digits are saved, as a reader sees that."""

    def has_more() -> bool:
        seen = glance(db, SpigotKind(), None)
        return seen is not None and seen.committed > saved

    wait_until(has_more)


def foreign_text(path: Path) -> None:
    path.write_text("not a database\n" * 100)


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def newer_database(path: Path) -> None:
    CheckpointStore.open(str(path), SpigotKind()).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("make", [foreign_text, foreign_database, newer_database])
def test_foreign_or_newer_file_as_database_is_refused_with_exit_code_7(
    make: Callable[[Path], None], tmp_path: Path, tally: Tally
) -> None:
    path = tmp_path / "file.db"
    make(path)
    before = path.read_bytes()
    words = "newer version" if make is newer_database else "is not a database of checkpoints"
    assert_refused(run(str(path)), 7, words)
    assert path.read_bytes() == before
    tally(f"{make.__name__.replace('_', ' ')}", 1, "exit 7, one line, file as it was")
