"""The message about too little memory, which may come before anything else can be imported."""

MESSAGE = (
    "not enough memory; what was saved is safe: close other programs, or raise the limit "
    "(`ulimit -v`)"
)


def is_lack_of_memory(error: BaseException) -> bool:
    """Return True for a MemoryError, and for a library that finds no room for its code."""
    return isinstance(error, MemoryError) or "failed to map segment" in str(error)
