"""`watch` of a run that no process computes any more says how to resume it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pi_tui.pi.spigot.kind import SpigotKind
from tests.commands.kinds import compute
from tests.helpers import started
from tests.terminal.emulator import Terminal


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_watch_of_a_run_that_is_not_of_pi_says_how_to_resume_it_and_offers_no_key(
    size: tuple[int, int], mixed: Path
) -> None:
    words = ("watch", "--with", "seed=3", "--db", mixed)
    with Terminal(*words, size=size) as terminal:
        terminal.see("has ended")
        assert "p go on" not in terminal.screen
        terminal.send("p")
        terminal.see("Only watching: start the program")
        assert "p goes on" not in terminal.screen
        terminal.send("q")
        assert terminal.wait() == 0
        said = " ".join(terminal.screen.split())
        assert said.endswith(
            "nothing to save here; start the program that computes lines to go on with it"
        )


def test_watch_of_pi_names_the_command_that_resumes_the_run_in_this_database(mixed: Path) -> None:
    pi_kind = SpigotKind()
    compute(str(mixed), pi_kind, pi_kind.task(600, 10), 20)
    with Terminal("watch", "--digits", "600", "--db", mixed, size=(300, 24)) as terminal:
        terminal.see(rf"has ended; `[^`]+ --db {mixed} 600` goes on with it")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.screen.count(f" --db {mixed} 600` goes on with it") == 1
        assert terminal.screen.count("--db") == 1


def test_watch_of_pi_shows_no_command_in_a_window_too_narrow_for_it(mixed: Path) -> None:
    pi_kind = SpigotKind()
    compute(str(mixed), pi_kind, pi_kind.task(600, 10), 20)
    with Terminal("watch", "--digits", "600", "--db", mixed, size=(60, 24)) as terminal:
        terminal.see("has ended *\n")
        assert "pi-tui" not in terminal.screen.splitlines()[2]


def test_watch_in_a_pipe_prints_a_status_line_again_and_again(mixed: Path) -> None:
    with started("watch", "--with", "seed=3", "--db", mixed) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        assert all(line.startswith(b"lines 1,000 ratio=0.5 seed=3: ") for line in lines)
