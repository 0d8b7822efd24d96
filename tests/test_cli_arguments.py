"""Arguments and environment variables of the command line: which are taken, which refused."""

from __future__ import annotations

import os
import re
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from pi_tui.command_line import build_parser
from pi_tui.commands.parser import commands
from tests.helpers import pi, pi_tui
from tests.refusals import refused

WORDS = {
    "no digits": (["--digits", "0"], "ask for 1 or more"),
    "fewer than no digits": (["--digits", "-5"], "ask for 1 or more"),
    "letters": (["--digits", "abc"], "whole number"),
    "nothing": (["--digits", ""], "whole number"),
    "half a digit": (["--digits", "1.5"], "whole number"),
    "beyond the limit": (["--digits", "1_000_000_001"], "1,000,000,000"),
    "an absurd exponent": (["--digits", "1e99"], "limit"),
    "hundreds of digits of digits": (["--digits", "9" * 400], "limit"),
    "escape codes": (["--digits", "\x1b[31m"], "whole number"),
    "a flag without its value": (["--digits"], "--digits"),
    "an unknown flag": (["--digts", "5"], "--help"),
    "a shortened flag": (["--dig", "5"], "--help"),
    "an unknown command": (["compute"], "--help"),
    "saving by a word": (["--digits", "9", "--checkpoint-every", "often"], "5s"),
    "saving at less than nothing": (["--digits", "9", "--checkpoint-every=-1"], "5s"),
    "saving every no seconds": (["--digits", "9", "--checkpoint-every", "0s"], "5s"),
    "saving every nan seconds": (["--digits", "9", "--checkpoint-every", "nans"], "5s"),
    "a pace that is no pace": (["--digits", "9", "--pace", "fast"], "max"),
    "a pace of nothing": (["run", "--digits", "9", "--pace", "0"], "max"),
    "a pace beyond all floats": (["--digits", "9", "--pace", "1" + "0" * 400], "max"),
    "no digits per step": (["--digits", "9", "--digits-per-step", "0"], "1"),
    "too many threads": (["--digits", "9", "--threads", "65"], "64"),
    "run without digits": (["run"], "--digits"),
    "an unknown kind of database": (["--digits", "9", "--db", "foo://x/y"], "foo"),
    "another kind of database": (["--digits", "9", "--db", "mysql://x/y"], "mysql"),
    "delete without digits": (["delete"], "--digits"),
    "a number and a bit": (
        ["20000x"],
        "'20000x' is no command and no number; see `pi-tui --help`",
    ),
    "two numbers": (["20000", "8000"], "'8000' is no command, and one number too many"),
    "open without a machine": (["open"], "are required: MODULE:NAME; see"),
    "a mistyped command": (["statsu"], "did you mean `pi-tui status`?"),
    "no digits as the first word": (["0"], "ask for 1 or more"),
    "export from before the first": (["export", "--from", "0"], "from 1"),
    "bench without runs": (["bench", "--runs", "0"], "1 or more"),
    "a value that is dropped": (["run", "--digits", "9", "--db=--"], "expected one argument"),
    "an output that is dropped": (["export", "--output=--"], "expected one argument"),
    "no port": (["serve", "--port", "70000"], "65535"),
}


@pytest.mark.parametrize(("arguments", "advice"), WORDS.values(), ids=WORDS)
def test_cli_refuses_bad_arguments_in_one_line_of_advice(
    arguments: list[str], advice: str, private_home: Path
) -> None:
    assert advice in refused(2, *arguments)
    assert list(private_home.iterdir()) == [], "nothing was written"


@pytest.mark.parametrize("name", ["PI_TUI_PACE", "PI_TUI_CHECKPOINT_EVERY", "PI_TUI_THREADS"])
def test_cli_refuses_a_bad_environment_variable(name: str) -> None:
    refused(2, "run", "--digits", "9", env=os.environ | {name: "rubbish"})


@pytest.mark.parametrize(
    "words", ["{}", "--{}", "run {}", "find 1 --first {}", "bench --runs {}", "--series {}"]
)
def test_cli_error_about_a_very_long_argument_is_shorter_than_400_characters(words: str) -> None:
    assert len(refused(2, *words.format("x" * 5_000).split())) < 400


def test_cli_prefers_flag_to_environment_variable_and_environment_variable_to_default(
    tmp_path: Path, private_home: Path
) -> None:
    variable, flag = tmp_path / "variable.sqlite3", tmp_path / "flag.sqlite3"
    environment = os.environ | {"PI_TUI_DB": str(variable)}
    pi_tui("run", "--digits", "9", "--db", flag, env=environment)
    assert (flag.exists(), variable.exists()) == (True, False)
    pi_tui("run", "--digits", "9", env=environment)
    assert variable.exists()
    assert list(private_home.rglob("*.sqlite3")) == []
    pi_tui("run", "--digits", "9")
    assert len(list(private_home.rglob("pi.sqlite3"))) == 1


def test_cli_accepts_an_option_before_or_after_the_command(database: Path) -> None:
    before = pi_tui("--db", database, "--digits", "9", "run")
    after = pi_tui("run", "--db", database, "--digits", "9")
    assert before.stdout == after.stdout == "3." + pi(9).decode() + "\n"


@pytest.mark.parametrize("name", commands(build_parser()))
def test_every_command_has_a_function_that_takes_its_options(name: str) -> None:
    command = commands(build_parser())[name]
    module, _, function = command.get_default("run").partition(":")
    wanted = signature(getattr(import_module(module), function)).parameters.values()
    options = {action.dest for action in command._actions}
    known = options | {"settings", "location", "named_location", "kinds", "wanted"}
    needed = {each.name for each in wanted if each.default is each.empty}
    assert needed <= known
    assert "wanted" not in needed or {"digits", "kind", "goal", "parameters"} <= options
    assert options - {each.name for each in wanted} <= {
        *("help", "db"),
        *("digits", "kind", "goal", "parameters"),  # which are `wanted`, or `words` of a tab
        *("pace", "checkpoint_every", "digits_per_step", "series", "threads", "memory"),
        *("fresh", "verify"),
    }, "no option is without effect"


@pytest.mark.parametrize("name", ["PACE", "CHECKPOINT_EVERY", "DB", "THREADS"])
def test_empty_environment_variable_counts_as_unset(name: str, private_home: Path) -> None:
    done = pi_tui("run", "--digits", "9", env=os.environ | {f"PI_TUI_{name}": ""})
    assert done.returncode == 0
    assert len(list(private_home.rglob("pi.sqlite3"))) == 1


@pytest.mark.parametrize("fresh", [True, False], ids=["started fresh", "forked"])
def test_cli_refusal_sets_the_exit_code_of_the_process(fresh: bool) -> None:
    done = pi_tui("run", "--digits", "0", fresh=fresh)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"pi-tui: [^\n]*ask for 1 or more\n", done.stderr)
