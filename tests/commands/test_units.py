"""Output is counted in the unit of its kind, also without the code of that kind."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pi_tui.recipes.generator import GeneratorKind
from tests.commands.kinds import LINES, ROWS, ask, compute, lines
from tests.terminal.emulator import Terminal


def test_output_in_rows_is_counted_in_rows_without_the_code_of_its_kind(database: Path) -> None:
    compute(str(database), ROWS, ROWS.task(1_000, seed=3), 400)
    compute(str(database), ROWS, ROWS.task(1))
    compute(str(database), LINES, LINES.task(1))
    assert_counted_in_rows(database)
    with Terminal("watch", "--goal", "1000", "--db", database, size=(80, 24)) as terminal:
        terminal.see(r"rows +400 │")
        terminal.see(r"bytes +1,631 │")
        terminal.send("q")
        assert terminal.wait() == 0


def assert_counted_in_rows(location: object) -> None:
    begun, size = r"table 1,000 ratio=0.5 seed=3", len("".join(f"{n * 3}\n" for n in range(1, 401)))
    told = ask("status", database=location)
    assert f"{begun}: 400 rows saved, " in told
    assert "table 1 ratio=0.5 seed=1: 1 row saved, " in told
    assert "lines 1 ratio=0.5 seed=1: 2 bytes saved, " in told
    assert "  400 rows  " in ask("runs", database=location)
    found = json.loads(ask("status", "--goal", "1000", "--json", database=location))
    assert (found[0]["saved"], found[0]["unit"], found[0]["lines"]) == (size, "rows", 400)


def test_postgres_counts_rows_without_the_code_of_their_kind(postgres_url: str) -> None:
    compute(postgres_url, ROWS, ROWS.task(1_000, seed=3), 400)
    compute(postgres_url, ROWS, ROWS.task(1))
    compute(postgres_url, LINES, LINES.task(1))
    assert_counted_in_rows(postgres_url)


def test_status_counts_in_the_unit_that_the_kind_had_when_it_last_opened_the_run(
    database: Path,
) -> None:
    compute(str(database), ROWS, ROWS.task(9), 3)
    compute(str(database), GeneratorKind(lines, "table", 1), ROWS.task(9), 5)
    assert "10 bytes saved" in ask("status", database=database)


def test_six_runs_of_one_kind_resumed_at_the_same_time_store_its_unit_on_postgres(
    postgres_url: str,
) -> None:
    tasks = [ROWS.task(3, seed=seed) for seed in range(6)]
    for task in tasks:  # begun before units were kept
        compute(postgres_url, GeneratorKind(lines, "table", 1), task, 1)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda task: compute(postgres_url, ROWS, task), tasks))
    assert ask("status", "--kind", "table", database=postgres_url).count(": 3 rows saved, ") == 6
