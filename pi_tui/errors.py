"""Our exceptions, each with its exit code.

The message of every error is one line for the user: what happened, and what to do. Advice that
depends on the program is a `Hint`, because not every program has an option `--db`.
"""


class Hint:
    """Advice in messages of modules that any program may use; a program may set its own wording.

    OTHER_FILE and FRESH must be able to end a sentence, after ", or", a comma, a semicolon or a
    colon. BEGIN and NAME_ONE follow a semicolon or a colon: "…; WORDING".
    """

    OTHER_FILE = "choose another location"
    FRESH = "begin again at another location"
    BEGIN = "start a computation that saves here"
    NAME_ONE = "name one by kind, goal and parameters"


TAKEN_NAME = "pi"
"""The name of the kind that comes with this program; no other kind may have it."""


class PiTuiError(Exception):
    """The base class of this package's errors; `exit_code` is how the program then exits."""

    exit_code = 1


class MachineError(PiTuiError):
    """A machine raised an exception (`__cause__`), or broke a rule of `Machine`."""


class BrokenRule(MachineError, TypeError):
    """The code of a machine breaks a rule. The text says all, so no traceback is shown."""


class Unfinished(MachineError):
    """A machine has done all it can, and a later start may do the rest. The text says why."""


class NoWorkers(Unfinished):
    """The system gives no process or thread to compute in. A later start may do the rest."""

    exit_code = 6


class UsageError(PiTuiError):
    """The command line, a setting or an argument cannot be used, or a machine refuses its task.

    For example, there is no such run, a port is taken, or a package is not installed. Also raised
    if a kind takes none of the saved states of a run, though one is whole.
    """

    exit_code = 2


class AlreadyOpenError(PiTuiError):
    """The run is open already, in another process or in this one, or another process took it over.

    Also raised while another process migrates the database, and if others keep a database open that
    is to be migrated.
    """

    exit_code = 3


class DamagedError(PiTuiError):
    """Saved data fails its checks; it was not changed."""

    exit_code = 4


class WrongResultError(PiTuiError):
    """A check of the computation failed: the output or the state is wrong."""

    exit_code = 5


class StorageError(PiTuiError):
    """The database, a file or standard output cannot be used: disk full, read-only, server down.

    Also raised if memory or threads are lacking, or if a run in use was deleted or begun again.
    """

    exit_code = 6


class GoneError(StorageError):
    """The file that holds the saved output was moved, deleted or replaced while it was open."""


class NothingSavedError(StorageError):
    """There is no database yet, or it is empty, so there is nothing to read."""

    exit_code = 2


class NotOursError(PiTuiError):
    """The location holds something other than a database of this program.

    Also raised for a database with triggers or views that this program did not make, and if the
    database or a run in it is of a version that it does not know.
    """

    exit_code = 7
