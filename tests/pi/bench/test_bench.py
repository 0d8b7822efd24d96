"""`bench` at a small size: it measures all contenders, and only times with right digits count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import FileIO
from pathlib import Path
from select import select
from typing import Any

import pytest

from pi_tui.errors import PiTuiError, WrongResultError
from pi_tui.pi.bench import contenders as who
from pi_tui.pi.bench import feel, turns
from pi_tui.pi.bench.contenders import Contender
from pi_tui.pi.bench.killed import killed_every
from pi_tui.pi.bench.measure import SMALL_RUN, bench, expected_seconds
from pi_tui.pi.bench.tables import EXPLANATIONS, show
from pi_tui.pi.bench.textbook import textbook
from pi_tui.pi.bench.turns import Turns, medians
from tests import shared
from tests.helpers import pi, saved


@pytest.mark.parametrize("digits", [*range(1, 40), 762, 770, 1_000])
def test_textbook_algorithm_is_right_to_its_last_digit(digits: int) -> None:
    assert textbook(digits).encode() == pi(digits)


@pytest.fixture(scope="session")
def report() -> dict[str, Any]:
    """Return the JSON report of one small `bench`."""
    folder = shared.made_once("report", _make_report)
    return dict(json.loads((folder / "report.json").read_text()))


def _make_report(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, (folder / "report.json").open("w") as file:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(sys, "stdout", file)
        assert bench(full=False, as_json=True, runs=1, sizes=(400,)) == 0


def test_bench_measures_pi_tui_and_other_programs(report: dict[str, Any]) -> None:
    names = [row["name"] for row in report["sizes"]]
    assert names[:2] == [who.OURS, who.RESUMED]
    assert {"mpmath, one shot", "gmpy2, one shot", "textbook in Python"} <= set(names)
    for row in report["sizes"]:
        assert row["digits"] == 400
        assert row["seconds"] > 0
        assert row["peak"] > 1_000_000


def test_bench_times_imports_preparing_and_the_whole_process(report: dict[str, Any]) -> None:
    (phases,) = report["phases"]
    assert {"imports", "preparing"} <= set(phases["seconds"]), "the rest may be over too soon"
    assert phases["seconds"]["whole process"] > phases["seconds"]["imports"]


def test_bench_measures_the_time_to_the_first_digits_and_the_cost_of_saving(
    report: dict[str, Any],
) -> None:
    named = [who.FIRST_FRESH, who.FIRST_RESUMED, who.SAVED_RESUMED, who.KEPT_RESUMED]
    assert [r["name"] for r in report["first digit"]] == named
    assert {r["cadence"] for r in report["saving"]} == {"auto", "1s"}
    assert all(0 <= r["share"] < 1 for r in report["saving"])


@pytest.mark.parametrize("part", ["saved", "kept"])
def test_program_timed_until_its_save_ends_only_after_it(part: str, tmp_path: Path) -> None:
    subprocess.run(who.inside(part).command(20_000, tmp_path), check=True)
    assert saved(tmp_path / "pi.sqlite3") > 0


def test_tables_name_parts_of_the_report_in_at_most_80_columns(
    report: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    show(report)
    told = capfd.readouterr().out
    for words in ("Whole processes", "Where the time goes", "What saving costs", "mpmath"):
        assert words in told
    assert max(map(len, told.splitlines())) <= 80


def test_no_cell_of_a_full_bench_is_cut_off(
    report: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    took = {"digits": 10_000_000, "seconds": 113.84, "cpu": 222.24, "peak": 1_744_000_000}
    names = [who.OURS, who.RESUMED, *(peer.name for peer in who.peers()), "pi (CLN), one shot"]
    firsts = [contender.name for contender in who.first_digits()]
    sizes = [{"name": name, **took, "runs": 1} for name in names]
    show(report | {"sizes": sizes, "first digit": [{"name": name, **took} for name in firsts]})
    told = capfd.readouterr().out
    assert "…" not in told.replace("… until", "")


def test_every_table_is_followed_by_its_explanation(
    report: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    killed = {"digits": 6, "every": 3.0, "kills": 9, "cpu in peace": 1.0, "cpu": 4.0, "ended": True}
    show(report | {"killed": [killed], "face": {"first frame": 0.3}})
    told = capfd.readouterr().out
    places = []
    for title, text in EXPLANATIONS.items():
        assert text in told
        assert max(map(len, text.splitlines())) <= 78
        places += [told.index(title), told.index(text)]
    assert places == sorted(places), "each right after its table"


def test_expected_time_of_a_bench_grows_with_its_runs_and_on_a_slower_computer() -> None:
    short = expected_seconds(1, SMALL_RUN, full=False)
    assert short < expected_seconds(3, SMALL_RUN, full=False) < expected_seconds(3, 1.0, full=False)
    assert expected_seconds(1, SMALL_RUN, full=True) > 3 * short


def test_bench_announces_how_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(who, "peers", list)
    assert bench(full=False, as_json=True, runs=1, sizes=(50,)) == 0
    told = capfd.readouterr().err.splitlines()
    assert told[0].startswith("this takes about ")
    assert "ctrl+c ends it" in told[0]


@pytest.mark.skipif(not feel.can_measure(), reason="needs Linux's /proc")
def test_bench_measures_the_app_in_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feel, "LOOK", 0.3)
    monkeypatch.setattr(feel, "KEYS", 1)
    (tmp_path / "pi-tui").mkdir()
    (tmp_path / "pi-tui" / "face.json").write_text('{"view": "walk"}')  # a view without digits
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (here := tmp_path / "here").mkdir()
    monkeypatch.chdir(here)
    face = feel.Face(tmp_path / "face", turns.environment(), runs=1).measure({1_000_000: 0.1})
    assert not list(here.iterdir()), "all its files are in a folder of their own"
    over_too_soon_on_a_quick_machine = ("while blocks", "CPU", "event loop")
    for name, figure in face.items():
        if not any(words in name for words in over_too_soon_on_a_quick_machine):
            assert figure is not None, name
            assert figure > 0, name
    assert {"first digits of 20,000", "first digits of 1,000,000"} <= set(face)
    assert {
        "key to help while blocks are made, 1,000,000 digits",
        "p to paused while blocks are made, 1,000,000 digits",
        "event loop late, making blocks, p99, 1,000,000 digits",
        "beyond pi-tui run, CPU, 1,000,000 digits",
    } <= set(face)


def test_table_says_not_measured_for_a_missing_figure(
    report: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    show(report | {"face": {"p to paused while blocks are made": None}})
    assert "not measured" in capfd.readouterr().out


def restarted(tmp_path: Path, starts: int) -> list[str]:
    """Return the command of a program that hangs, but ends by itself after so many starts."""
    code = (
        "import sys, time; log = open(sys.argv[1], 'a+')\n"
        "log.write('x'); log.flush(); log.seek(0)\n"
        "time.sleep(600 * (len(log.read()) < int(sys.argv[2]))); print('done')"
    )
    return [sys.executable, "-c", code, str(tmp_path / "starts"), str(starts)]


def test_killed_program_that_resumes_finishes(tmp_path: Path) -> None:
    said = tmp_path / "said"
    told = killed_every(1.0, restarted(tmp_path, 2), said, os.environ, give_up=60.0)
    assert (told["ended"], said.read_text()) == (True, "done\n")
    assert told["kills"] >= 1
    assert told["cpu"] > 0


def test_killed_program_that_never_ends_is_given_up(tmp_path: Path) -> None:
    spins = [sys.executable, "-c", "while True: pass"]
    told = killed_every(0.2, spins, tmp_path / "said", os.environ, give_up=0.5)
    assert not told["ended"]
    assert told["kills"] >= 1  # on a busy machine, a kill may come late
    assert told["cpu"] >= 0.5


def test_bench_ended_by_keyboard_interrupt_leaves_no_program_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contender is a child of the child that measures it."""
    os.mkfifo(alive := tmp_path / "alive")
    pipes: list[FileIO] = []

    def interrupted(*_: object, **__: object) -> None:
        pipes.append(alive.open("rb", buffering=0))  # waits until the contender opens it too
        raise KeyboardInterrupt

    code = f"import time; file = open({str(alive)!r}, 'wb'); time.sleep(600)"
    sleeper = Contender("sleeper", (sys.executable, "-c", code))
    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Turns(tmp_path, 1).attempt(sleeper, 10)
    with pipes[0] as pipe:
        assert select([pipe], [], [], 60)[0], "the end of the contender is the end of the file"


def test_program_that_fails_before_it_is_killed_is_reported_with_its_message(
    tmp_path: Path,
) -> None:
    with pytest.raises(PiTuiError, match="no pi today"):
        killed_every(60.0, [*FAILING], tmp_path / "said", os.environ, give_up=60.0)


def test_measurement_of_kills_also_has_the_cpu_time_of_an_undisturbed_run(
    tmp_path: Path,
) -> None:
    told = Turns(tmp_path, 1).killed(1_000, every=60.0)
    assert (told["ended"], told["kills"]) == (True, 0)
    assert told["cpu in peace"] > 0


def test_table_says_that_a_run_killed_again_and_again_was_given_up(
    report: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    killed = {"digits": 6, "every": 3.0, "kills": 9, "cpu in peace": 1.0, "cpu": 4.0}
    show(report | {"killed": [killed | {"ended": False}, killed | {"ended": True}]})
    told = capfd.readouterr().out
    assert told.count("given up at 4.00") == 1


LYING = (sys.executable, "-c", "import sys; print('3.' + '1' * int(sys.argv[1]))", "{digits}")
FAILING = (sys.executable, "-c", "import sys; sys.exit('no pi today')")


def test_contender_with_wrong_digits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongResultError, match="liar gave wrong digits"):
        Turns(tmp_path, 1).side_by_side([Contender("liar", LYING)], 10)


def test_bench_reports_why_a_contender_failed(tmp_path: Path) -> None:
    with pytest.raises(PiTuiError, match="no pi today"):
        Turns(tmp_path, 1).side_by_side([Contender("failing", FAILING)], 10)


@pytest.mark.parametrize("code", ["print('no pi')", "exit(1)", "input()", "while True: pass"])
def test_program_named_pi_that_prints_no_pi_is_not_taken_for_one_that_computes_it(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "_PATIENCE", 0.5 if "while" in code else 60.0)
    assert not who.computes_pi(Contender("pi", (sys.executable, "-c", code)))
    assert not who.computes_pi(Contender("pi", ("/nowhere/pi",)))


def test_installed_programs_for_pi_compute_it() -> None:
    assert all(map(who.computes_pi, who.peers()))


def test_median_ignores_one_bad_run() -> None:
    tries = [{"seconds": s, "cpu": s, "peak": 5e6} for s in (1.0, 99.0, 2.0)]
    middle = {"seconds": 2.0, "cpu": 2.0, "peak": 5e6}
    assert medians("we", 10, tries) == {"name": "we", "digits": 10, **middle, "runs": 3}


def test_contender_is_left_out_where_it_would_take_too_long(tmp_path: Path) -> None:
    runner = Turns(tmp_path, 1)
    runner._expected["slow"] = (100, 1.0)
    slow = Contender("slow", LYING, growth=2.0)
    assert runner._takes_part(slow, 700, turn=0)
    assert not runner._takes_part(slow, 900, turn=0), "81 seconds are too long"
    assert not runner._takes_part(slow, 400, turn=1), "16 seconds are enough once"


def test_contenders_inherit_no_pi_tui_checkpoint_every(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PI_TUI_CHECKPOINT_EVERY", "1")
    assert "PI_TUI_CHECKPOINT_EVERY" not in turns.environment()
