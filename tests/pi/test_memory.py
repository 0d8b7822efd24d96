"""The warning before a run that may not fit in memory."""

from __future__ import annotations

import resource
from pathlib import Path

from pi_tui.pi.memory import warning
from tests.helpers import started


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


def test_no_memory_warning_if_the_run_fits(tmp_path: Path) -> None:
    assert warning(1_000_000, a_machine(tmp_path, 10**9)) == ""


def test_memory_warning_names_a_machine_with_too_little(tmp_path: Path) -> None:
    line = warning(60_000_000, a_machine(tmp_path, 10**9))
    assert "1.2 GB" in line
    assert "this machine has 1000.0 MB left" in line


def test_memory_warning_respects_outer_control_groups(tmp_path: Path) -> None:
    root = a_machine(tmp_path, 10**10, "outer/inner")
    (root / "sys/fs/cgroup/outer/memory.max").write_text(str(3 * 10**8))
    (root / "sys/fs/cgroup/outer/memory.current").write_text(str(10**8))
    assert "its control group has 200.0 MB left" in warning(10_000_000, root)


def test_no_memory_warning_without_proc(tmp_path: Path) -> None:
    assert warning(100_000_000, tmp_path) == ""


def test_memory_warning_about_ulimit_comes_before_the_run(database: Path) -> None:
    limit = (10**9, 10**9)
    with started(
        *("run", "--digits", 90_000_000, "--db", database),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit),
    ) as child:
        assert child.stderr
        line = child.stderr.readline()
    note = b"note: 90,000,000 digits take about 1.7 GB of memory, and `ulimit -v` has "
    assert line.startswith(note)
