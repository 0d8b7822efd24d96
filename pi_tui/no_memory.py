"""The message about too little memory. Imports only errno: larger imports may fail just then."""

import errno

MESSAGE = (
    "not enough memory; what was saved is safe: close other programs, or raise the limit "
    "(`ulimit -v`)"
)
_BY_TEXT = (
    "failed to map segment",
    "error return without exception set",
    "without setting an exception",
)
"""Parts of messages of the system's loader, and of Python when it cannot make an exception."""


def is_lack_of_memory(error: BaseException) -> bool:
    """Return True for a MemoryError, and for other errors that too little memory causes."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    return any(part in str(error) for part in _BY_TEXT)
