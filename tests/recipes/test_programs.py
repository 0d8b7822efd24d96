"""Short programs in whole processes: run, killed, resumed, begun again."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.examples.helpers import ended, running
from tests.helpers import wait_until
from tests.recipes.programs import SUMS, expected, saved_steps

LONG_STEP = """
import time
from pathlib import Path
from pi_tui import resumable
from pi_tui.worker import leave_request

leave_request.AT_ONCE_AFTER = 0

@resumable
def long(goal, at=0):
    while at < goal:
        at += 1
        if at == 5:
            Path("begun").touch()
            time.sleep(60)
        yield {"at": at}, f"{at}\\n"

if __name__ == "__main__":
    long.main()
"""


def test_program_prints_its_output_and_prints_it_again_from_the_database(folder: Path) -> None:
    for told in ("", "sums: complete since "):
        done = ended("sums.py", 5_000)
        assert (done.returncode, done.stdout) == (0, expected(5_000))
        assert done.stderr.startswith(told)
        assert bool(done.stderr) == bool(told)
    assert (folder / "sums.sqlite3").exists()


def test_program_with_another_parameter_value_saves_another_run_in_the_same_file(
    folder: Path,
) -> None:
    assert ended("sums.py", 3_000).stdout == expected(3_000)
    other = ended("sums.py", 3_000, "--factor", "7")
    assert other.stdout == expected(3_000, 7)
    assert "factor=1" in other.stderr
    assert ended("sums.py", 3_000).stdout == expected(3_000)
    assert ended("sums.py", 1_000, "--loud").stdout == "500500!\n"


def test_killed_program_resumes_and_ends_with_the_whole_output(folder: Path) -> None:
    goal, chance = 60_000_000, random.Random(3)
    for _ in range(3):
        before = saved_steps("sums.sqlite3", "sums")
        with running("sums.py", goal) as child:
            wanted = before + chance.randrange(1, 2_000)
            wait_until(lambda wanted=wanted: saved_steps("sums.sqlite3", "sums") >= wanted)  # type: ignore[misc]
            assert child.poll() is None
            child.kill()
            child.wait()
    done = ended("sums.py", goal)
    assert (done.returncode, done.stdout) == (0, expected(goal)), done.stderr


@pytest.mark.parametrize("more", [[], ["--factor", "3"]])
def test_resume_command_printed_after_a_fresh_start_has_no_fresh_option(
    more: list[str], folder: Path
) -> None:
    with running("sums.py", 10**9, "--fresh", *more) as child:
        wait_until(lambda: saved_steps("sums.sqlite3", "sums"))
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    assert "--fresh" not in err
    assert f"sums.py {10**9}{''.join(f' {word}' for word in more)}` goes on from there" in err


def test_second_signal_in_a_long_step_ends_the_program_and_says_what_is_lost(folder: Path) -> None:
    Path("long.py").write_text(LONG_STEP)
    with running("long.py", 9) as child:
        wait_until(Path("begun").exists)
        child.send_signal(signal.SIGTERM)
        assert child.stderr is not None
        assert child.stderr.readline().startswith("still saving; ask again")
        child.send_signal(signal.SIGHUP)
        _, err = child.communicate(timeout=60)
    assert "long: 8 bytes not saved; saved step 0; " in err
    assert child.returncode == 6


def test_fresh_option_starts_the_run_over(folder: Path) -> None:
    assert ended("sums.py", 2_000).stdout == expected(2_000)
    code = SUMS.replace("total += factor * number", "total += 2 * number")
    Path("sums.py").write_text(code)
    assert ended("sums.py", 2_000).stdout == expected(2_000)
    assert ended("sums.py", 2_000, "--fresh").stdout == expected(2_000, 2)


def test_run_method_returns_the_output_or_exits_with_6_if_the_database_cannot_be_opened(
    folder: Path,
) -> None:
    Path("call.py").write_text(
        "from sums import sums\nprint(sums.run(2000, db='x.db', factor=3), flush=True)\n"
        "sums.run(2000, db='no/such/folder.db')\n"
    )
    done = ended("call.py")
    assert done.stdout == f"{expected(2_000, 3).encode()!r}\n"
    assert done.returncode == 6
    assert "Traceback" not in done.stderr
