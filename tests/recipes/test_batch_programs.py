"""Batches of items in whole processes: killed, interrupted, failing, resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.examples.helpers import ended, running
from tests.helpers import wait_until
from tests.recipes.programs import saved_steps

NO_FILE = """
from pi_tui import Items

def square(number):
    return number * number

print(Items(square, range(3), workers=2).run(db="items.sqlite3"))
"""


LONG = """
import time
from pi_tui import Items

def wait_long(number):
    open(f"begun-{number}", "w").close()
    if number:
        time.sleep(600)
    return number

if __name__ == "__main__":
    Items(wait_long, range(9), workers=3, threads=THREADS, name="long").main()
"""


FAILS = """
import os
from pi_tui import Items

def check(number):
    with open("calls", "a") as log:
        log.write(f"{number}\\n")
    if number % 2 and not os.path.exists("mended"):
        raise ValueError("odd")
    return number

if __name__ == "__main__":
    Items(check, range(5), workers=1, threads=True).main()
"""


def test_killed_batch_computes_no_saved_item_again(folder: Path) -> None:
    log = folder / "log"

    def calls() -> list[int]:
        return [int(line) for line in log.read_text().split()] if log.exists() else []

    for aim in (8, 20, 35):
        with running("batch.py") as child:
            wait_until(lambda aim=aim: len(calls()) >= aim)  # type: ignore[misc]
            child.kill()
            child.wait()
    wait_until(lambda: not living_in(folder))  # its processes may still begin an item
    saved = saved_steps("batch.sqlite3", "batch")
    before = len(calls())
    done = ended("batch.py")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [int(line.split(",")[0][1:]) for line in lines] == list(range(60))
    assert len(set(lines[0].split(",")[1:])) == 1
    assert set(calls()) == set(range(60))
    assert saved > 0
    assert len(calls()) - before <= 60 - saved


def living_in(folder: Path) -> list[int]:
    """Return the ids of the other processes that have this working folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.readlink(process / "cwd") == str(folder):
                found.append(int(process.name))
    return sorted(set(found) - {os.getpid()})


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="no /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("threads", [False, True], ids=["processes", "threads"])
def test_interrupted_batch_waits_for_no_item_and_leaves_no_process(
    number: signal.Signals, threads: bool, folder: Path
) -> None:
    Path("long.py").write_text(LONG.replace("THREADS", str(threads)))
    with running("long.py") as child:
        wait_until(lambda: Path("begun-3").exists() and saved_steps("long.sqlite3", "long"))
        child.send_signal(number)
        child.wait(60)
        err = child.stderr.read() if child.stderr else ""
    wait_until(lambda: not living_in(folder))
    assert child.returncode == (-9 if number == signal.SIGKILL else 128 + number), err
    assert "Traceback" not in err
    if number != signal.SIGKILL:
        assert "long: saved 1 line, 11.1 % of the work; " in err, err


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="no /proc")
def test_killed_batch_prints_no_warning_about_leaked_resources(folder: Path) -> None:
    Path("long.py").write_text(LONG.replace("THREADS", "False"))
    command = [sys.executable, "long.py"]  # without -W error, which silences Python's tracker
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        wait_until(lambda: Path("begun-3").exists())
        child.kill()
        _, err = child.communicate(timeout=60)
    wait_until(lambda: not living_in(folder))
    assert "leaked" not in err


def test_next_start_of_a_batch_computes_only_its_failed_items_again(folder: Path) -> None:
    Path("fails.py").write_text(FAILS)
    for _ in range(2):
        done = ended("fails.py")
        assert done.stdout.splitlines() == [
            "0",
            """{"failed": "ValueError('odd')", "input": 1}""",
            "2",
            """{"failed": "ValueError('odd')", "input": 3}""",
            "4",
        ]
        told = ["note: item 2 failed: ValueError('odd')", "note: item 4 failed: ValueError('odd')"]
        last = "check: 2 of 5 items failed; the next start tries just these again"
        assert done.stderr.splitlines() == [*told, last]
        assert done.returncode == 1
    assert Path("calls").read_text().split() == ["0", "1", "2", "3", "4", "1", "3"]
    Path("mended").touch()
    done = ended("fails.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n1\n2\n3\n4\n", "")
    assert ended("fails.py").stdout == done.stdout
    assert Path("calls").read_text().split()[7:] == ["1", "3"]


FEW = """
import resource, sys
from pi_tui import Items

def same(number):
    return number

if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv.pop()), most))
    Items(same, range(3), workers=2).main()
"""


@pytest.mark.parametrize("files", range(12, 46, 3))
def test_batch_with_few_file_handles_completes_or_says_why_not(files: int, folder: Path) -> None:
    Path("few.py").write_text(FEW)
    done = ended("few.py", files)
    assert "Traceback" not in done.stderr
    if done.returncode == 0:
        assert files > 20
        assert done.stdout == "0\n1\n2\n"
    else:
        assert done.returncode == 6
        *_, last = done.stderr.splitlines()
        assert last.startswith("same: no process can be started (OSError(24, ")
        assert "; look at `ulimit -n`" in last
        assert "; what was saved is safe" in last
        assert ended("few.py", 100).stdout == "0\n1\n2\n"


def test_run_method_of_items_returns_the_line_of_a_failed_item(folder: Path) -> None:
    code = FAILS.replace("    Items", "    print(Items").replace(
        ".main()", ".run().decode().splitlines()[1])"
    )
    Path("fails.py").write_text(code)
    done = ended("fails.py")
    assert (done.returncode, done.stdout) == (
        0,
        """{"failed": "ValueError('odd')", "input": 1}\n""",
    )


@pytest.mark.parametrize("way", [("-c", NO_FILE), ("-",)], ids=["-c", "stdin"])
def test_function_without_a_source_file_is_refused_before_anything_is_saved(
    way: tuple[str, ...], folder: Path
) -> None:
    command = [sys.executable, "-W", "error", *way]
    done = subprocess.run(command, input=NO_FILE, capture_output=True, text=True, check=False)
    assert "square: other processes cannot import the function" in done.stderr.splitlines()[-1]
    assert "threads=True" in done.stderr.splitlines()[-1]
    assert not Path("items.sqlite3").exists()


def test_batch_not_guarded_by_if_name_is_main_fails_with_advice_to_guard_it(
    folder: Path,
) -> None:
    Path("noguard.py").write_text(NO_FILE)
    done = ended("noguard.py")
    assert 'start the batch below if __name__ == "__main__": or' in done.stderr
    assert "quit that one first" not in done.stderr
