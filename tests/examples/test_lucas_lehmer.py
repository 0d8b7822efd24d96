"""The Lucas-Lehmer example in whole processes: right, interrupted in every way, resumed."""

from __future__ import annotations

import random
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from gmpy2 import is_prime, mpz

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.examples.lucas_lehmer import LucasLehmer, Mersenne
from pi_tui.machine import BadState, State, WrongState
from tests.checkpoints.helpers import advance, flip, this
from tests.examples.helpers import ended, last_line, running, saved_steps
from tests.helpers import pi, pi_tui, wait_until

KIND = Mersenne()
PROGRAM = ("-m", "pi_tui.examples.lucas_lehmer")
MERSENNE = {3, 5, 7, 13, 17, 19, 31, 61, 89, 107, 127, 521, 607}
"""The odd primes P below 700 for which 2^P - 1 is prime."""
P, STEPS = 44_497, 119
"""An exponent P for which 2^P - 1 is prime, and the steps of its test: about two seconds."""
LONG = 1_257_787
"""An exponent whose test takes an hour."""
IN_HASTE = f"""
import sys
from pi_tui.carry_on import carry_on
from pi_tui.examples.lucas_lehmer import Mersenne
from pi_tui.worker.job import Cadence
kind = Mersenne()
code, output = carry_on(
    kind, kind.task({P}), sys.argv[1], again="this", cadence=Cadence(seconds=0.1)
)
print(output.decode())
sys.exit(code)
"""
"""The same program, but it saves ten times a second."""


def begun(steps: int, p: int = P) -> LucasLehmer:
    return advance(KIND.new(KIND.task(p)), steps)


@pytest.fixture
def kept(database: Path) -> Path:
    """Make a database with two checkpoints of the test of exponent P, after 2 and 4 steps."""
    with CheckpointStore.open(str(database), KIND) as store:
        run, machine = store.open_run(KIND.task(P)), begun(0)
        for _ in range(2):
            store.save(run, advance(machine, 2), 1.0)
    return database


def test_exponents_of_mersenne_primes_below_700_are_found_and_no_others() -> None:
    tested = [p for p in range(3, 700) if is_prime(p)]
    found = {p for p in tested if KIND.new(KIND.task(p)).finalize() == b"prime"}
    assert len(tested) == 124
    assert found == MERSENNE


def test_resumed_primality_test_reaches_the_same_number_as_an_uninterrupted_one() -> None:
    machine = begun(3)
    again = KIND.from_state(KIND.task(P), machine.to_state(), b"")
    assert (again.steps, again.s) == (3, machine.s)
    advance(again, 4).check()
    assert again.s == begun(7).s


@pytest.mark.parametrize(("p", "word"), [("44497", "prime"), ("44491", "not prime")])
def test_verdict_is_printed_at_the_first_start_and_again_at_the_second(
    p: str, word: str, database: Path
) -> None:
    for _ in range(2):
        done = ended(*PROGRAM, p, "--db", database)
        assert (done.returncode, done.stdout) == (0, f"2^{p} - 1 is {word}\n")


@pytest.mark.parametrize("p", ["2", "9", "1", "0", "20000003", "seven", "9" * 5_000])
def test_exponent_that_is_no_odd_prime_or_too_large_is_refused(p: str, database: Path) -> None:
    done = ended(*PROGRAM, p, "--db", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert not database.exists()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signal_ends_the_program_which_reports_its_saved_steps_and_how_to_resume(
    number: signal.Signals, code: int, database: Path
) -> None:
    with running(*PROGRAM, LONG, "--db", database) as child:
        wait_until(database.exists)
        child.send_signal(number)
        out, err = child.communicate()
    assert (child.returncode, out) == (code, "")
    command = f"python {' '.join(PROGRAM)} {LONG} --db {database}"
    said = r"lucas-lehmer: saved step ([\d,]+); `(.*)` goes on from there"
    told = re.fullmatch(said, last_line(err))
    assert told, err
    assert (int(told[1].replace(",", "")), told[2]) == (saved_steps(database, KIND), command)


def test_two_signals_in_direct_succession_count_as_one(database: Path) -> None:
    with running(*PROGRAM, LONG, "--db", database) as child:
        wait_until(database.exists)
        child.send_signal(signal.SIGHUP)
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate()
    assert child.returncode in (129, 143)  # if both are pending, either may be delivered first
    assert "goes on from there" in err
    assert "not saved" not in err


def test_failure_prints_one_line_and_sets_its_exit_code(database: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "letter.txt"
    foreign.write_text("Dear reader, this is no database of ours. " * 100)
    with running(*PROGRAM, LONG, "--db", database):
        wait_until(database.exists)
        wait_until(lambda: ended(*PROGRAM, LONG, "--db", database).returncode == 3)
    for location, code in ((foreign, 7), (tmp_path / "no" / "folder.db", 6), ("mysql://x", 2)):
        done = ended(*PROGRAM, 7, "--db", location)
        assert (done.returncode, done.stdout) == (code, "")
        assert last_line(done.stderr).startswith("lucas-lehmer: "), done.stderr
    assert foreign.read_text().startswith("Dear reader")


def test_progress_line_estimates_the_time_left(database: Path) -> None:
    with running(*PROGRAM, LONG, "--db", database) as child:
        assert child.stderr
        line = child.stderr.readline()
    assert re.fullmatch(r"(running|saving): step \d+, \d\.\d %, (\d+ \S+ ?)+ left\n", line), line


def test_program_killed_at_random_times_resumes_to_the_right_verdict(database: Path) -> None:
    before, chance = 0, random.Random(9)
    for _ in range(3):
        with running("-c", IN_HASTE, database) as child:
            aim = before + chance.randrange(1, STEPS // 10)
            wait_until(lambda aim=aim: saved_steps(database, KIND) >= aim)  # type: ignore[misc]
            assert child.poll() is None
            child.kill()
            child.wait()
        assert saved_steps(database, KIND) >= aim
        before = saved_steps(database, KIND)
    done = ended(*PROGRAM, P, "--db", database)
    assert (done.returncode, done.stdout) == (0, f"2^{P} - 1 is prime\n")


def test_flipped_bit_in_the_newest_state_falls_back_to_the_previous(kept: Path) -> None:
    flip(str(kept), "pi_piece", "data", this(str(kept), "state", 2))
    assert saved_steps(kept, KIND) == 2
    done = ended(*PROGRAM, P, "--db", kept)
    assert (done.returncode, done.stdout) == (0, f"2^{P} - 1 is prime\n")
    assert "checkpoint 2 is damaged" in done.stderr


def test_check_finds_about_half_of_the_bits_that_flip_in_memory() -> None:
    machine = begun(2)
    good, found = machine.s, 0
    for bit in range(100):
        machine.s = good ^ (mpz(1) << bit)
        try:
            machine.check()
        except WrongState:
            found += 1
    assert 25 < found < 75
    machine.s = good
    machine.check()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        b"-1 \x04",
        b"%s \x04" % (b"9" * 5_000),
        b"1 " + b"\xff" * (P // 8 + 1),
        b"1 " + ((1 << P) - 1).to_bytes(P // 8 + 1, "big"),
    ],
    ids=["nothing", "words", "negative", "endless", "all ones", "M itself"],
)
def test_impossible_state_is_refused(data: bytes) -> None:
    def load() -> None:
        machine = KIND.from_state(KIND.task(P), State.of(data), b"")
        if machine.steps > KIND.limits(KIND.task(P)).steps:
            raise BadState("as the store would")

    with pytest.raises(BadState):
        load()


def test_verdict_that_contradicts_the_rest_of_the_state_is_refused() -> None:
    for steps, verdict in ((2, b"prime"), (STEPS + 20_000, b"not prime")):
        machine = LucasLehmer(KIND.task(P), steps, mpz(0), verdict)
        with pytest.raises(WrongState):
            machine.check()


def test_limits_raise_bad_state_for_a_task_that_this_kind_cannot_have_made() -> None:
    task = KIND.task(P)
    for bad in (
        replace(task, goal=P + 1),
        replace(task, goal=2**53),
        replace(task, parameters={}),
        replace(task, parameters={"squarings_per_step": 2**40}),
    ):
        with pytest.raises(BadState):
            KIND.limits(bad)


def test_lucas_lehmer_shares_a_database_with_runs_of_pi(kept: Path) -> None:
    assert pi_tui("run", "--digits", P, "--db", kept).stdout.encode() == b"3." + pi(P) + b"\n"
    assert ended(*PROGRAM, P, "--db", kept).stdout == f"2^{P} - 1 is prime\n"
    assert pi_tui("check", "--db", kept).returncode == 0
    assert f"{P:,}" in pi_tui("runs", "--db", kept).stdout
    assert pi_tui("export", "--db", kept, "--to", "5").stdout == "3.14159\n"
