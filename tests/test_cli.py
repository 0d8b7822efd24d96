"""The command line, in whole processes: arguments, refusals, limits, help."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from pi_tui import __version__
from pi_tui.cli import main
from pi_tui.command_line import build_parser
from pi_tui.pi.commands.options import number_as_digits
from pi_tui.reports import manual
from tests.helpers import PI_TUI, pi, pi_tui, started, wait_until
from tests.terminal.emulator import Terminal

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


def refused(
    exit_code: int,
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Call `main` in this process, which must refuse; return its one line on stderr."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        for name in os.environ.keys() - (env or os.environ).keys():
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        patch.chdir(cwd or Path.cwd())
        assert main(list(map(str, arguments))) == exit_code, err.getvalue()
    assert out.getvalue() == ""
    line = err.getvalue()
    assert re.fullmatch(r"pi-tui: [^\n\x1b]+\n", line), line
    return line


@pytest.mark.parametrize(("arguments", "advice"), WORDS.values(), ids=WORDS)
def test_cli_refuses_bad_arguments_in_one_line_of_advice(
    arguments: list[str], advice: str, private_home: Path
) -> None:
    assert advice in refused(2, *arguments)
    assert list(private_home.iterdir()) == [], "nothing was written"


@pytest.mark.parametrize("name", ["PI_TUI_PACE", "PI_TUI_CHECKPOINT_EVERY", "PI_TUI_THREADS"])
def test_cli_refuses_a_bad_environment_variable(name: str) -> None:
    refused(2, "run", "--digits", "9", env=os.environ | {name: "rubbish"})


def text_file(path: Path) -> None:
    path.write_text("my diary\n" * 500)


def foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.execute("INSERT INTO songs VALUES ('pi')")
    connection.commit()
    connection.close()


def newer_database(path: Path) -> None:
    assert main(["run", "--digits", "50", "--db", str(path)]) == 0
    connection = sqlite3.connect(path)
    connection.execute("UPDATE pi_meta SET value = '99' WHERE key = 'schema_version'")
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()


def untouched(path: Path) -> tuple[object, ...]:
    """Return everything about a file that must not change; its access time may."""
    stat = path.stat()
    content = path.read_bytes() if path.is_file() else b""
    return stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, content


@pytest.mark.parametrize("command", [["run"], ["status"], ["check"], ["export"]], ids=str)
@pytest.mark.parametrize("make", [Path.mkdir, text_file, foreign_database, newer_database])
def test_cli_leaves_a_foreign_file_untouched(
    make: Callable[[Path], None], command: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "theirs"
    make(path)
    (tmp_path / "theirs.lock").unlink(missing_ok=True)
    before = untouched(path)
    digits = ["--digits", "60"] if command in (["run"], ["export"]) else []
    assert str(path) in refused(7, *command, "--db", path, *digits)
    assert untouched(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["theirs"], "nothing was left beside it"


@pytest.mark.parametrize(
    "command",
    [
        "run --digits 9",
        "run",
        "",
        "status",
        "status --json",
        "runs",
        "export",
        "check",
        "backup x",
        "verify --digits 9",
        "delete --digits 9",
    ],
)
def test_cli_names_a_missing_folder_to_readers_and_writers(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "not"
    for options in (
        {"--db": f"{folder}/there.sqlite3"},
        {"--db": f"sqlite:///{folder}/there.sqlite3"},
        {},
    ):
        variable = {} if options else {"PI_TUI_DB": f"{folder}/there.sqlite3"}
        words = [word for pair in options.items() for word in pair]
        line = refused(6, *command.split(), *words, env=os.environ | variable, cwd=tmp_path)
        assert f"there is no folder {folder}; make it first" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm", ".lock", ".run-7.lock"])
@pytest.mark.parametrize("command", ["run --digits 9", "--digits 9", "status", "check", "export"])
def test_cli_refuses_names_of_files_beside_a_database(
    end: str, command: str, database: Path
) -> None:
    pi_tui("run", "--digits", "90", "--db", database)
    before = {path: path.read_bytes() for path in database.parent.iterdir()}
    line = refused(2, *command.split(), "--db", f"{database}{end}")
    assert f"name the database itself ({database.name})" in line
    assert {path: path.read_bytes() for path in database.parent.iterdir()} == before


def to_a_folder(lock: Path) -> None:
    lock.mkdir()


def to_a_link(lock: Path) -> None:
    lock.symlink_to(lock.parent / "elsewhere")


def to_a_pipe(lock: Path) -> None:
    os.mkfifo(lock)


def to_a_diary(lock: Path) -> None:
    lock.write_text("my diary\n" * 500)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (to_a_folder, "is a folder; move it away"),
        (to_a_link, "is a link; move it away"),
        (to_a_pipe, "is not a regular file; move it away"),
        (to_a_diary, "is a file of another program; move it away"),
    ],
)
def test_cli_names_a_foreign_lock_file_and_keeps_it(
    make: Callable[[Path], None], what: str, database: Path
) -> None:
    lock = Path(f"{database}.lock")
    make(lock)
    before = lock.lstat()
    line = refused(6, "run", "--digits", "9", "--db", database)
    assert f"{lock} should be a lock file, but {what}" in line
    assert list(database.parent.iterdir()) == [lock]
    assert lock.lstat() == before


@pytest.mark.parametrize("name", ["missing/pi.txt", ".", "pi.txt/under-a-file"])
def test_cli_refuses_an_unwritable_output_before_computing(name: str, tmp_path: Path) -> None:
    (tmp_path / "pi.txt").write_text("old")
    database = tmp_path / "pi.sqlite3"
    line = refused(6, "run", "--digits", "9", "--db", database, "-o", tmp_path / name)
    assert "choose another file" in line
    assert not database.exists()
    assert (tmp_path / "pi.txt").read_text() == "old"


@pytest.mark.parametrize("command", ["export", "check", "backup", "delete"])
def test_cli_reading_a_missing_database_creates_no_file(command: str, tmp_path: Path) -> None:
    more = {"backup": [str(tmp_path / "copy")], "delete": ["--digits", "9", "--yes"]}
    line = refused(2, command, "--db", tmp_path / "pi.sqlite3", *more.get(command, []))
    assert "nothing is saved" in line
    assert list(tmp_path.iterdir()) == []


def test_cli_accepts_numbers_as_people_write_them(database: Path) -> None:
    done = pi_tui("run", "--digits", "2e2", "--db", database)
    assert done.stdout.encode() == b"3." + pi(200) + b"\n"


@pytest.mark.parametrize(
    "words", ["2000", "2k", "2 k", "2 thousand", "2e3", "2 000", "2,000", "2_000", "'2 000'", "2K"]
)
def test_cli_takes_a_first_argument_that_is_a_number_as_digits(words: str, database: Path) -> None:
    done = pi_tui(*shlex.split(words), "--db", database)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(2_000) + b"\n")


@pytest.mark.parametrize("million", ["1m", "1 million", "1M", "1 000 000"])
def test_cli_accepts_1_million_as_two_words(million: str) -> None:
    parser = build_parser()
    options = parser.parse_args(number_as_digits(parser, million.split()))
    assert (options.run, options.digits) == (None, 1_000_000)


BETWEEN = {
    "after the database": "--db x {}",
    "after a word with its value": "--pace=max {}",
    "after a switch": "--fresh --yes {}",
    "before an option": "{} --pace max",
    "between options": "--threads 2 {} --pace 500",
}


@pytest.mark.parametrize("number", ["20000", "20k", "20e3", "20 000", "20,000", "20 thousand"])
@pytest.mark.parametrize("words", BETWEEN.values(), ids=BETWEEN)
def test_bare_number_in_place_of_a_command_means_digits(words: str, number: str) -> None:
    parser = build_parser()
    options = parser.parse_args(number_as_digits(parser, words.format(number).split()))
    assert (options.run, options.digits) == (None, 20_000)


@pytest.mark.parametrize(
    "words", ["find 14", "run --digits 9", "--db 20000", "backup 20000", "--db 7 export --from 2"]
)
def test_cli_leaves_other_numbers_where_they_are(words: str) -> None:
    assert number_as_digits(build_parser(), words.split()) == words.split()


@pytest.mark.parametrize(
    "number",
    ["1e99", "1e100", f"1e1{'0' * 5_000}", "9" * 100, "9" * 5_000, "2 000 000 000", "1000000001"],
)
@pytest.mark.parametrize("words", ["--digits", "--db x", "run --digits", "serve --digits"])
def test_cli_names_the_limit_of_digits_in_a_short_line(number: str, words: str) -> None:
    number_words = number.split() if words == "--db x" else [number]
    line = refused(2, *words.split(), *number_words)
    assert "the limit is 1,000,000,000 digits" in line
    assert len(line) < 140


@pytest.mark.parametrize(
    "words", ["{}", "--{}", "run {}", "find 1 --first {}", "bench --runs {}", "--series {}"]
)
def test_cli_repeats_no_more_than_a_line_of_what_was_typed(words: str) -> None:
    assert len(refused(2, *words.format("x" * 5_000).split())) < 400


@pytest.mark.parametrize("command", ["export", "verify", "picture walk -o pi.svg"])
def test_cli_commands_on_saved_digits_use_the_last_run(command: str, tmp_path: Path) -> None:
    for digits in (300, 120):
        pi_tui("run", "--digits", digits, "--db", "pi.db", cwd=tmp_path)
    done = pi_tui(*command.split(), "--db", "pi.db", cwd=tmp_path)
    assert done.returncode == 0
    assert "120" in done.stderr or done.stdout == "3." + pi(120).decode() + "\n"


def test_cli_without_a_terminal_behaves_as_run(database: Path) -> None:
    done = pi_tui("--digits", "300", "--db", database)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(300) + b"\n")


def test_cli_without_digits_resumes_the_last_run(database: Path) -> None:
    pi_tui("run", "--digits", "120", "--db", database)
    done = pi_tui("--db", database)
    assert done.stdout.encode() == b"3." + pi(120) + b"\n"


def test_cli_prefers_the_flag_to_the_variable_to_the_default(
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


@pytest.mark.parametrize("flag", [["--db", ""], ["--db="]], ids=str)
@pytest.mark.parametrize(
    "command",
    ["delete --digits 9 --yes", "run --digits 9 --fresh", "9", "status", "export", "backup x"],
)
def test_cli_refuses_an_empty_db_and_keeps_the_usual_database(
    command: str, flag: list[str], tmp_path: Path, private_home: Path
) -> None:
    pi_tui("run", "--digits", "9")
    (usual,) = private_home.rglob("pi.sqlite3")
    before = untouched(usual)
    line = refused(2, *command.split(), *flag, cwd=tmp_path)
    assert "--db is empty; give the path or URL of a database, or leave --db out" in line
    assert untouched(usual) == before


def test_empty_variable_for_the_database_counts_as_unset(private_home: Path) -> None:
    pi_tui("run", "--digits", "9", env=os.environ | {"PI_TUI_DB": ""})
    assert len(list(private_home.rglob("pi.sqlite3"))) == 1


def test_cli_accepts_an_option_before_or_after_the_command(database: Path) -> None:
    before = pi_tui("--db", database, "--digits", "9", "run")
    after = pi_tui("run", "--db", database, "--digits", "9")
    assert before.stdout == after.stdout == "3." + pi(9).decode() + "\n"


def test_cli_version_is_that_of_the_package() -> None:
    assert pi_tui("--version").stdout == f"pi-tui {__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        "",
        "run",
        "status",
        "runs",
        "export",
        "verify",
        "check",
        "backup",
        "delete",
        "bench",
        "serve",
        "open",
        "watch",
    ],
)
def test_cli_every_command_has_help(command: str) -> None:
    done = pi_tui(*command.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--db" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_commands_options_and_files(shell: str) -> None:
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


@pytest.mark.parametrize("name", manual.commands(build_parser()))
def test_every_command_has_a_function_that_takes_its_options(name: str) -> None:
    command = manual.commands(build_parser())[name]
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


def test_manual_page_names_every_command_and_option() -> None:
    parser = build_parser()
    written = manual.page(parser, __version__).replace("\\-", "-")
    for name, command in manual.commands(parser).items():
        assert f".SS {name}\n" in written
        for option in command._option_string_actions:
            assert option in written
    assert "exit codes" in written


def test_manual_page_is_read_by_man_without_warnings(tmp_path: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    (tmp_path / "page").write_text(manual.page(build_parser(), __version__))
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", tmp_path / "page"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "continues where it stopped" in " ".join(done.stdout.split())


def test_name_with_escape_codes_reaches_no_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[2Jevil\u202e"
    line = refused(6, "run", "--digits", "9", "--db", folder / "pi.sqlite3")
    assert "\u202e" not in line


def test_name_with_escape_codes_of_a_picture_reaches_no_terminal(database: Path) -> None:
    pi_tui("run", "--digits", "9", "--db", database)
    picture = database.parent / "\x1b[2Jevil.svg"
    done = pi_tui("picture", "walk", "-o", picture, "--db", database)
    assert (done.returncode, picture.exists(), "\x1b" in done.stderr) == (0, True, False)


def test_status_prints_json(database: Path) -> None:
    pi_tui("run", "--digits", "150", "--db", database)
    (run,) = json.loads(pi_tui("status", "--json", "--db", database).stdout)
    assert (run["digits"], run["saved"], run["status"]) == (150, 150, "complete")
    assert run["verified"] is True


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_help_can_be_printed_in_any_encoding(encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([*PI_TUI, "--help"], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "exit codes:" in done.stdout.decode(encoding)


def test_cli_on_a_fresh_account_says_how_to_begin(private_home: Path) -> None:
    for command in ("status", "runs"):
        done = pi_tui(command)
        assert (done.returncode, done.stderr) == (0, "")
        assert "`pi-tui --digits 20000` begins" in done.stdout
    assert pi_tui("status", "--json").stdout == "[]\n"
    for command in ("export", "check", "backup x", "verify --digits 9", "delete --digits 9 --yes"):
        assert "`pi-tui --digits 20000` begins" in refused(2, *command.split())
    assert list(private_home.iterdir()) == []


PLACES = {
    "a long name": (6, "x" * 5_000),
    "a long path": (6, "x/" * 2_500 + "x"),
    "a null device": (7, "/dev/null"),
}


@pytest.mark.parametrize(("code", "place"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("command", ["run --digits 9", "status", "--digits 9", "check"])
def test_cli_refuses_unusable_db_path_in_one_line(
    command: str, code: int, place: str, tmp_path: Path
) -> None:
    refused(code, *command.split(), "--db", place, cwd=tmp_path)


def test_cli_treats_an_unknown_user_s_home_as_a_missing_folder(tmp_path: Path) -> None:
    assert "there is no folder" in refused(
        6, "run", "--digits", "9", "--db", "~nosuch/x", cwd=tmp_path
    )
    assert "there is no folder" in refused(6, "check", "--db", "~nosuch/x", cwd=tmp_path)


def test_cli_accepts_a_path_that_is_not_utf8(tmp_path: Path) -> None:
    name, copy = (os.fsencode(tmp_path) + end for end in (b"/\xff\xfe", b"/copy \xff"))
    for command in ([b"run", b"--digits", b"90"], [b"backup", copy], [b"check"]):
        child = [*map(os.fsencode, PI_TUI), *command, b"--db", name]
        assert subprocess.run(child, capture_output=True, check=False).returncode == 0
    assert sorted(os.listdir(os.fsencode(tmp_path))) == [
        b"copy \xff",
        b"\xff\xfe",
        b"\xff\xfe.lock",
    ]


STRANGER = ("setpriv", "--reuid=54321")
"""A user id that is not in the list of users."""


@pytest.fixture
def stranger() -> None:
    try:
        subprocess.run([*STRANGER, sys.executable, "-c", "pass"], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may be others, and only where those find Python")


def told_to_a_stranger(*arguments: str, **options: object) -> tuple[int, str]:
    command = [*STRANGER, *PI_TUI, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.stdout == ""
    assert re.fullmatch(r"pi-tui: [^\n]+\n", done.stderr), done.stderr
    return done.returncode, done.stderr


@pytest.mark.usefixtures("stranger")
def test_cli_without_a_home_asks_for_a_file() -> None:
    homeless = {k: v for k, v in os.environ.items() if k != "HOME" and not k.startswith("XDG_")}
    code, line = told_to_a_stranger("run", "--digits", "9", env=homeless)
    assert code == 2
    assert "--db" in line


@pytest.mark.usefixtures("stranger")
@pytest.mark.parametrize("command", ["run", "status", "run --digits 9"])
def test_cli_refuses_an_inaccessible_folder_in_one_line(command: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        code, _ = told_to_a_stranger(*command.split(), "--db", f"{folder}/pi.sqlite3")
    assert code == 6


def test_cli_ignores_empty_variables(database: Path) -> None:
    names = ("PACE", "CHECKPOINT_EVERY", "DB", "THREADS")
    empty = {f"PI_TUI_{name}": "" for name in names}
    done = pi_tui("run", "--digits", "9", "--db", database, env=os.environ | empty)
    assert done.returncode == 0


@pytest.mark.parametrize("option", ["--pace", "--checkpoint-every"])
def test_cli_accepts_every_number_as_people_write_it(option: str, database: Path) -> None:
    assert pi_tui("run", "--digits", "9", option, "2,000", "--db", database).returncode == 0


TELLS = """
import os, sys

def tell(event, arguments):
    if event == "import" and arguments[0] == {module!r}:
        os.write({where}, b"!")

sys.addaudithook(tell)
"""


@pytest.mark.parametrize("command", ["status", "--help", "run --digits 9"])
def test_cli_ctrl_c_shows_no_traceback_even_during_imports(command: str, tmp_path: Path) -> None:
    """Tracebacks before our first line are Python's own, so wait until our code runs."""
    read, write = os.pipe()
    hook = TELLS.format(module="pi_tui.cli", where=write)
    (tmp_path / "sitecustomize.py").write_text(hook)
    for milliseconds in range(0, 320, 16):
        child = subprocess.Popen(
            [*PI_TUI, *command.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            pass_fds=[write],
        )
        assert os.read(read, 1) == b"!"
        time.sleep(milliseconds / 1000)  # the signal may come at any moment
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
        assert child.returncode in (0, 130, -signal.SIGINT)
        assert b"Traceback" not in err
        assert b"Error" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["export -o {}", "backup {}", "run --digits 9 -o {}"])
def test_cli_signal_leaves_no_half_written_file(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    database, folder = tmp_path / "pi.sqlite3", tmp_path / "out"
    pi_tui("run", "--digits", 400_000, "--no-verify", "--db", database)
    for milliseconds in range(0, 60, 15):
        folder.mkdir()
        words = command.format(folder / "pi.txt").split()
        with started(*words, "--db", database) as child:
            wait_until(lambda: list(folder.iterdir()) or child.poll() is not None)
            time.sleep(milliseconds / 1000)  # the signal may come at any moment
            child.send_signal(number)
            assert child.wait(60) in (0, 128 + number, -number)
        assert [path.name for path in folder.iterdir()] in ([], ["pi.txt"])
        shutil.rmtree(folder)


def test_cli_ignores_relative_folders_in_xdg_variables(tmp_path: Path, private_home: Path) -> None:
    relative = {f"XDG_{name}_HOME": "here" for name in ("DATA", "STATE", "CACHE", "CONFIG")}
    done = pi_tui("run", "--digits", 9, cwd=tmp_path, env=os.environ | relative)
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []
    assert [path.name for path in private_home.rglob("pi.sqlite3")] == ["pi.sqlite3"]


def test_cli_reports_in_one_line_that_no_thread_starts(database: Path) -> None:
    code = (
        "import sys, threading\n"
        "start = threading.Thread.start\n"
        "def no(self):\n"
        "    if self.name == 'worker': raise RuntimeError(\"can't start new thread\")\n"
        "    start(self)\n"
        "threading.Thread.start = no\n"
        "from pi_tui.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    child = [sys.executable, "-c", code, "run", "--digits", "9", "--db", str(database)]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr.startswith("pi-tui: no thread can be started")
    assert done.stderr.count("\n") == 1


def with_so_many_threads(most: int) -> list[str]:
    """Run the program as a user who may start no more threads; root has no such limit."""
    rights = "+dac_override,+dac_read_search"  # Python may lie where only root can read
    user = 100_000 + os.getpid()  # a user of this run alone; threads are counted per user
    other = ["setpriv", f"--reuid={user}", f"--inh-caps={rights}", f"--ambient-caps={rights}"]
    command = [*other, "prlimit", f"--nproc={most}", sys.executable]
    try:
        subprocess.run([*command, "-c", "pass"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs root, setpriv and prlimit")
    return [*command, *PI_TUI[1:]]


@pytest.fixture
def open_to_all() -> Iterator[str]:
    """Return a database path in a folder that everybody may write to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield f"{folder}/pi.sqlite3"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_cli_run_under_a_thread_limit_fails_in_one_line_or_runs_slower(
    most: int, open_to_all: str
) -> None:
    words = ["run", "--digits", "200000", "--threads", "4", "--db", open_to_all]
    command = [*with_so_many_threads(most), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if most == 1:
        assert (done.returncode, done.stdout) == (6, "")
        assert re.fullmatch(r"pi-tui: no thread can be started .*\n", done.stderr)
    else:
        assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(200_000) + b"\n")


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
def test_cli_app_under_a_thread_limit_fails_in_one_line(most: int, open_to_all: str) -> None:
    become = (
        f"import os, sys; a = {with_so_many_threads(most)!r}; os.execvp(a[0], a + sys.argv[1:])"
    )
    words = ("--digits", 200_000, "--db", open_to_all)
    with Terminal(*words, program=("-c", become)) as terminal:
        if most == 5:
            terminal.see("running")
            terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0 if most == 5 else 6, [])
        assert ("no thread can be started" in terminal.screen) == (most < 5)


@pytest.mark.parametrize("command", ["run", ""])
def test_fresh_without_consent_discards_nothing(command: str, database: Path) -> None:
    pi_tui("run", "--digits", "120", "--db", database)
    before = database.read_bytes()
    for digits in (["--digits", "120"], []):
        line = refused(2, *command.split(), *digits, "--fresh", "--db", database)
        assert "--yes" in line
    assert database.read_bytes() == before
    done = pi_tui(*command.split(), "--fresh", "--yes", "--digits", "120", "--db", database)
    assert done.stdout == "3." + pi(120).decode() + "\n"
    assert pi_tui("run", "--fresh", "--digits", "60", "--db", database).returncode == 0


@pytest.mark.parametrize("answer", ["n", "y"])
def test_fresh_asks_in_a_terminal(answer: str, database: Path) -> None:
    pi_tui("run", "--digits", "120", "--db", database)
    before = database.read_bytes()
    with Terminal("--fresh", "--db", database) as terminal:
        terminal.see(r"begin again and lose the run of 120 digits \(120 saved\)\? \[y/N\]")
        terminal.send(f"{answer}\n")
        if answer == "y":
            terminal.see("running")
            terminal.send("q")
        assert terminal.wait() == 0
    assert (database.read_bytes() == before) == (answer == "n")


@pytest.mark.parametrize("fresh", [True, False])
def test_cli_refusal_sets_the_exit_code_of_the_process(fresh: bool) -> None:
    done = pi_tui("run", "--digits", "0", fresh=fresh)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"pi-tui: [^\n]*ask for 1 or more\n", done.stderr)
