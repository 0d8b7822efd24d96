"""Who may know whom: seen in what a fresh interpreter has really loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"textual", "sqlalchemy", "rich", "gmpy2", "platformdirs", "filelock", "asyncio"}


def loaded_after(code: str) -> set[str]:
    """Top-level names of the modules that the code has loaded; not what was there before it,
    such as a coverage tool that measures every child."""
    before = "import sys, json; before = set(sys.modules)"
    ask = "print(json.dumps(sorted({m.partition('.')[0] for m in set(sys.modules) - before})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\n{code}\n{ask}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def after_command(*arguments: str) -> set[str]:
    return loaded_after(
        f"import contextlib\nfrom pi_tui.cli import main\n"
        f"with contextlib.suppress(SystemExit): main({list(arguments)!r})"
    )


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(argument: str) -> None:
    assert not after_command(argument) & HEAVY


def test_a_mistyped_flag_loads_nothing_heavy() -> None:
    assert not after_command("--digts", "5") & HEAVY


def test_the_package_imports_nothing() -> None:
    assert not loaded_after("import pi_tui") & (HEAVY | {"argparse"})


@pytest.mark.parametrize(
    "module", ["spigot", "plan", "blocks", "reference", "residue", "series", "codec", "kind"]
)
def test_the_spigot_knows_neither_screen_nor_store(module: str) -> None:
    loaded = loaded_after(f"import pi_tui.spigot.{module}")
    assert not loaded & {"textual", "rich", "sqlalchemy", "sqlite3", "platformdirs", "filelock"}


def test_the_store_knows_no_screen() -> None:
    assert not loaded_after("import pi_tui.checkpoints.store") & {"textual", "rich"}


def test_the_worker_and_its_snapshot_load_no_sqlalchemy_before_it_starts() -> None:
    loaded = loaded_after("import pi_tui.worker.worker, pi_tui.worker.snapshot")
    assert not loaded & {"textual", "rich", "sqlalchemy"}


@pytest.mark.parametrize("module", ["run", "runs", "digits", "upkeep", "serve"])
def test_commands_know_no_screen(module: str) -> None:
    assert "textual" not in loaded_after(f"import pi_tui.commands.{module}")


def test_bench_knows_no_screen() -> None:
    assert "textual" not in loaded_after("import pi_tui.bench.measure")


def test_the_app_is_there_before_the_store_is() -> None:
    assert "sqlalchemy" not in loaded_after("import pi_tui.ui.app")
