"""`export` and `verify`: what can be done with digits that are saved."""

from __future__ import annotations

from contextlib import closing, suppress

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.commands.output import tell, to_stdout
from pi_tui.digit_file import DigitFile
from pi_tui.errors import AlreadyOpenError, UsageError, WrongDigitsError
from pi_tui.spigot.reference import first_difference


def export(
    location: str, digits: int | None, start: int, stop: int | None, output: str | None
) -> int:
    """Digits `start` to `stop` (positions, both included) are in the file, or on stdout.

    From position 1 on, the text begins with "3."; a later range is digits only.
    """
    with closing(CheckpointStore.open(location, write=False)) as store:
        run = _find(store, digits)
        stop = run.committed if stop is None else stop
        if not 1 <= start <= stop <= run.committed:
            raise UsageError(
                f"positions {start:,} to {stop:,} are not all there; "
                f"this run has 1 to {run.committed:,} saved"
            )
        text = store.digits(run, start - 1, stop)
    prefix = b"3." if start == 1 else b""
    if output is None:
        to_stdout(prefix, text, b"\n")
        return 0
    target = DigitFile.claim(output, location)
    try:
        target.write(text, prefix)
    finally:
        target.release()
    return 0


def verify(location: str, digits: int) -> int:
    """Every saved digit of the run is that of pi; WrongDigitsError names the first that is not.

    A complete run is marked as verified, unless another pi-tui is writing.
    """
    with closing(CheckpointStore.open(location, write=False)) as store:
        run = _find(store, digits)
        text = store.digits(run, 0, run.committed)
    position = first_difference(text, lambda _done, _total: None)
    if position is not None:
        raise WrongDigitsError(
            f"digit {position:,} of the run of {digits:,} is not that of pi; "
            f"`pi-tui --digits {digits} --fresh` begins again"
        )
    if run.status == COMPLETE and not run.verified:
        with suppress(AlreadyOpenError), closing(CheckpointStore.open(location)) as store:
            store.mark_verified(run)
    tell(f"all {run.committed:,} saved digits are those of pi")
    return 0


def _find(store: CheckpointStore, digits: int | None) -> Run:
    if digits is not None:
        if run := store.find_run(digits):
            return run
        raise UsageError(f"there is no run of {digits:,} digits; `pi-tui runs` lists what there is")
    if longest := max(store.runs(), key=lambda run: run.committed, default=None):
        return longest
    raise UsageError("nothing is saved yet; `pi-tui --digits 20000` begins a run")
