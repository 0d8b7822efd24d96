"""What can go wrong, and the exit code each kind of trouble ends in.

The message of every error is one line for the user: what happened, and what to do. What to do is a
`Hint`, where it depends on the program around us: not every one has an option `--db`.
"""

from collections.abc import Mapping
from enum import Enum


class Hint(Enum):
    """What a message of general code advises; formatted, it is the words of the program."""

    OTHER_FILE = "choose another location"
    FRESH = "begin again at another location"
    BEGIN = "start a computation that saves here"

    def __str__(self) -> str:
        return _words.get(self, self.value)


_words: dict[Hint, str] = {}
"""What the program says instead."""


def speak(words: Mapping[Hint, str]) -> None:
    """From now on say hints in these words, which end a sentence: "…, or WORDS"."""
    _words.clear()
    _words.update(words)


class PiTuiError(Exception):
    """Something went wrong that we have a word for; the base of all our errors."""

    exit_code = 1


class MachineError(PiTuiError):
    """A machine raised an exception, or broke a rule of `Machine`; its cause is the exception."""


class UsageError(PiTuiError):
    """The command line, or a setting, cannot be understood."""

    exit_code = 2


class AlreadyOpenError(PiTuiError):
    """Another process has this run open, or, to change its tables, the whole database."""

    exit_code = 3


class DamagedError(PiTuiError):
    """What was saved does not pass its checks; nothing was changed."""

    exit_code = 4


class WrongResultError(PiTuiError):
    """A check of the arithmetic failed: the output or the state is not what it must be."""

    exit_code = 5


class StorageError(PiTuiError):
    """The database cannot be written or reached: full, read-only, gone."""

    exit_code = 6


class NothingSavedError(StorageError):
    """There is no database yet, so there is nothing to look at."""

    exit_code = 2


class NotOursError(PiTuiError):
    """The file is no database of ours, or one from a newer version."""

    exit_code = 7
