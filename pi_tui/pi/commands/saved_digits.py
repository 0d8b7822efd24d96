"""`pi-tui export` and `pi-tui verify`: write saved digits to a file, and check them."""

from __future__ import annotations

from contextlib import suppress

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.commands.choosing import Wanted, choose
from pi_tui.commands.output_part import SavedOutput, part_of
from pi_tui.errors import AlreadyOpenError, PiTuiError, WrongResultError
from pi_tui.files.output_file import STDOUT, FileContent, OutputFile
from pi_tui.pi.spigot.comparison.reference import first_difference
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.which_run import run_to_read
from pi_tui.reports.standard_output import tell, to_stdout


def export(
    location: str, kinds: Kinds, wanted: Wanted, start: int, stop: int | None, output: str | None
) -> int:
    """Write a part of the run that `wanted` names; return exit code 0.

    It goes to the file `output`, or to standard output if that is None or STDOUT.

    The part is from position `start` to `stop`, both included, or to the last if `stop` is None.
    Digits of pi end with a line break, and begin with "3." if `start` is 1. The output of another
    kind is written as it is. Raises UsageError if no run or several match, if some of the part is
    not saved, if `start` is after `stop`, or if the file belongs to a database; NothingSavedError
    if there is no database; StorageError if the part cannot be written, or the run is begun again
    meanwhile. Raises BrokenPipeError if the reader of standard output has gone.
    """
    run = choose(location, kinds, wanted)
    prefix, end = (b"3." if start == 1 else b"", b"\n") if kinds.is_own(run) else (b"", b"")
    with CheckpointStore.open(location, kinds.find(run.kind), write=False) as store:
        saved = SavedOutput(store, run)
        first, last = saved.range(start, stop)
        content = FileContent(saved, prefix, end, first, last)
        if output is None or output == STDOUT:
            to_stdout(content.pieces())
            return 0
        with OutputFile.claim(output, location) as target:
            target.write(content)
    return 0


def saved_range(location: str, digits: int | None, start: int, stop: int | None) -> bytes:
    """Return the saved digits at positions `start` to `stop`, both included, as bytes.

    They are of the run of `digits` digits or, if that is None, of the run that `pi-tui` would open.
    If `stop` is None, return all from `start` on. Raises UsageError if there is no such run, if
    some of these digits are not saved, or if `start` is after `stop`; NothingSavedError if there is
    no database; StorageError if the run is begun again meanwhile.
    """
    with CheckpointStore.open(location, SpigotKind(), write=False) as store:
        run = run_to_read(store, digits)
        return part_of(store, run, start, stop)


def verify(location: str, digits: int | None) -> int:
    """Compare all saved digits with pi; mark a complete run as verified; return exit code 0.

    The run is that of `digits` digits or, if that is None, the one that `pi-tui` would open. If a
    digit is wrong, raise WrongResultError and delete the digits from there on. If another process
    has the run open, or deleting fails, they are not deleted, and the message says so. A complete
    run stays unmarked if it was begun again meanwhile, or another process has locked the whole
    database. Raises UsageError if there is no such run or no digit of it is saved,
    NothingSavedError if there is no database, StorageError if the mark cannot be saved.
    """
    with CheckpointStore.open(location, SpigotKind(), write=False) as store:
        run = run_to_read(store, digits)
        text = part_of(store, run, 1, None)
    position = first_difference(text, lambda _done, _total: None)
    if position is not None:
        raise WrongResultError(_cut(location, run, position))
    all_of_them = f"all {run.committed:,} saved digits are those"
    tell(f"{all_of_them if run.committed > 1 else 'the saved digit is that'} of pi")
    if run.status == COMPLETE and not run.verified:
        with suppress(AlreadyOpenError), CheckpointStore.open(location, SpigotKind()) as store:
            if store.find_run(run.task) == run:  # else it was begun again meanwhile
                store.mark_verified(run)
    return 0


def _cut(location: str, run: Run, position: int) -> str:
    """Delete the digits from `position` on, the first wrong one; return the message about that.

    If another process has the run open, delete nothing. The message then says that the other
    process finds out at its end. If deleting fails, the message says why.
    """
    wrong = f"digit {position:,} of the run of {run.goal:,} is not that of pi"
    try:
        with CheckpointStore.open(location, SpigotKind()) as store:
            store.cut(run, position - 1)
            store.leave(run)  # or the next start would report a crash
    except AlreadyOpenError:
        return f"{wrong}; the pi-tui that has it open finds out at its end"
    except PiTuiError as error:
        return f"{wrong}; the digits from there on could not be deleted: {error}"
    return (
        f"{wrong}; the {position - 1:,} before are kept, "
        f"and `pi-tui --digits {run.goal}` computes the others again"
    )
