"""Full and failing disks: reported, survived, and resumed from afterwards."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Tally
from tests.faults.driver import READING_BACK, Task
from tests.faults.lab import child, finish, judge, side_by_side, straced
from tests.faults.test_kill import paths_of, points_of, system_calls
from tests.helpers import pi

CALLS = "pwrite64,fdatasync,fsync,unlink,ftruncate,pread64,openat"


def inject(task: Task, what: str) -> tuple[int, int, list[str]]:
    """Run the task with an injected error; return exit code, digits reported as saved, failures."""
    with child(replace(task, hold=True)) as victim:
        victim.hear_until("ready")
        options = ("-e", f"trace={CALLS}", "-e", f"inject={what}", *paths_of(task))
        with straced(victim.pid, "/dev/null", *options):
            victim.go()
            code = victim.hear_out()
    return code, victim.acked, [*victim.said("failed"), *map(str, victim.said("error"))]


def fail_at(folder: Path, error: str, call: str, n: int, **more: Any) -> tuple[str, bool]:
    """Let a system call fail once; return what was wrong, and whether the failure was reported."""
    task = Task(str(folder / f"{call}{n}.db"), saves=5, patience=3, **more)
    code, acked, failures = inject(task, f"{call}:error={error}:when={n}")
    if code not in (0, 6):
        return f"{call} {n}: exit {code}: {failures}", True
    fault = judge(task.location, acked, task.digits) or (finish(task) if n % 10 == 0 else "")
    return f"{call} {n}: {fault}" if fault else "", bool(failures)


@pytest.mark.usefixtures("strace")
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("error", "calls"), [("EIO", CALLS), ("ENOSPC", "pwrite64,ftruncate,openat")]
)
def test_io_error_at_one_system_call_loses_nothing_saved(
    error: str, calls: str, folder: Path, much: int, tally: Tally
) -> None:
    counts = system_calls(Task(str(folder / "count.db"), saves=5), calls)
    points = points_of(counts, 4 if much == 1 else 1)
    tried = side_by_side(lambda point: fail_at(folder, error, *point), points)
    faults = [fault for fault, _ in tried if fault]
    told = sum(told for _, told in tried)
    tally(f"{error} at the N-th call", len(tried), f"{len(faults)} lost or damaged, {told} told")
    assert faults == []
    assert told > 20


@pytest.mark.usefixtures("strace")
@pytest.mark.timeout(1200)
def test_io_error_at_a_read_or_open_of_a_run_that_reads_blocks_back_loses_nothing_saved(
    folder: Path, much: int, tally: Tally
) -> None:
    counting = Task(str(folder / "count.db"), saves=5, **READING_BACK)
    points = points_of(system_calls(counting, "pread64,openat"), 1)[:: 1 if much > 1 else 8]
    tried = side_by_side(lambda point: fail_at(folder, "EIO", *point, **READING_BACK), points)
    faults = [fault for fault, _ in tried if fault]
    told = sum(told for _, told in tried)
    tally("EIO as a block is read back", len(tried), f"{len(faults)} lost, {told} told")
    assert faults == []
    assert told > 5


@pytest.mark.usefixtures("strace")
def test_control_experiment_with_writes_that_only_pretend_to_succeed_is_noticed(
    folder: Path, tally: Tally
) -> None:
    """Half of the writes report success and write nothing; this must be found."""
    writes = system_calls(Task(str(folder / "count.db"), saves=12))["pwrite64"]
    task = Task(str(folder / "pi.db"), saves=12)
    code, acked, failures = inject(task, f"pwrite64:retval=4096:when={writes // 2}+")
    fault = judge(task.location, acked)
    tally("  control: writes that only pretend", 1, fault[:40] or f"nothing wrong ({code})")
    assert fault or failures


@pytest.mark.parametrize(
    ("name", "trouble", "words"),
    [
        ("max_page_count", {"sabotage": ("most-pages=20",)}, "disk full at"),
        ("ulimit -f", {"largest_file": 50_000}, "limit on file sizes"),
    ],
)
def test_full_disk_or_file_size_limit_is_reported_and_saved_data_kept(
    name: str, trouble: dict[str, Any], words: str, db: str, tally: Tally
) -> None:
    with child(Task(db, **trouble)) as starved:
        code = starved.hear_out()
    assert code == 6
    assert words in starved.said("failed")[-1]
    assert judge(db, starved.acked) == ""
    assert finish(Task(db)) == ""
    tally(f"no more space ({name})", 1, "told, 0 lost, completed after it was lifted")


def test_process_whose_save_failed_at_a_file_size_limit_completes_once_it_is_lifted(
    db: str,
) -> None:
    with child(Task(db, steps=5, patience=50, largest_file=50_000)) as starved:
        assert starved.hear_out() == 0
    assert starved.said("failed")
    assert judge(db, 8000) == ""


SCRIPT = """
set -e
mount -t tmpfs -o size=160k none "$1"
"$2" -m pi_tui run --db "$1/pi.sqlite3" --digits 100000 --checkpoint-every 500 -o "$3" 2> "$4" &
for _ in $(seq 600); do grep -q "disk full" "$4" && break; sleep 0.05; done
mount --options-mode ignore -o remount,size=20m "$1"  # else a user's mount is not found
wait $!
"""


def test_program_resumes_when_a_full_disk_has_space_again(tmp_path: Path, tally: Tally) -> None:
    need_namespaces()
    disk, output, said = tmp_path / "disk", tmp_path / "pi.txt", tmp_path / "said"
    disk.mkdir()
    said.touch()
    arguments = [str(disk), sys.executable, str(output), str(said)]
    command = ["unshare", "-Urm", "sh", "-c", SCRIPT, "sh", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    tally("disk really full (tmpfs), then freed, `pi-tui run`", 1, "told, completed")
    found = re.search(r"disk full at .* \(.* free, ([0-9.]+) kB to be written\)", said.read_text())
    assert found, said.read_text()[:500]
    assert float(found[1]) > 20  # in kB; includes the whole state, of which nothing is written
    assert done.returncode == 0, said.read_text()[-500:]
    assert output.read_bytes().strip() == b"3." + pi(100_000)


def need_namespaces() -> None:
    probe = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    if (done := subprocess.run(probe, capture_output=True, text=True)).returncode:
        pytest.skip(f"no user namespaces here: {done.stderr[:80]}")
