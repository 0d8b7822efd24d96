"""The program's README, `--help` and help screen name every key, command and option, no others.

Its README is `pi_tui/pi/README.md`, not the one at the root.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.app import App

from pi_tui import errors
from pi_tui.app.screens.help import HelpScreen
from pi_tui.command_line import EPILOG, build_parser
from pi_tui.commands.parser import commands
from pi_tui.errors import PiTuiError
from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.app.pi_keys import PI_KEYS
from pi_tui.pi.app.pi_screen import PiScreen
from pi_tui.pi.app.views.digit_view import DigitView
from pi_tui.pi.app.views.roaming_walk import RoamingWalk
from pi_tui.pi.settings import Settings

KEYS = PI_KEYS.keys

README = (Path(__file__).parents[1] / "pi_tui" / "pi" / "README.md").read_text("utf-8")
"""The reference of the program `pi-tui`: keys, commands, exit codes."""
HELP = build_parser().format_help()
SIGNS = {
    **{"/": "slash", "+": "plus", "-": "minus", "?": "question_mark"},
    "!": "exclamation_mark",
    **{"esc": "escape", "pgup": "pageup", "pgdn": "pagedown", "↑": "up", "↓": "down"},
    **{"←": "left", "→": "right"},
}


def section(title: str) -> str:
    """Return the README's text under this heading."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def key(name: str) -> str:
    """Return Textual's name for the key that the README calls `name`."""
    return SIGNS.get(name.lower(), name if len(name) == 1 else name.lower())


def keys_that_do_something() -> set[str]:
    """Return every key bound by the app, its main screen, the digits or the walk."""
    owners = (PiApp, PiScreen, DigitView, RoamingWalk)
    bound = {name for owner in owners for name in owner._merge_bindings().key_to_bindings}
    return bound | {App.COMMAND_PALETTE_BINDING}


def keys_in_the_readme() -> set[str]:
    """Return the keys in the first column of the README's table."""
    table = section("Keys").strip().partition("\n\n")[0]
    column = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)[2:]
    return {key(name.strip("`")) for row in column for name in re.split(r",? or |,? |, ", row)}


def shown(columns: str) -> set[str]:
    return {key(name) for name in columns.split()}


def test_readme_names_every_key_of_the_key_table_and_only_bound_keys() -> None:
    told = keys_in_the_readme()
    assert set().union(*(shown(each.shown) for each in KEYS)) - told == set()
    assert told - keys_that_do_something() == set()


def test_help_screen_names_every_key_of_the_key_table_and_only_bound_keys() -> None:
    tables = [part for _, part in HelpScreen(PI_KEYS, ())._parts if not isinstance(part, str)]
    rows = {names for table in tables for names, _ in table if "mouse" not in names}
    told = set().union(*map(shown, rows))
    assert set().union(*(shown(each.shown) for each in KEYS)) - told == set()
    assert told - keys_that_do_something() == set()
    assert {"ctrl+c", "ctrl+q", "ctrl+z", "ctrl+p", "escape", "home", "end"} <= told


def test_every_key_of_the_key_table_is_bound_to_its_action() -> None:
    for each in KEYS:
        where, _, action = each.action.partition(".")
        owner = PiApp if where == "app" else PiScreen
        bound = owner._merge_bindings().key_to_bindings
        for name in each.keys.split(","):
            assert [b.action.removeprefix(f"{where}.") for b in bound[name]] == [action], name
        assert shown(each.shown) <= keys_that_do_something()


def test_key_bar_shows_only_keys_that_have_a_word_in_the_key_table() -> None:
    assert set(PI_KEYS.in_the_bar) <= {each.action for each in KEYS if each.word}


def test_command_line_help_names_bound_keys_only() -> None:
    (line,) = (line for line in EPILOG.splitlines() if line.startswith("keys in the app:"))
    words = re.split(r"[:·,] ", line)[1:]
    names = {word.split()[0] for word in words if len(word.split()[0]) == 1} | {"-"}
    assert len(names) >= 7
    assert {key(name) for name in names} <= keys_that_do_something()


COMMANDS = commands(build_parser())


def test_readme_names_every_command_and_no_other() -> None:
    told = re.findall(r"^pi-tui ([a-z]+)\b", section("Commands"), re.MULTILINE)
    assert sorted(set(told)) == sorted(COMMANDS)


def test_help_names_every_command() -> None:
    told = re.findall(r"^    ([a-z]+)  ", HELP, re.MULTILINE)
    assert sorted(told) == sorted(COMMANDS)


def test_readme_names_every_option_and_no_other() -> None:
    parsers = (build_parser(), *COMMANDS.values())
    there = {option for parser in parsers for option in parser._option_string_actions}
    told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", section("Commands")))
    aliases = {"-h", "--output"}  # documented as --help and -o
    assert told - there == set()
    assert there - aliases - told == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    for action in COMMANDS[name]._actions:
        assert action.help, f"{name} {action.option_strings or action.dest}"


class RecordingEnvironment(dict[str, str]):
    """An environment that records the names that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        self.names.add(name)
        return default


def test_readme_and_help_name_every_environment_variable_and_no_other() -> None:
    environment = RecordingEnvironment()
    Settings.from_environment(environment)
    assert environment.names
    assert set(re.findall(r"PI_TUI_[A-Z_]+", README)) == environment.names
    assert set(re.findall(r"PI_TUI_[A-Z_]+", HELP)) == environment.names


def test_readme_and_help_name_every_exit_code_and_no_other() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = {0} | {kind.exit_code for kind in kinds if issubclass(kind, PiTuiError)}
    table = re.findall(r"^\| (\d|128 \+ signal) \|", section("Promises"), re.MULTILINE)
    assert table == [*map(str, sorted(ours)), "128 + signal"]
    told = re.findall(
        r"(?:: |· )(\d+)(?:\+signal)? ", " ".join(EPILOG.partition("exit codes")[2].split())
    )
    assert told == [*map(str, sorted(ours)), "128"]
