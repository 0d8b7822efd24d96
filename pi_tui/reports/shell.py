"""Quote words for a shell, and find the command that starts this program."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pi_tui.words import plain


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


def program(
    typed: str | None = None, before: Sequence[str] | None = None, name: str = "pi-tui"
) -> str:
    """Return the command that starts this program again, as the user started it.

    `typed` is the program's path (sys.argv[0]), `before` the whole command line with Python's part.
    Returns `name` if a shell finds this program by that, or if this is another program.

    >>> program("/x/pi_tui/__main__.py", ["python3", "-W", "error", "-m", "pi_tui", "run"])
    'python3 -m pi_tui'
    """
    path = Path(sys.argv[0] if typed is None else typed)
    if path.name == "__main__.py" and path.parent.name == "pi_tui":
        return f"{quoted((sys.orig_argv if before is None else before)[0])} -m pi_tui"
    found = shutil.which(name)
    if path.name != name or (found and os.path.realpath(found) == os.path.realpath(path)):
        return name
    return quoted(str(path))
