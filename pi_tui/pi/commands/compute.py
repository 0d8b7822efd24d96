"""`pi-tui run`: compute without a screen, at full speed.

Digits go to standard output or a file, messages to standard error.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace

from pi_tui import words
from pi_tui.carry_on import PATIENCE, carry_to_end, is_whole
from pi_tui.errors import UsageError
from pi_tui.files.output_file import STDOUT, FileContent, OutputFile
from pi_tui.machine import Task
from pi_tui.pi.settings import Settings
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.which_run import run_to_open
from pi_tui.reports.standard_output import is_tty, tell, to_stdout
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import Snapshot
from pi_tui.worker.worker import Worker


def run(settings: Settings, digits: int | None, *, yes: bool, output: str | None) -> int:
    """Compute the run of `digits` digits, or the last run if None; return the exit code.

    The digits are written as `run_job` tells. Returns 0 too if the user wants to keep the digits
    that --fresh would delete; with `yes`, the user is not asked. Raises UsageError if `digits` is
    None and there is no last run. Raises errors as `run_to_open`, `may_begin`, `Settings.job` and
    `run_job` do.
    """
    digits, _ = run_to_open(settings, digits)
    if digits is None:
        raise UsageError("say how many digits, like `pi-tui run --digits 20000`")
    if not may_begin(settings, digits, sure=yes):
        return 0
    return run_job(settings.job(digits, pace="max"), output)


def may_begin(settings: Settings, digits: int | None, *, sure: bool) -> bool:
    """Ask before --fresh deletes what is saved of a run, unless `sure`; return False if refused.

    Any answer but a yes refuses. Returns True at once without --fresh, or if `digits` is None.
    Otherwise an older database is migrated first. Raises AlreadyOpenError if another process
    computes the run, also if `sure`, and UsageError if there is no terminal to ask the user.
    """
    if not settings.fresh or digits is None:
        return True
    # Loaded here: SQLAlchemy takes 0.3 s, and few starts are fresh ones.
    from pi_tui.commands.asking import may_begin_again

    return may_begin_again(settings.location, SpigotKind(), Task(digits), sure=sure)


def run_job(job: Job, output: str | None) -> int:
    """Compute the job, and write the digits once all are there; return the exit code.

    They go to the file `output`, or to standard output if that is "-". If `output` is None, they go
    to standard output, but not to a terminal. A report of the run goes to standard error. Raises
    UsageError if `output` is empty, invalid or a file of a database, and StorageError if it cannot
    be written; both are found before the computation begins, if possible. Raises StorageError too
    if no thread can be started or standard output fails, BrokenPipeError if its reader has gone.
    """
    prints = output == STDOUT or (output is None and not is_tty(sys.stdout))
    is_file = output not in (None, STDOUT)
    with OutputFile.claim(str(output), job.location) if is_file else nullcontext() as target:
        worker = Worker(replace(job, patience=PATIENCE))
        again = f"pi-tui run --digits {job.task.goal}"
        code = carry_to_end(worker, program="pi-tui", again=again)
        # A reader like `head -c` may leave the cursor within a line, so report before the digits.
        if code == 0 and prints:
            tell(_finished(worker.snapshot))
        if is_whole(worker, code) and target is not None:
            target.write(FileContent(worker.output, b"3.", b"\n"))
        elif is_whole(worker, code) and prints:
            to_stdout((b"3.", worker.output, b"\n"))
        if code == 0 and not prints:
            tell(_finished(worker.snapshot))
        return code


def _finished(snapshot: Snapshot) -> str:
    checked = "verified" if snapshot.verified else "not verified"
    digits, took = words.counted(snapshot.goal, "digit"), words.brief(snapshot.elapsed)
    return f"{digits}, {checked}, {took} of computing"
