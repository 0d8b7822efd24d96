"""How a session gets its run and its spigot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.spigot.blocks import Poll
from pi_tui.spigot.plan import plan
from pi_tui.spigot.spigot import Spigot, SpigotState
from pi_tui.worker.job import Job


def open_run(job: Job, store: CheckpointStore, note: Callable[[str], None]) -> Run:
    """The run of the job is ours to write: the one that is there, or a new one.

    A run keeps the digits per step it was begun with; if the job asks for others, a note says so.
    """
    planned = plan(job.digits, job.digits_per_step)
    k, b = planned.digits_per_step, planned.boxes_per_block
    run = store.open_run(job.digits, k, b)
    if job.fresh and run.last_seq:
        run = store.restart(replace(run, digits_per_step=k, boxes_per_block=b))
    if job.digits_per_step not in (None, run.digits_per_step):
        note(
            f"this run was begun with {run.digits_per_step:,} digits per step and goes on so; "
            "--fresh begins again"
        )
    return run


def make_spigot(run: Run, state: SpigotState | None, threads: int, poll: Poll) -> Spigot:
    """A spigot at that state, or at its start, that passed the arithmetic check.

    Raises WrongArithmetic or ValueError if the state cannot be right.
    """
    if state is None:
        return Spigot.new(
            run.digits,
            digits_per_step=run.digits_per_step,
            boxes_per_block=run.boxes_per_block,
            threads=threads,
            poll=poll,
        )
    spigot = Spigot.from_state(state, threads=threads, poll=poll)
    spigot.check()
    return spigot
