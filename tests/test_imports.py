"""Who may know whom: seen in what a fresh interpreter has really loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"textual", "sqlalchemy", "rich", "gmpy2", "platformdirs", "asyncio"}


def loaded_after(code: str) -> set[str]:
    """Top-level names of what the code has loaded."""
    return {module.partition(".")[0] for module in modules_after(code)}


def modules_after(code: str) -> set[str]:
    """The modules that the code has loaded; not what was there before it, such as a coverage tool
    that measures every child."""
    before = "import sys, json; before = set(sys.modules)"
    ask = "print(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\n{code}\n{ask}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def command(*arguments: str) -> str:
    return (
        f"import contextlib\nfrom pi_tui.cli import main\n"
        f"with contextlib.suppress(SystemExit): main({list(arguments)!r})"
    )


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(argument: str) -> None:
    assert not loaded_after(command(argument)) & HEAVY


def test_a_mistyped_flag_loads_nothing_heavy() -> None:
    assert not loaded_after(command("--digts", "5")) & HEAVY


def test_the_package_imports_nothing() -> None:
    assert not loaded_after("import pi_tui") & (HEAVY | {"argparse"})


@pytest.mark.parametrize(
    "module", ["spigot", "plan", "blocks", "reference", "residue", "series", "codec", "kind"]
)
def test_the_spigot_knows_neither_screen_nor_store(module: str) -> None:
    loaded = loaded_after(f"import pi_tui.pi.spigot.{module}")
    assert not loaded & {"textual", "rich", "sqlalchemy", "sqlite3", "platformdirs"}


def test_the_store_knows_no_screen() -> None:
    assert not loaded_after("import pi_tui.checkpoints.store") & {"textual", "rich"}


def test_the_worker_and_its_snapshot_load_no_sqlalchemy_before_it_starts() -> None:
    loaded = loaded_after("import pi_tui.worker.worker, pi_tui.worker.snapshot")
    assert not loaded & {"textual", "rich", "sqlalchemy"}


def test_the_first_frame_waits_neither_for_gmpy2_nor_for_sqlalchemy(tmp_path: Path) -> None:
    """All that `run_app` does before the app runs, on a database that is there."""
    files = ("--db", str(tmp_path / "db"))
    modules_after(command("run", "--digits", "1000", *files, "-o", str(tmp_path / "digits")))
    loaded = loaded_after(
        "import pi_tui.ui.app, pi_tui.ui.signals\n"
        "from pi_tui.pi.settings import Settings\n"
        "from pi_tui.worker.watcher import WatchingWorker\n"
        "from pi_tui.pi.which_run import run_to_open\n"
        f"settings = Settings(db={files[1]!r})\n"
        "digits, seen = run_to_open(settings, None)\n"
        "assert (digits, seen.committed) == (1000, 1000)\n"
        "WatchingWorker(settings.job(digits, give_way=True))"
    )
    assert {"textual", "sqlite3"} <= loaded
    assert not loaded & {"gmpy2", "sqlalchemy"}


def test_a_run_loads_neither_the_orm_nor_what_draws_its_progress(tmp_path: Path) -> None:
    files = ("--db", str(tmp_path / "db"), "-o", str(tmp_path / "digits"))
    loaded = modules_after(command("run", "--digits", "100", *files))
    assert "sqlalchemy.engine" in loaded
    assert not loaded & {"sqlalchemy.orm", "sqlalchemy.ext", "textual", "rich"}


@pytest.mark.parametrize("module", ["run", "runs", "digits", "upkeep", "serve"])
def test_commands_know_no_screen(module: str) -> None:
    assert "textual" not in loaded_after(f"import pi_tui.commands.{module}")


def test_bench_knows_no_screen() -> None:
    assert "textual" not in loaded_after("import pi_tui.pi.bench.measure")


def test_the_app_is_there_before_the_store_is() -> None:
    assert "sqlalchemy" not in loaded_after("import pi_tui.ui.app")


PUBLIC = (
    "Abandoned, BadState, Cadence, Items, Kind, Limits, Machine, Parameter, Piece, Poll, Refused, "
    "State, Task, Work, WrongOutput, WrongState, carry_on, carry_on_all, resumable, unwatched"
)


def test_every_public_name_is_importable_and_listed() -> None:
    loaded = loaded_after(
        f"import pi_tui\nfrom pi_tui import {PUBLIC}\n"
        f"assert set({PUBLIC.split(', ')!r}) == set(pi_tui._MODULES) <= set(dir(pi_tui))"
    )
    assert not loaded & HEAVY


def test_machine_names_load_no_more_than_the_seam() -> None:
    modules = modules_after("from pi_tui import Kind, Machine, Refused, State, Task, Work")
    assert {name for name in modules if name.startswith("pi_tui")} == {
        "pi_tui",
        "pi_tui.machine",
        "pi_tui.task",
    }


def test_unknown_public_name_is_an_attribute_error() -> None:
    loaded_after("import pi_tui\nassert not hasattr(pi_tui, 'carry_off')")


ORDERS = [
    "from pi_tui import carry_on",
    "from pi_tui.carry_on import carry_on as other; from pi_tui import carry_on",
    "import pi_tui.carry_on; from pi_tui import carry_on",
    "import pi_tui.carry_on as carry_on",
    "from pi_tui.carry_on import carry_on",
    "from pi_tui import carry_on; from pi_tui.carry_on import carry_on",
    "from pi_tui import carry_on_all, carry_on",
    "import pi_tui; carry_on = pi_tui.carry_on",
    "from pi_tui import resumable, carry_on",
    "from pi_tui.recipes import program; import pi_tui; carry_on = pi_tui.carry_on",
]


@pytest.mark.parametrize("imports", ORDERS)
def test_carry_on_is_callable_after_any_order_of_imports(imports: str, tmp_path: Path) -> None:
    loaded_after(
        f"{imports}\n"
        "import inspect, sys, types\n"
        "from pi_tui import Task, resumable\n"
        "@resumable\n"
        "def count(goal, at=0):\n"
        "    while at < goal:\n"
        "        at += 1\n"
        "        yield {'at': at}, f'{at} '\n"
        f"code, output = carry_on(count.kind, Task(3), {str(tmp_path / 'db')!r}, face='line')\n"
        "assert (code, output) == (0, b'1 2 3 ')\n"
        "assert list(inspect.signature(carry_on).parameters)[:3] == ['kind', 'task', 'location']\n"
        "from pi_tui.carry_on import LOOK_SECONDS, carry_on as function\n"
        "assert isinstance(function, types.FunctionType)\n"
        "assert sys.modules['pi_tui.carry_on'].LOOK_SECONDS == LOOK_SECONDS\n"
    )
