"""Quoted words survive a shell, and hints name the program that printed them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pi_tui.reports import hints
from pi_tui.reports.hints import program, quoted
from tests.helpers import PI_TUI, SCRIPTS, pi, saved

ODD = {
    "a joiner": "a\u200db.db",
    "right to left": "a\u202egnp.db",
    "a line break": "a\nb.db",
    "no UTF-8": os.fsdecode(b"a\xff\xfeb.db"),
    "quotes": 'it\'s "mine"; $HOME `id`\\.db',
    "quotes and a bell": "it's\x07 \\n \\.db",
    "octal and a digit": "\x01" + "7.db",
    "a blank": " .db",
    "an emoji": "👩\u200d💻.db",
}


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_quoted_word_is_read_back_by_each_shell(shell: str, name: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert quoted(name).isprintable()
    script = f"printf %s {quoted(name)}"
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)


@settings(max_examples=60)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_quoted_word_of_any_characters_is_read_back_by_bash(name: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"printf %s {quoted(name)}"], capture_output=True, check=True
    )
    assert done.stdout == name.encode()


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_hint_escapes_a_database_name_that_the_output_encoding_cannot_express(
    encoding: str, tmp_path: Path
) -> None:
    name, variables = "日本.db", {**os.environ, "PYTHONIOENCODING": encoding}
    command = [*PI_TUI, "status", "--db", name]
    told = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, check=True)
    said = told.stdout + told.stderr
    assert rb" --db $'\346\227\245\346\234\254.db' --digits 20000`" in said, said


@pytest.mark.parametrize("by", ["flag", "variable"])
@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_pasted_hint_opens_a_database_of_an_odd_name(name: str, by: str, tmp_path: Path) -> None:
    flag, variable = ("" if by == "variable" else name), {"PI_TUI_DB": name}
    hints.remember(flag, variable)
    hint = re.search("`([^`].*)` begins", hints.to_paste("x; `pi-tui --digits 60` begins one"))
    assert hint
    assert hint[1].isprintable()
    subprocess.run(["bash", "-c", hint[1]], cwd=tmp_path, check=True, capture_output=True)
    assert saved(tmp_path / name) == 60


def start(tmp_path: Path, how: str) -> str:
    """Start the program by the command `how` without a database; return its hint."""
    environment = os.environ | {"PATH": os.environ["PATH"].replace(f"{SCRIPTS}:", "")}
    command = f"{how} status"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    found = re.search("`([^`]+)` begins", done.stdout)
    assert found, done.stdout + done.stderr
    return found[1]


def test_hint_names_the_program_by_the_path_that_was_typed(tmp_path: Path) -> None:
    (tmp_path / "my bin").symlink_to(SCRIPTS)
    assert start(tmp_path, "'my bin/pi-tui'") == "'my bin/pi-tui' --digits 20000"
    assert start(tmp_path, f"{SCRIPTS}/pi-tui") == f"{SCRIPTS}/pi-tui --digits 20000"


def test_hint_names_the_python_that_was_started_but_not_the_flags_of_python(tmp_path: Path) -> None:
    python = shlex.quote(sys.executable)
    assert start(tmp_path, f"{python} -W error -m pi_tui") == f"{python} -m pi_tui --digits 20000"


def test_hint_names_plain_pi_tui_if_the_shell_finds_it_on_the_path(tmp_path: Path) -> None:
    how = f"PATH={shlex.quote(str(SCRIPTS))}:$PATH pi-tui"
    assert start(tmp_path, how) == "pi-tui --digits 20000"


def test_hint_names_plain_pi_tui_if_another_program_imports_the_package() -> None:
    assert program("/usr/bin/pytest") == "pi-tui"
    assert program("") == "pi-tui"


def test_hint_that_names_the_program_by_its_path_works_when_pasted(tmp_path: Path) -> None:
    hint = start(tmp_path, f"{SCRIPTS}/pi-tui").replace("20000", "60")
    done = subprocess.run(["bash", "-c", hint], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == b"3." + pi(60) + b"\n"
    assert PI_TUI[-1] in hint
