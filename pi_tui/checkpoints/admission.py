"""Refuse to save what every later load would reject as damage."""

from __future__ import annotations

import math
from numbers import Integral

from pi_tui.checkpoints import checked
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.checkpoints.rows.models import ROW_OUTPUT, limits_of, milliseconds, now
from pi_tui.errors import BrokenRule, MachineError
from pi_tui.machine import Kind, Machine, Task, Work
from pi_tui.words import amount


def refuse_too_much(kind: Kind, task: Task, machine: Machine, agreed: int) -> None:
    """Raise MachineError if steps or output exceed what the kind allows for this task.

    Raises it too if the kind does not accept the output. The kind is asked only about the output
    after the first `agreed` bytes, because it accepted these before. Raises BrokenRule if `steps`
    is no integer.
    """
    steps: object = machine.steps
    if not isinstance(steps, Integral):  # one of numpy is as good as an int
        raise BrokenRule(f"steps must be an int, not {type(steps).__name__}")
    limits, length = limits_of(kind, task), checked.length(kind, task)
    most = limits.output if length is None else min(length, limits.output)
    if (made := len(machine.output)) > most:
        raise _too_much(f"{amount(made, None, kind.unit)} of output", most)
    if machine.steps > limits.steps:
        raise _too_much(f"{machine.steps:,} steps", limits.steps)
    starts = range(agreed, made, ROW_OUTPUT)  # in parts, as a load will ask about its rows
    if not all(kind.accepts(bytes(machine.output[n : n + ROW_OUTPUT])) for n in starts):
        raise MachineError("its output is not what its kind accepts; not saved")


def checkpoint_of(
    kind: Kind, task: Task, machine: Machine, seq: int, elapsed: float, size: int, work: Work | None
) -> Checkpoint:
    """Return the record of a checkpoint of the machine, whose state has `size` bytes.

    `work` is the work done and in total; if it is None, the machine is asked for it. Raises
    MachineError if the state is too large.
    """
    if size > (most := limits_of(kind, task).state):
        raise _too_much(f"{size:,} bytes of state", most)
    done, total = map(float, (work or checked.work(machine))[:2])
    sane = 0 <= done < math.inf and 0 <= total < math.inf
    return Checkpoint(
        seq=seq,
        steps=int(machine.steps),
        length=len(machine.output),
        size=size,
        saved_at=now(),
        elapsed=milliseconds(elapsed) / 1000,
        version=kind.version,
        work=Work(done, total) if sane else None,
    )


def _too_much(what: str, most: int) -> MachineError:
    return MachineError(
        f"{what}, and its kind allows {most:,} for goal and parameters like these; not saved"
    )
