"""`pi-tui find` as a whole process: in a pipe, for scripts, and on a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from pi_tui.pi.commands import find
from pi_tui.pi.spigot.kind import SpigotKind
from tests.helpers import pi, pi_tui
from tests.terminal.emulator import Terminal

DIGITS = 3_000


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database with two runs."""
    database = tmp_path_factory.mktemp("find") / "pi.sqlite3"
    for digits in (DIGITS, 100):  # the longer one is not the last
        assert pi_tui("run", "--digits", digits, "--db", database).returncode == 0
    return database


def test_find_shows_positions_with_the_digits_around_them(saved: Path) -> None:
    done = pi_tui("find", "999999", "--db", saved)
    at = pi(DIGITS).find(b"999999")
    around = pi(DIGITS)[at - 10 : at + 16].decode()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "999999 stands once in the first 3,000 digits of pi:",
        f"  762  {around[:10]} 999999 {around[16:]}",
        "A given string of 6 digits occurs in that many digits with a chance of 0.3 %.",
    ]


def test_find_at_first_and_last_digits_shows_shorter_surroundings(saved: Path) -> None:
    first = pi_tui("find", "14159265", "--db", saved).stdout.splitlines()[1]
    assert first.split() == ["1", "14159265", pi(18)[8:].decode()]
    end = pi(DIGITS)[-8:].decode()
    last = pi_tui("find", end, "--db", saved).stdout.splitlines()[1]
    assert last.split() == [f"{DIGITS - 7:,}", pi(DIGITS)[-18:-8].decode(), end]


def test_find_after_a_miss_states_the_digits_needed(saved: Path) -> None:
    done = pi_tui("find", "14031988", "--db", saved)
    assert done.returncode == 0
    assert "14031988 is not in the first 3,000 digits of pi." in done.stdout
    assert "99 million digits for a chance of 63 %, about 300 million for 95 %" in done.stdout
    assert f"`pi-tui --db {saved} run --digits 300000000` computes that many." in done.stdout


def test_find_with_option_first_2_counts_all_hits_and_shows_two(saved: Path) -> None:
    done = pi_tui("find", "26", "--db", saved, "--first", "2")
    headline, *rows = done.stdout.splitlines()
    assert f"26 stands {pi(DIGITS).count(b'26')} times" in headline
    assert [row.split()[0] for row in rows] == ["6", "21", "A"]
    assert "is expected about 30 times in that many digits" in rows[-1]


def test_find_with_option_json_prints_one_json_object(saved: Path) -> None:
    told = json.loads(pi_tui("find", "999999", "--db", saved, "--json").stdout)
    assert (told["text"], told["digits"], told["count"]) == ("999999", DIGITS, 1)
    assert told["first"] == [
        {"position": 762, "before": pi(761)[-10:].decode(), "after": pi(777)[-10:].decode()}
    ]
    assert 0.0029 < told["chance"] < 0.003
    assert set(told["digits_for"]) == {"0.63", "0.95"}


def test_find_reads_few_pieces_for_many_places_and_shows_digits_of_two_pieces(
    saved: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    read, reads = CheckpointStore.output, list[int]()

    def counted(store: CheckpointStore, run: Run, start: int, stop: int) -> bytes:
        reads.append(start)
        return read(store, run, start, stop)

    monkeypatch.setattr(find, "_PIECE", 97)
    monkeypatch.setattr(CheckpointStore, "output", counted)
    assert find.find(str(saved), "26", None, DIGITS, as_json=True) == 0
    digits = pi(DIGITS).decode()
    places = [at for at in range(DIGITS) if digits.startswith("26", at)]
    assert json.loads(capfd.readouterr().out)["first"] == [
        {
            "position": at + 1,
            "before": digits[max(0, at - 10) : at],
            "after": digits[at + 2 : at + 12],
        }
        for at in places
    ]
    assert len(reads) <= 2 * -(-DIGITS // 97)


def test_find_refuses_a_run_that_is_begun_again_while_it_reads(
    database: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert pi_tui("run", "--digits", DIGITS, "--db", database).returncode == 0
    read, reads = CheckpointStore.output, list[int]()

    def begun_again(store: CheckpointStore, run: Run, start: int, stop: int) -> bytes:
        reads.append(start)
        if len(reads) == 3:
            kind = SpigotKind()
            with CheckpointStore.open(str(database), kind) as writer:
                writer.restart(writer.open_run(run.task), run.task)
        return read(store, run, start, stop)

    monkeypatch.setattr(find, "_PIECE", 1_000)
    monkeypatch.setattr(CheckpointStore, "output", begun_again)
    with pytest.raises(StorageError, match="begun again"):
        find.find(str(database), "14", None, 5, as_json=False)
    assert capfd.readouterr().out == ""


def test_find_searches_the_named_run(saved: Path) -> None:
    assert "is not in the first 100 digits" in (
        pi_tui("find", "999999", "--digits", 100, "--db", saved).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("14.3.1988",), "'14.3.1988' is no string of digits"),
        (("",), "'' is no string of digits"),
        (("١٢٣",), "is no string of digits"),
        (("1" * 101,), "a string of 101 digits is too long; 100 at most"),
        (("1", "--first", "0"), "--first 0 shows nothing; use 1 or more"),
        (("1", "--digits", "7"), "there is no run of 7 digits"),
    ],
)
def test_find_refuses_bad_arguments_in_one_line(
    arguments: tuple[str, ...], told: str, saved: Path
) -> None:
    done = pi_tui("find", *arguments, "--db", saved)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_find_without_a_database_says_how_to_start(tmp_path: Path) -> None:
    done = pi_tui("find", "1", "--db", tmp_path / "none.sqlite3")
    assert done.returncode == 2
    assert "begins" in done.stderr


@pytest.mark.parametrize(("no_color", "marked"), [("", True), ("1", False)])
def test_find_marks_hits_on_a_terminal_unless_no_color_is_set(
    no_color: str, marked: bool, saved: Path
) -> None:
    with Terminal("find", "999999", "--db", saved, NO_COLOR=no_color) as terminal:
        assert terminal.wait() == 0
        terminal.see("1870721134 999999 8372978049")
        assert (b"\x1b[" in terminal.raw) == marked
        column, row = terminal.place_of("999999 8372978049")
        assert (terminal.cell(column, row)[1] != "default") == marked
        assert terminal.cell(column - 2, row)[1] == "default"
