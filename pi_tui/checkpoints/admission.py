"""What may be saved: nothing that every later load would take for damage."""

from __future__ import annotations

import math

from pi_tui.checkpoints.models import limits_of, milliseconds, now
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.errors import PiTuiError
from pi_tui.machine import Kind, Machine, Task, Work
from pi_tui.words import amount


def refuse_too_much(kind: Kind, task: Task, machine: Machine, agreed: int) -> None:
    """Raise PiTuiError if steps or output are not what the kind says of such a task.

    Output up to `agreed` was looked at before.
    """
    limits, length = limits_of(kind, task), kind.length(task)
    most = limits.output if length is None else length
    if (made := len(machine.output)) > most:
        raise _too_much(kind, f"{amount(made, None, kind.unit)} of output", most)
    if machine.steps > limits.steps:
        raise _too_much(kind, f"{machine.steps:,} steps", limits.steps)
    if not kind.accepts(bytes(machine.output[agreed:])):
        raise PiTuiError(f"{kind.name}: its output is not what its kind accepts; not saved")


def checkpoint_of(
    kind: Kind, task: Task, machine: Machine, seq: int, elapsed: float, size: int
) -> Checkpoint:
    """Return the record of a checkpoint. Raises PiTuiError if its state is too large."""
    if size > (most := limits_of(kind, task).state):
        raise _too_much(kind, f"{size:,} bytes of state", most)
    work = Work(*map(float, machine.work()))
    sane = all(0 <= number < math.inf for number in work)
    return Checkpoint(
        seq=seq,
        steps=machine.steps,
        length=len(machine.output),
        size=size,
        saved_at=now(),
        elapsed=milliseconds(elapsed) / 1000,
        version=kind.version,
        work=work if sane else None,
    )


def _too_much(kind: Kind, what: str, most: int) -> PiTuiError:
    return PiTuiError(
        f"{kind.name}: {what}, and its kind allows {most:,} for goal and parameters like these; "
        "not saved"
    )
