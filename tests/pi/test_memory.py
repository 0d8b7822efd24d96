"""What a run takes is told before it begins, and what does not fit is refused."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

from pi_tui.pi import memory
from pi_tui.pi.bounded_kind import BoundedKind
from pi_tui.pi.forecast import forecast
from pi_tui.pi.memory import Allowance, allowance
from tests.helpers import pi_tui, started


def a_machine(
    root: Path, available: int, group: str = "", most: str = "max", used: int = 0
) -> Path:
    """Write /proc and cgroup files like those of a Linux with so many bytes left."""
    folder = root / "sys/fs/cgroup" / group
    folder.mkdir(parents=True)
    (folder / "memory.max").write_text(most)
    (folder / "memory.current").write_text(str(used))
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(f"0::/{group}\n")
    (root / "proc/self/statm").write_text("1 1 1 1 1 1 1\n")
    (root / "proc/meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {available // 1024} kB\n")
    return root


def refusal(digits: int, root: Path) -> str:
    return memory.refusal(digits, allowance(root=root))


def test_run_that_fits_is_not_refused(tmp_path: Path) -> None:
    assert refusal(1_000_000, a_machine(tmp_path, 10**9)) == ""


def test_refusal_message_gives_the_memory_of_the_run_and_of_the_computer(tmp_path: Path) -> None:
    line = refusal(200_000_000, a_machine(tmp_path, 10**9))
    assert line.startswith("200,000,000 digits take about 1.6 GB of memory, and this machine has 1")
    assert line.endswith("free some, or try --memory 1.6G")


def test_memory_limit_of_an_outer_control_group_is_obeyed_with_cached_files_as_free_memory(
    tmp_path: Path,
) -> None:
    root = a_machine(tmp_path, 10**10, "outer/inner")
    outer = root / "sys/fs/cgroup/outer"
    (outer / "memory.max").write_text(str(3 * 10**8))
    (outer / "memory.current").write_text(str(25 * 10**7))
    (outer / "memory.stat").write_text(f"anon 1\ninactive_file {15 * 10**7}\n")
    own = os.sysconf("SC_PAGE_SIZE")
    assert allowance(root=root) == Allowance(2 * 10**8 + own, "its control group has {} left")


def test_memory_limit_of_a_version_1_control_group_is_obeyed(tmp_path: Path) -> None:
    root = a_machine(tmp_path, 10**10)
    (root / "proc/self/cgroup").write_text("3:cpu:/a\n2:memory,hugetlb:/box\n0::/\n")
    box = root / "sys/fs/cgroup/memory/box"
    box.mkdir(parents=True)
    (box / "memory.limit_in_bytes").write_text(str(3 * 10**8))
    (box / "memory.usage_in_bytes").write_text(str(10**8))
    own = os.sysconf("SC_PAGE_SIZE")
    assert allowance(root=root) == Allowance(2 * 10**8 + own, "its control group has {} left")


def test_no_run_is_refused_where_free_memory_is_unknown(tmp_path: Path) -> None:
    assert refusal(100_000_000, tmp_path) == ""


def test_less_memory_means_fewer_threads() -> None:
    room = [forecast(10_000_000, threads).memory for threads in (1, 2, 4)]
    threads = [BoundedKind.within(10_000_000, 4, memory, "").threads for memory in room]
    assert threads == [1, 2, 4]


def test_run_that_needs_too_much_memory_is_refused_and_not_begun(database: Path) -> None:
    done = pi_tui("run", "--digits", "90 million", "--memory", "500M", "--db", database)
    assert done.returncode == 2
    assert done.stderr == (
        "pi-tui: 90,000,000 digits take about 798.5 MB of memory, and --memory allows 500.0 MB: "
        "it needs --memory 0.8G\n"
    )
    assert pi_tui("status", "--db", database).stdout.startswith("no runs yet")


def test_run_is_refused_if_ulimit_leaves_too_little_memory(database: Path) -> None:
    with started(
        *("run", "--digits", 90_000_000, "--db", database),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (8 * 10**8, 8 * 10**8)),
    ) as child:
        _, said = child.communicate()
    assert child.returncode == 2
    assert b"of memory, and `ulimit -v` has " in said


def test_complete_run_is_opened_with_too_little_memory(database: Path) -> None:
    assert pi_tui("run", "--digits", 1_000, "--db", database).returncode == 0
    done = pi_tui("run", "--digits", 1_000, "--memory", "50M", "--db", database)
    assert (done.returncode, done.stdout[:6]) == (0, "3.1415")


def test_notes_of_a_new_long_run_tell_its_time_memory_disk_use_and_any_lack_of_disk_space(
    database: Path,
) -> None:
    kind = BoundedKind.within(10**9, 2, 10**12, str(database))
    (note,) = kind.new(kind.task(10**9)).notes
    assert note.startswith("1,000,000,000 digits take about 1 h")
    assert "7.3 GB of memory and 8.0 GB of disk" in note
    free = shutil.disk_usage(database.parent).free
    lack = memory.lack_of_disk(free + 10**12, str(database))
    assert lack.startswith(f", but {database.parent} has only ")
    assert memory.lack_of_disk(free + 10**12, "postgresql://server/db") == ""
    assert kind.new(kind.task(1_000)).notes == ()
