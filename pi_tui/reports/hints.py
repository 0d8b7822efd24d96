"""Adapt the commands in messages to how this program was started, so that they can be pasted."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pi_tui.words import plain


def command_line(typed: Sequence[str] = sys.orig_argv) -> str:
    r"""Return the command that resumes the run: the one that started this process, quoted.

    A script that the shell finds is called by its name alone. Passwords, or URLs that hold one, are
    replaced, and `--fresh`, which would begin again, is left out. Returns "" in an interactive
    interpreter.

    >>> command_line(["python", "collatz.py", "it's", "--fresh"])
    'python collatz.py \'it\'"\'"\'s\''
    >>> command_line(["python", "collatz.py", "--db=postgresql://me:secret@host/runs"])
    "python collatz.py '--db=the same URL'"
    """
    if hasattr(sys, "ps1"):
        return ""
    pairs = zip(["", *typed], typed, strict=False)
    typed = [_without_secret(word, before) for before, word in pairs if word != "--fresh"]
    script = typed[1] if len(typed) > 1 else ""
    is_installed = script and shutil.which(os.path.basename(script)) == script
    return shlex.join([os.path.basename(script), *typed[2:]] if is_installed else typed)


_SAME = "the same URL"
_named: list[str] = []
"""The database, quoted for a shell, and what named it: "flag" or "variable". Else empty."""


def remember(flag: str | None, environment: Mapping[str, str] = os.environ) -> None:
    """Record the database that `--db` or PI_TUI_DB names, for commands in messages.

    `flag` is the value of `--db`, which comes before the variable; without both, record none. A URL
    that may hold a secret is not kept: commands then say "the same URL".
    """
    location = flag or environment.get("PI_TUI_DB", "")
    secret = _holds_secret(location)
    word = shlex.quote(_SAME) if secret else quoted(location)
    _named[:] = [word, "flag" if flag else "variable"] if location else []


def _without_secret(word: str, before: str) -> str:
    """Return a word of a command line without passwords; `before` is the word before it."""
    from pi_tui.worker.crash_report import without_passwords

    assigned = re.match(r"[\w-]+=", word)  # --db=URL, or a parameter
    name = assigned[0] if assigned else ""
    is_code = before == "-c"  # of Python
    if not is_code and _holds_secret(word.removeprefix(name)):
        return name + _SAME
    return without_passwords(word)


def _holds_secret(location: str) -> bool:
    """Return True if messages must not print `location` in full.

    It is then a URL, or text like the URL of a server, with a password or parts that may be secret.
    """
    from pi_tui.files.location import display_location, looks_like_a_server

    is_url = "://" in location or looks_like_a_server(location)
    return is_url and display_location(location) != plain(location)


def to_paste(text: str) -> str:
    """Rewrite each `pi-tui …` in backticks in `text` to start this program on this database.

    A command with `--db` stays as it is.
    """
    if "`pi-tui" not in text:
        return text
    start = program()
    if _named:
        word, by = _named
        start = f"{start} --db {word}" if by == "flag" else f"PI_TUI_DB={word} {start}"
    # A command that names its database was typed as it is, and needs nothing.
    return re.sub(r"`pi-tui(?=[ `])(?![^`]* --db[ =])", lambda _: f"`{start}", text)


def tell(line: str) -> None:
    """Print the line on standard error; ignore failures.

    Commands in backticks in the line are changed by `to_paste`, so that the user can paste them.
    """
    with suppress(OSError, ValueError):
        print(to_paste(line), file=sys.stderr, flush=True)


def quoted(word: str) -> str:
    r"""Quote `word` so that a shell reads it back unchanged, and a terminal shows it safely.

    Invisible characters (line breaks, right-to-left marks, invalid bytes), and those that the
    encoding of our output lacks, are written as `$'\012'`, which bash, zsh, ksh and POSIX of 2024
    know.

    >>> print(quoted("a b"), quoted("a\nb"))
    'a b' $'a\012b'
    """
    if _can_be_shown(word):
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if _can_be_shown(character):
        return character
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(character))


def _can_be_shown(text: str) -> bool:
    for stream in (sys.stdout, sys.stderr):
        try:
            text.encode(getattr(stream, "encoding", None) or "utf-8")
        except UnicodeEncodeError:
            return False
    return plain(text) == text


def program(typed: str | None = None) -> str:
    """Return the command that starts `pi-tui` again, as the user started it.

    `typed` is the path of the running program; by default, that of this process. Returns `pi-tui`
    if a shell finds this file by that name, or if another program runs, such as a user's script.
    """
    path = Path(sys.argv[0] if typed is None else typed)
    if path.name == "__main__.py" and path.parent.name == "pi_tui":
        return f"{quoted(sys.orig_argv[0])} -m pi_tui"
    found = shutil.which("pi-tui")
    if path.name != "pi-tui" or (found and os.path.realpath(found) == os.path.realpath(path)):
        return "pi-tui"
    return quoted(str(path))
