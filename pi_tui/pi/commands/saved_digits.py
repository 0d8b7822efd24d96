"""`export` and `verify`: write out saved digits, and check them."""

from __future__ import annotations

from contextlib import suppress

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import AlreadyOpenError, UsageError, WrongResultError
from pi_tui.files.output_file import OutputFile
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.reference import first_difference
from pi_tui.pi.which_run import run_to_read
from pi_tui.reports.standard_output import tell, to_stdout


def export(
    location: str, digits: int | None, start: int, stop: int | None, output: str | None
) -> int:
    """Digits `start` to `stop` (positions, both included) are in the file, or on stdout.

    From position 1 on, the text begins with "3."; a later range is digits only.
    """
    text, prefix = saved_range(location, digits, start, stop), b"3." if start == 1 else b""
    if output is None:
        to_stdout(prefix, text, b"\n")
        return 0
    with OutputFile.claim(output, location) as target:
        target.write(text, prefix)
    return 0


def saved_range(location: str, digits: int | None, start: int, stop: int | None) -> bytes:
    """Return the saved digits at positions `start` to `stop`, both included.

    Raises UsageError if some of them are not saved.
    """
    with CheckpointStore.open(location, SpigotKind(), write=False) as store:
        run = run_to_read(store, digits)
        if not run.committed:
            raise UsageError(f"no digit of the run of {run.goal:,} is saved yet")
        stop = run.committed if stop is None else stop
        if not 1 <= start <= stop <= run.committed:
            raise UsageError(
                f"positions {start:,} to {stop:,} are not all there; "
                f"this run has 1 to {run.committed:,} saved"
            )
        return store.output(run, start - 1, stop)


def verify(location: str, digits: int | None) -> int:
    """Compare every saved digit with pi; raise WrongResultError with the first wrong position.

    Marks a complete run as verified, unless the whole database is in use elsewhere.
    """
    with CheckpointStore.open(location, SpigotKind(), write=False) as store:
        run = run_to_read(store, digits)
        text = store.output(run, 0, run.committed)
    position = first_difference(text, lambda _done, _total: None)
    if position is not None:
        raise WrongResultError(_cut(location, run, position))
    if run.status == COMPLETE and not run.verified:
        with suppress(AlreadyOpenError), CheckpointStore.open(location, SpigotKind()) as store:
            store.mark_verified(run)
    tell(f"all {run.committed:,} saved digits are those of pi")
    return 0


def _cut(location: str, run: Run, position: int) -> str:
    """Delete the digits from `position` on, which are wrong; return the message about it."""
    wrong = f"digit {position:,} of the run of {run.goal:,} is not that of pi"
    try:
        with CheckpointStore.open(location, SpigotKind()) as store:
            store.cut(run, position - 1)
    except AlreadyOpenError:
        return f"{wrong}; the pi-tui that has it open finds out at its end"
    return (
        f"{wrong}; the {position - 1:,} before are kept, "
        f"and `pi-tui --digits {run.goal}` computes the others again"
    )
