"""`pi-tui run`: compute without a screen, always at full speed.

The digits go to stdout or a file, all messages to stderr.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace

from pi_tui import words
from pi_tui.carry_on import PATIENCE, carry_to_end, is_whole
from pi_tui.files.output_file import OutputFile
from pi_tui.pi import memory
from pi_tui.reports.standard_output import tell, to_stdout
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import Snapshot
from pi_tui.worker.worker import Worker


def run(job: Job, output: str | None) -> int:
    """Compute `job`, write the digits where they belong, return the exit code."""
    with OutputFile.claim(output, job.location) if output else nullcontext() as target:
        if note := memory.warning(job.task.goal):
            tell(f"note: {note}")
        worker = Worker(replace(job, patience=PATIENCE))
        again = f"pi-tui run --digits {job.task.goal}"
        code = carry_to_end(worker, program="pi-tui", again=again)
        # A reader like `head -c` may leave the cursor within a line, so report before the digits.
        says_first = target is None and not sys.stdout.isatty()
        if code == 0 and says_first:
            tell(_finished(worker.snapshot))
        if is_whole(worker, code):
            _write(worker, target)
        if code == 0 and not says_first:
            tell(_finished(worker.snapshot))
        return code


def _write(worker: Worker, target: OutputFile | None) -> None:
    if target is not None:
        target.write(worker.output)
    elif not sys.stdout.isatty():
        to_stdout(b"3.", worker.output, b"\n")


def _finished(snapshot: Snapshot) -> str:
    checked = "verified" if snapshot.verified else "not verified"
    return f"{snapshot.goal:,} digits, {checked}, {words.brief(snapshot.elapsed)} of computing"
