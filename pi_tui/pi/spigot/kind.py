"""Digits of pi as a kind of machine: the spigot as the store and the worker see it.

The modules that compute are imported inside the functions that need them, because the app asks for
the kind before its first frame and gmpy2 takes 30 ms to load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi_tui.machine import (
    BadState,
    Kind,
    Limits,
    Machine,
    Poll,
    State,
    Task,
    WrongOutput,
    unwatched,
)
from pi_tui.pi.spigot.encoding import limits
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.spigot.plan import plan
from pi_tui.pi.spigot.series import ARCTAN, SERIES
from pi_tui.pi.spigot.size import Size

if TYPE_CHECKING:
    from pi_tui.pi.spigot.spigot import Spigot

MOST_NINES = 6
"""Most iterations in a row without a new digit, within a million digits and one digit a step.

They are at the six nines of pi. Further on there are seven and more, so the count lags by one then.
"""
_NEVER_NINES = 10
"""Digits a step from which on no step is all nines, within the digits computable here."""
SHORT = 100_000
"""Number of digits from which on a run begins with an overture: first digits that a smaller spigot
computes at once, for the screen to show meanwhile.
"""
OVERTURE = 20_000
"""Maximum digits of an overture; computing them takes a few hundredths of a second."""


@dataclass
class SpigotKind(Kind):
    """Decimals of pi; the goal of a task is their number.

    The parameters of a task are the series, the digits per step (K) and the boxes per block (B).
    All three only tune the speed: the digits are the same with any values.
    """

    threads: int = 1
    """Threads that each machine works with."""
    name = "pi"
    version = 2
    unit = "digits"
    tuning = ("series", "digits_per_step", "boxes_per_block")

    def task(
        self, digits: int, digits_per_step: int | None = None, series: str = ARCTAN.name
    ) -> Task:
        """Return the task of computing `digits` digits.

        `digits` must be at least 1. `plan` chooses the boxes per block, and the digits per step if
        `digits_per_step` is None. `series` is a name in SERIES; raises KeyError for another.
        """
        chosen = plan(digits, digits_per_step, SERIES[series])
        return Task(
            digits,
            {
                "series": series,
                "digits_per_step": chosen.digits_per_step,
                "boxes_per_block": chosen.boxes_per_block,
            },
        )

    def new(self, task: Task) -> Spigot:
        """Return a spigot at the start of the task, no block made yet.

        Raises BadState if the goal is impossible, or a parameter missing or impossible.
        """
        from pi_tui.pi.spigot.spigot import Spigot
        from pi_tui.pi.spigot.state import SpigotState

        return Spigot(SpigotState.at_start(_size(task)), self.threads)

    def from_state(self, task: Task, state: State, output: bytes) -> Spigot:
        """Restore the spigot from a saved state. Raises BadState if the state is damaged.

        Removes pieces from `state` to save memory, so a state can be used only once. Blocks that
        were lost in the database are made again by the spigot; its `notes` say how many. Raises
        StorageError if the database cannot be reached, from which large pieces are read only now.
        """
        from pi_tui.pi.spigot.encoding import codec
        from pi_tui.pi.spigot.spigot import Spigot

        decoded = codec.decode(_size(task), state, output)
        spigot = Spigot(decoded, self.threads)
        if decoded.lost:
            spigot.notes = (f"lost saved blocks are made again: {decoded.lost:,}",)
        return spigot

    def title(self, task: Task) -> str:
        """Return the name of a run, like "20,000 digits"; the parameters are left out."""
        return f"{task.goal:,} digits" if task.goal > 1 else "1 digit"

    def length(self, task: Task) -> int:
        """Return the number of digits asked for."""
        return task.goal

    def share(self, task: Task, steps: int, length: int) -> float:
        """Return the share of the work that is done, 0 to 1, from the counts of steps and digits.

        It equals the share in `Spigot.work`, but needs no spigot. They differ a little if blocks
        were lost and made again, while seven or more nines are held, and once the verification has
        begun, because here its steps count as blocks made again. They differ more in a run begun by
        version 1.0, whose steps were iterations only.
        """
        size = _size(task)
        swept = _iterations(size, steps, length)
        made = steps - swept
        return size.work(made, max(size.blocks_needed(0) - made, 0), swept).share or 0.0

    def figures(self, task: Task, steps: int, length: int) -> Figures:
        """Return Figures with only two values: iterations done, and those of the whole run."""
        size = _size(task)
        done = min(_iterations(size, steps, length), size.iterations)
        return Figures(iteration=done, iterations=size.iterations)

    def limits(self, task: Task) -> Limits:
        """Return the largest sizes that a saved state and output of this task may claim.

        Raises BadState if this program cannot have created the task.
        """
        return Limits(state=limits.most_bytes(_size(task)), output=task.goal)

    def accepts(self, output: bytes) -> bool:
        """Return True if the output consists of digits only."""
        return not output or output.isdigit()

    def verify(
        self,
        task: Task,
        output: bytes | bytearray,
        poll: Poll = unwatched,
        machine: Machine | None = None,
    ) -> bool:
        """Compare all digits with the Chudnovsky series; return True or raise WrongOutput.

        If `machine` is a spigot, its `kept` takes up intermediate results, so that a comparison
        that is interrupted can continue from a saved state.
        """
        from pi_tui.pi.spigot.comparison.reference import first_difference
        from pi_tui.pi.spigot.spigot import Spigot

        kept = machine.kept if isinstance(machine, Spigot) else None
        wrong = first_difference(output, poll, self.threads, kept)
        if wrong is not None:
            raise WrongOutput(f"digit {wrong:,} is wrong", wrong - 1)
        return True

    def overture(self, task: Task, poll: Poll = unwatched) -> bytes:
        """Return the first fiftieth of the digits, OVERTURE at most, from a small spigot.

        This takes a few hundredths of a second at most. Returns b"" for a run of fewer than SHORT
        digits, because its own first digits come as soon.
        """
        from pi_tui.pi.spigot.spigot import Spigot
        from pi_tui.pi.spigot.state import SpigotState

        digits = min(task.goal // 50, OVERTURE) if task.goal >= SHORT else 0
        return Spigot(SpigotState.at_start(plan(digits))).finalize(poll) if digits else b""


def _iterations(size: Size, steps: int, length: int) -> int:
    """Return the number of iterations done, from the counts of steps and of settled digits.

    `steps` counts blocks made and iterations. So the result is `steps` less the blocks of the run.
    But `steps` also counts blocks made again after a loss, and results of the verification. So the
    result is limited to the most iterations that can have settled no more than `length` digits.
    With few digits a step, some super-digits are all nines; each of these can mean one iteration
    more that settled nothing.
    """
    k = size.digits_per_step
    most = -(-length // k) + 2 + (MOST_NINES if k < _NEVER_NINES else 0)
    return max(0, min(steps - size.blocks_needed(0), most))


def _size(task: Task) -> Size:
    """Read from a task its series, digits, digits per step and boxes per block.

    Raises BadState if this program cannot have created the task.
    """
    series = SERIES.get(str(task.parameters.get("series")))
    numbers = (task.goal, *map(task.parameters.get, ("digits_per_step", "boxes_per_block")))
    n, k, b = (number if isinstance(number, int) else 0 for number in numbers)
    if series is None or not limits.allow(size := Size(series, n, k, b)):
        raise BadState("a task that this pi-tui cannot have begun")
    return size
