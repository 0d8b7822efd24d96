"""What can go wrong, and the exit code each kind of trouble ends in.

The message of every error is one line for the user: what happened, and what to do.
"""


class PiTuiError(Exception):
    """Something went wrong that we have a word for; the base of all our errors."""

    exit_code = 1


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
    """The file is no pi-tui database, or one from a newer pi-tui."""

    exit_code = 7
