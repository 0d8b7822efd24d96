"""Short programs in whole processes: run, killed, resumed, and given clear errors."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from pi_tui.recipes.generator import GeneratorKind
from tests.examples.helpers import ended, running
from tests.helpers import wait_until

SUMS = '''
from pi_tui.recipes.program import resumable

@resumable
def sums(goal, number=0, total=0, *, factor: int = 1, loud: bool = False):
    """Add the numbers up to GOAL."""
    while number < goal:
        for _ in range(1000):
            number += 1
            total += factor * number
        yield {"number": number, "total": total}, f"{total}{'!' if loud else ''}\\n", number / goal

if __name__ == "__main__":
    sums.main()
'''
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
NO_FILE = """
from pi_tui import Items

def square(number):
    return number * number

print(Items(square, range(3), workers=2).run(db="items.sqlite3"))
"""
BATCH = """
import sys
from pathlib import Path
from pi_tui.recipes.items import Items

def work(number):
    with open("log", "a") as log:
        log.write(f"{number}\\n")
    total = sum(i * i % 7 for i in range(200_000))
    return [number, total]

if __name__ == "__main__":
    Items(work, range(60), workers=2, name="batch").main()
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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working folder with the programs."""
    monkeypatch.chdir(tmp_path)
    Path("sums.py").write_text(SUMS)
    Path("batch.py").write_text(BATCH)
    return tmp_path


def saved_steps(database: str, name: str) -> int:
    """Return the steps in the newest checkpoint of the runs of the kind `name`."""
    kind = GeneratorKind(lambda goal: iter(()), name, 1)
    try:
        with CheckpointStore.open(database, kind, write=False) as store:
            return max((c.steps for run in store.runs() for c in store.checkpoints(run)), default=0)
    except PiTuiError:
        return 0


def expected(goal: int, factor: int = 1) -> str:
    return "".join(f"{factor * n * (n + 1) // 2}\n" for n in range(1000, goal + 1, 1000))


def test_program_prints_its_output_and_prints_it_again_from_the_database(folder: Path) -> None:
    for told in ("", "sums: complete since "):
        done = ended("sums.py", 5_000)
        assert (done.returncode, done.stdout) == (0, expected(5_000))
        assert done.stderr.startswith(told)
        assert bool(done.stderr) == bool(told)
    assert (folder / "sums.sqlite3").exists()


def test_another_parameter_is_another_run_in_the_same_file(folder: Path) -> None:
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


@pytest.mark.parametrize("goal", ["3e3", "3 000", "3,000", "3_000", " 3k "])
def test_goal_is_read_as_the_app_reads_it(goal: str, folder: Path) -> None:
    done = ended("sums.py", goal)
    assert (done.returncode, done.stdout) == (0, expected(3_000)), done.stderr


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("_x", "--_x"),
        ("__a_b", "--__a-b"),
        ("class_", "--class-"),
        ("__", "--__"),
        ("_db", "--_db"),
    ],
)
def test_parameter_with_an_underscore_at_an_end_is_an_option(
    name: str, option: str, folder: Path
) -> None:
    Path("sums.py").write_text(SUMS.replace("factor", name))
    assert ended("sums.py", 3_000, option, 7).stdout == expected(3_000, 7)
    assert f" {option} " in ended("sums.py", "--help").stdout


def test_long_parameter_is_not_cut(folder: Path) -> None:
    assert ended("sums.py", 1_000, "--factor", 10**17 + 7).stdout == expected(1_000, 10**17 + 7)
    done = ended("sums.py", 1_000, "--factor", 10**24 + 7)
    assert (done.returncode, done.stdout) == (2, ""), "no shorter one is used in its place"
    assert "factor" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("0",), "'0' is no goal; use a whole number from 1 to 2^53"),
        (("x",), "'x' is no goal; use a whole number from 1 to 2^53"),
        (("9" * 5_000,), f"'{'9' * 39}…' is no goal"),
        (("5", "--factor", "9" * 5_000), f"invalid whole number value: '{'9' * 39}…'"),
        (("5", "--factor", "x"), "invalid whole number value: 'x'"),
        (("5", "--size", "1"), "unrecognized arguments"),
        ((), "GOAL"),
    ],
)
def test_wrong_command_line_exits_with_2_and_no_traceback(
    arguments: tuple[str, ...], said: str, folder: Path
) -> None:
    done = ended("sums.py", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 500
    assert not (folder / "sums.sqlite3").exists()


@pytest.mark.parametrize("more", [[], ["--factor", "3"]])
def test_command_that_goes_on_after_a_fresh_start_leaves_out_fresh(
    more: list[str], folder: Path
) -> None:
    with running("sums.py", 10**9, "--fresh", *more) as child:
        wait_until(lambda: saved_steps("sums.sqlite3", "sums"))
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
    assert "--fresh" not in err
    assert f"sums.py {10**9}{''.join(f' {word}' for word in more)}` goes on from there" in err


def test_program_left_at_once_in_a_long_step_says_what_is_lost(folder: Path) -> None:
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


@pytest.mark.parametrize("way", ["{}.main()", "{0}.run_all([{0}.task(3)])", "{}.run(3)"])
def test_computation_named_as_the_program_s_own_is_refused(way: str, folder: Path) -> None:
    Path("mine.py").write_text(
        SUMS.replace("def sums", "def pi").replace("sums.main()", way.format("pi"))
    )
    done = ended("mine.py", 9)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "pi: the name pi is taken by this program's own runs; choose another name\n"
    )
    assert not Path("pi.sqlite3").exists()


def test_task_with_a_parameter_that_the_function_has_not_is_refused(folder: Path) -> None:
    Path("all.py").write_text(
        "from pi_tui import Task, carry_on_all\nfrom sums import sums\n"
        'raise SystemExit(carry_on_all(sums, [Task(3, {"factr": 4})], "a.sqlite3")[0])\n'
    )
    done = ended("all.py")
    assert done.returncode == 2
    assert "sums has no parameter factr" in done.stderr
    assert "Traceback" not in done.stderr


def test_empty_name_of_a_database_is_refused(folder: Path) -> None:
    done = ended("sums.py", 9, "--db", "")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'' names no file" in done.stderr


def test_fresh_starts_the_run_over(folder: Path) -> None:
    assert ended("sums.py", 2_000).stdout == expected(2_000)
    code = SUMS.replace("total += factor * number", "total += 2 * number")
    Path("sums.py").write_text(code)
    assert ended("sums.py", 2_000).stdout == expected(2_000)
    assert ended("sums.py", 2_000, "--fresh").stdout == expected(2_000, 2)


def test_state_of_the_wrong_type_is_named_and_nothing_is_saved(folder: Path) -> None:
    Path("bad.py").write_text(SUMS.replace('"total": total', '"total": {total}'))
    done = ended("bad.py", 5_000)
    assert done.returncode == 1
    assert done.stderr.startswith("sums: step 1: total is of type set; a state holds None, bool, ")
    assert done.stderr.count("\n") == 1


LATE = {
    "a set": (
        '"total": total}',
        '"total": total if number < 9_000 else {total}}',
        "total is of type set",
    ),
    "a number": ('f"{total}', '7 if number >= 9_000 else f"{total}', "as what is new, not 7"),
}


@pytest.mark.parametrize(("right", "wrong", "said"), LATE.values(), ids=LATE)
def test_wrong_yield_late_in_a_run_is_named_and_loses_no_step(
    right: str, wrong: str, said: str, folder: Path
) -> None:
    broken = SUMS.replace(right, wrong)
    Path("sums.py").write_text(broken)
    done = ended("sums.py", 50_000)
    assert done.returncode == 1
    assert done.stderr.startswith("sums: step 9: ")
    assert said in done.stderr
    assert done.stderr.endswith("saved step 8\n")
    assert done.stderr.count("\n") == 1
    Path("sums.py").write_text(SUMS)
    assert saved_steps("sums.sqlite3", "sums") == 8
    assert ended("sums.py", 50_000).stdout == expected(50_000)


def test_traceback_of_a_failed_step_begins_at_the_users_function(folder: Path) -> None:
    Path("sums.py").write_text(SUMS.replace("number += 1", "number += 1 // (number < 2_500)"))
    done = ended("sums.py", 50_000)
    assert done.returncode == 1
    trace, last = done.stderr.splitlines()[:-1], done.stderr.splitlines()[-1]
    assert [line.split()[-1] for line in trace if "File" in line] == ["sums"]
    assert last == (
        "sums: step 3 raised ZeroDivisionError('integer division or modulo by zero'); saved step 2"
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("sums.run(0)", "sums: a goal is an int from 1 to 2^53, not 0"),
        ("sums.run('5')", "sums: a goal is an int, not str '5'"),
        ("sums.run(5, factr=2)", "sums: sums has no parameter factr"),
        ("sums.run(5, factor=[])", "sums: the parameter factor is of type list, not int, float,"),
    ],
)
def test_call_for_no_task_is_refused_in_one_line(call: str, said: str, folder: Path) -> None:
    Path("call.py").write_text(f"from sums import sums\n{call}\n")
    done = ended("call.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert not (folder / "sums.sqlite3").exists()


def test_call_returns_the_output_or_exits_with_the_code(folder: Path) -> None:
    Path("call.py").write_text(
        "from sums import sums\nprint(sums.run(2000, db='x.db', factor=3), flush=True)\n"
        "sums.run(2000, db='no/such/folder.db')\n"
    )
    done = ended("call.py")
    assert done.stdout == f"{expected(2_000, 3).encode()!r}\n"
    assert done.returncode == 6
    assert "Traceback" not in done.stderr


def test_killed_batch_computes_no_saved_item_again(folder: Path) -> None:
    log = folder / "log"

    def calls() -> list[int]:
        return [int(line) for line in log.read_text().split()] if log.exists() else []

    for aim in (8, 20, 35):
        with running("batch.py") as child:
            wait_until(lambda aim=aim: len(calls()) >= aim)  # type: ignore[misc]
            child.kill()
            child.wait()
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
    """Return the processes with this working folder."""
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
        assert "long: saved 1 line; " in err, err


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="no /proc")
def test_killed_batch_prints_nothing_behind_the_prompt(folder: Path) -> None:
    Path("long.py").write_text(LONG.replace("THREADS", "False"))
    command = [sys.executable, "long.py"]  # without -W error, which silences Python's tracker
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        wait_until(lambda: Path("begun-3").exists())
        child.kill()
        _, err = child.communicate(timeout=60)
    wait_until(lambda: not living_in(folder))
    assert "leaked" not in err


def test_failed_items_alone_are_tried_again_by_the_next_start(folder: Path) -> None:
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
def test_batch_without_free_file_descriptors_ends_with_one_line(files: int, folder: Path) -> None:
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


def test_run_returns_a_line_for_each_failed_item(folder: Path) -> None:
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
def test_function_typed_where_no_file_holds_it_is_refused_before_anything_is_saved(
    way: tuple[str, ...], folder: Path
) -> None:
    command = [sys.executable, "-W", "error", *way]
    done = subprocess.run(command, input=NO_FILE, capture_output=True, text=True, check=False)
    assert "square: other processes cannot import the function" in done.stderr.splitlines()[-1]
    assert "threads=True" in done.stderr.splitlines()[-1]
    assert not Path("items.sqlite3").exists()


def test_batch_that_workers_would_begin_again_as_they_import_it_names_the_cure(
    folder: Path,
) -> None:
    Path("noguard.py").write_text(NO_FILE)
    done = ended("noguard.py")
    assert 'start the batch below if __name__ == "__main__": or' in done.stderr
    assert "quit that one first" not in done.stderr


@pytest.mark.parametrize("program", ["sums.py", "batch.py"])
def test_help_names_every_option_and_where_it_is_saved(program: str, folder: Path) -> None:
    done = ended(program, "--help")
    text = " ".join(done.stdout.split())
    name = program.replace(".py", "")
    assert done.returncode == 0
    assert f"database to save in, a file or a URL ({name}.sqlite3)" in text
    for option in ("--db FILE", "--screen", "--fresh"):
        assert option in text
    if program == "sums.py":
        assert "Add the numbers up to GOAL." in text
        assert "--factor FACTOR" in text
        assert "--loud" in text
