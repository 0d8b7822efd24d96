"""`pi-tui run`: the same computation without a screen, always at full speed.

The digits are data (stdout or a file), everything else is narration (stderr).
"""

from __future__ import annotations

import sys
from dataclasses import replace

from pi_tui import memory, words
from pi_tui.carry_on import PATIENCE, carry_to_end
from pi_tui.commands.output import tell, to_stdout
from pi_tui.digit_file import DigitFile
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import Snapshot
from pi_tui.worker.worker import Worker


def run(job: Job, output: str | None) -> int:
    """Compute `job`, write the digits where they belong, return the exit code."""
    target = DigitFile.claim(output, job.location) if output else None
    try:
        if note := memory.warning(job.task.goal):
            tell(f"note: {note}")
        worker = Worker(replace(job, patience=PATIENCE))
        again = f"pi-tui run --digits {job.task.goal}"
        code = carry_to_end(worker, program="pi-tui", again=again)
        if code == 0:
            # A reader like `head -c` may leave the cursor within a line: so say it first.
            says_first = target is None and not sys.stdout.isatty()
            if says_first:
                tell(_finished(worker.snapshot))
            _write(worker, target)
            if not says_first:
                tell(_finished(worker.snapshot))
        return code
    finally:
        if target is not None:
            target.release()


def _write(worker: Worker, target: DigitFile | None) -> None:
    if target is not None:
        target.write(worker.output)
    elif not sys.stdout.isatty():
        to_stdout(b"3.", worker.output, b"\n")


def _finished(snapshot: Snapshot) -> str:
    checked = "verified" if snapshot.verified else "not verified"
    return f"{snapshot.goal:,} digits, {checked}, {words.brief(snapshot.elapsed)} of computing"
