"""Help, version, shell completion and manual page of the command line."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pi_tui import __version__
from pi_tui.command_line import build_parser
from pi_tui.commands.parser import commands
from tests.helpers import PI_TUI, pi_tui
from tests.terminal.emulator import Terminal


def test_cli_version_is_that_of_the_package() -> None:
    assert pi_tui("--version").stdout == f"pi-tui {__version__}\n"


@pytest.mark.parametrize("command", ["", *commands(build_parser())])
def test_cli_every_command_has_help(command: str) -> None:
    done = pi_tui(*command.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--db" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_names_a_command_an_option_and_a_completion_of_files(shell: str) -> None:
    done = pi_tui("--print-completion", shell)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("checkpoint-every", "export"))
    assert {"bash": "_shtab_compgen_files", "zsh": "_files", "fish": "__fish_complete_path"}[
        shell
    ] in done.stdout


COMPLETED = {
    "bash": ("bash --norc --noprofile -i", "source <(pi-tui --print-completion bash)"),
    "zsh": (
        "zsh -f -i",
        "autoload -U compinit; compinit -D; source <(pi-tui --print-completion zsh)",
    ),
    "fish": ("fish --no-config -i", "pi-tui --print-completion fish | source"),
}
"""A shell that reads no files of the user, and the commands for it."""


@pytest.mark.parametrize("shell", COMPLETED)
def test_completion_line_enables_completion_in_a_shell(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    command, line = COMPLETED[shell]
    start = f"import os; os.execvp({shell!r}, {command.split()!r})"
    with Terminal(program=("-c", start), size=(120, 40)) as terminal:
        terminal.see(r"[#$%>]")
        terminal.send(f"{line}; echo read''y\r")
        terminal.see("ready")
        terminal.send("pi-tui expo\t")
        terminal.see("pi-tui export")
        terminal.send("--fro\t")
        terminal.see("pi-tui export --from")
        assert "not found" not in terminal.screen
        assert "can only be called" not in terminal.screen


@pytest.mark.parametrize("shell", COMPLETED)
def test_help_and_readme_give_the_completion_line_of_each_shell(shell: str) -> None:
    line = COMPLETED[shell][1].rpartition("; ")[2]
    assert line in build_parser().format_help()
    assert line in Path("README.md").read_text()


def manual_page() -> str:
    """Return the page that the build hook writes."""
    pytest.importorskip("hatchling")
    hook = Path(__file__).parents[1] / ".ci/man_page.py"
    spec = importlib.util.spec_from_file_location("man_page", hook)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parser = build_parser()
    return str(module.page(parser, commands(parser), __version__))


def test_manual_page_names_every_command_and_each_option_of_a_command() -> None:
    parser = build_parser()
    written = manual_page().replace("\\-", "-")
    for name, command in commands(parser).items():
        assert f".SS {name}\n" in written
        for option in command._option_string_actions:
            assert option in written
    assert "exit codes" in written


def test_manual_page_is_formatted_by_groff_without_warnings(tmp_path: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    (tmp_path / "page").write_text(manual_page())
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", tmp_path / "page"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "continues where it stopped" in " ".join(done.stdout.split())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_help_can_be_printed_in_ascii_latin_1_and_utf_8(encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([*PI_TUI, "--help"], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "exit codes:" in done.stdout.decode(encoding)
