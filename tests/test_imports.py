"""Import rules, checked by the modules that a fresh interpreter imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"textual", "sqlalchemy", "rich", "gmpy2", "platformdirs", "asyncio"}


def loaded_after(code: str) -> set[str]:
    """Return the top-level names of the modules that the code imports."""
    return {module.partition(".")[0] for module in modules_after(code)}


def modules_after(code: str) -> set[str]:
    """Return the modules that the code imports, without those imported before, such as coverage."""
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
def test_help_and_version_import_none_of_the_heavy_modules(argument: str) -> None:
    assert not loaded_after(command(argument)) & HEAVY


def test_mistyped_flag_imports_none_of_the_heavy_modules() -> None:
    assert not loaded_after(command("--digts", "5")) & HEAVY


def test_package_import_imports_no_heavy_module_and_no_argparse() -> None:
    assert not loaded_after("import pi_tui") & (HEAVY | {"argparse"})


@pytest.mark.parametrize(
    "module",
    [
        "spigot",
        "plan",
        "boxes.blocks",
        "comparison.reference",
        "comparison.chudnovsky",
        "comparison.results",
        "boxes.residue",
        "series",
        "encoding.codec",
        "kind",
    ],
)
def test_spigot_imports_neither_screen_nor_store(module: str) -> None:
    loaded = loaded_after(f"import pi_tui.pi.spigot.{module}")
    assert not loaded & {"textual", "rich", "sqlalchemy", "sqlite3", "platformdirs"}


def test_store_imports_no_screen() -> None:
    assert not loaded_after("import pi_tui.checkpoints.store") & {"textual", "rich"}


def test_worker_imports_no_sqlalchemy_before_it_starts() -> None:
    loaded = loaded_after("import pi_tui.worker.worker, pi_tui.worker.snapshot")
    assert not loaded & {"textual", "rich", "sqlalchemy"}


def test_first_frame_imports_neither_gmpy2_nor_sqlalchemy(tmp_path: Path) -> None:
    """Do everything that `run_app` does before the app runs, on an existing database."""
    files = ("--db", str(tmp_path / "db"))
    modules_after(command("run", "--digits", "1000", *files, "-o", str(tmp_path / "digits")))
    loaded = loaded_after(
        "import pi_tui.pi.app.pi_app, pi_tui.app.terminal.signals\n"
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


def test_run_command_imports_neither_the_orm_nor_textual_nor_rich(tmp_path: Path) -> None:
    files = ("--db", str(tmp_path / "db"), "-o", str(tmp_path / "digits"))
    loaded = modules_after(command("run", "--digits", "100", *files))
    assert "sqlalchemy.engine" in loaded
    assert not loaded & {"sqlalchemy.orm", "sqlalchemy.ext", "textual", "rich"}


GENERAL = sorted(
    f"pi_tui.commands.{path.stem}"
    for path in (ROOT / "pi_tui" / "commands").glob("[a-z]*.py")
    if path.stem != "web"  # only serve loads it
)
OF_PI = sorted(
    f"pi_tui.pi.commands.{path.stem}"
    for path in (ROOT / "pi_tui" / "pi" / "commands").glob("[a-z]*.py")
)


def test_commands_import_no_screen() -> None:
    assert len(GENERAL) > 5 < len(OF_PI) + 5
    assert "textual" not in loaded_after(f"import {', '.join(GENERAL + OF_PI)}")


def test_commands_for_any_machine_import_nothing_of_pi() -> None:
    loaded = modules_after(f"import {', '.join(GENERAL)}")
    assert not [module for module in loaded if module.startswith("pi_tui.pi")]


def test_bench_imports_no_screen() -> None:
    assert "textual" not in loaded_after("import pi_tui.pi.bench.measure")


def test_import_of_the_function_open_app_loads_no_textual() -> None:
    loaded = loaded_after("from pi_tui.app.open import open_app")
    assert not loaded & HEAVY


def test_app_for_any_machine_imports_nothing_of_pi() -> None:
    loaded = modules_after("import pi_tui.app.app, pi_tui.app.screens.runs_list, pi_tui.app.open")
    ours = ("pi_tui.pi", "pi_tui.pi.spigot", "pi_tui.pi.pictures", "pi_tui.pi.settings", "gmpy2")
    assert not [name for name in loaded if name.startswith(ours)]


def test_app_imports_no_sqlalchemy() -> None:
    assert "sqlalchemy" not in loaded_after("import pi_tui.pi.app.pi_app")


PUBLIC = (
    "Abandoned, BadState, Cadence, Items, Kind, Limits, LostPiece, Machine, Parameter, Piece, "
    "Poll, Refused, State, Task, Work, WrongOutput, WrongState, carry_on, carry_on_all, prove, "
    "resumable, unwatched"
)


def test_every_public_name_is_importable_and_listed() -> None:
    loaded = loaded_after(
        f"import pi_tui\nfrom pi_tui import {PUBLIC}\n"
        f"assert set({PUBLIC.split(', ')!r}) == set(pi_tui._MODULES) <= set(dir(pi_tui))"
    )
    assert not loaded & HEAVY


def test_star_import_imports_every_public_name() -> None:
    assert loaded_after(f"from pi_tui import *\nassert all([{PUBLIC}])")


def test_public_names_for_machines_import_no_store_and_no_screen() -> None:
    modules = modules_after("from pi_tui import Kind, Machine, Refused, State, Task, Work")
    assert {name for name in modules if name.startswith("pi_tui")} == {
        "pi_tui",
        "pi_tui.machine",
        "pi_tui.task",
        "pi_tui.words",
    }


def test_unknown_public_name_raises_attribute_error() -> None:
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
def test_carry_on_is_the_function_after_imports_in_ten_orders(imports: str, tmp_path: Path) -> None:
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
