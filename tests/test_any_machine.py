"""General code has no names or words that belong to pi."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "pi_tui"
WORD = re.compile(r"\b(pi|π|digits?|box(es)?|blocks?|spigots?)\b", re.IGNORECASE)
KNOWS_SCHEMA_1 = ROOT / "checkpoints" / "upgrade" / "migration.py"
"""The module that may mention pi, because schema 1 kept only runs of pi."""
_NAMES = re.compile(r"pi[-_]tui|PiTui|\bpi_(run|piece|output|checkpoint|meta)\b|\bSIG_BLOCK\b")
"""The names of the program, of its tables and of a constant of Python, which are allowed."""
FILES = sorted(
    {
        *(ROOT / f"{name}.py" for name in ("machine", "task", "carry_on", "all_tasks", "testing")),
        *(ROOT / "checkpoints").rglob("*.py"),
        *(ROOT / "worker").glob("*.py"),
        *(ROOT / "reports" / f"{name}.py" for name in ("progress", "resumed", "run_table")),
    }
    - {KNOWS_SCHEMA_1}
)

APP_WORD = re.compile(r"\b(digits?|box(es)?|spigots?|predigits?)\b", re.IGNORECASE)
APP = sorted(path for path in (ROOT / "app").rglob("*") if path.suffix in (".py", ".tcss"))
ABOUT_TABS = {ROOT / "commands" / f"{name}.py" for name in ("serve", "web")}
COMMANDS = sorted(
    {
        *(ROOT / f"{name}.py" for name in ("words", "errors", "needle")),
        *(path for name in ("commands", "files", "recipes") for path in (ROOT / name).glob("*.py")),
        *(ROOT / "reports").glob("*.py"),
    }
    - ABOUT_TABS
)

OPTION = re.compile(r"--db|--fresh|\bpi-tui\b")
"""Options that only the program `pi-tui` has, so general code must not advise them."""
ADVISING = sorted({*FILES, *(ROOT / name for name in ("errors.py", "words.py"))})


def messages(code: str) -> list[str]:
    """Return every string in the code that is not a docstring."""
    tree = ast.parse(code)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [str(text.value) for text in texts if id(text) not in alone]


@pytest.mark.parametrize("path", ADVISING, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_messages_of_general_code_name_no_pi_tui_and_no_option_db_or_fresh(path: Path) -> None:
    found = [text for text in messages(path.read_text("utf-8")) if OPTION.search(text)]
    assert found == []


def said(text: str, word: re.Pattern[str] = WORD) -> list[str]:
    """Return the lines that contain the word, alone or in a name."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", _NAMES.sub("", text))
    return [line for line in apart.splitlines() if word.search(line)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_general_code_has_none_of_the_words_pi_digit_box_block_and_spigot(path: Path) -> None:
    assert said(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "path", [*APP, *COMMANDS], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_app_and_commands_for_any_machine_lack_the_words_digit_box_and_spigot(path: Path) -> None:
    assert said(path.read_text("utf-8"), APP_WORD) == []


@pytest.mark.parametrize(
    "line", ["# a Block", "digits_made = 3", "class BoxRow:", "'of π'", "MAX_DIGITS = 1", "SpigotX"]
)
def test_scan_for_words_about_the_spigot_finds_each_planted_one(line: str) -> None:
    assert said(line)
    assert said(KNOWS_SCHEMA_1.read_text("utf-8"))
