"""Digits of pi as a kind of machine: what the store and the worker get to know of the spigot.

What computes is imported by who computes: a face asks for the kind before its first frame, and
gmpy2 takes 30 ms to load.
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
from pi_tui.pi.spigot import limits
from pi_tui.pi.spigot.figures import Figures
from pi_tui.pi.spigot.plan import iterations, plan
from pi_tui.pi.spigot.series import GOSPER, SERIES
from pi_tui.pi.spigot.size import Size

if TYPE_CHECKING:
    from pi_tui.pi.spigot.spigot import Spigot

MOST_NINES = 6
"""Iterations that pass at most without a digit, as at the six nines of pi, one digit a step."""
_NEVER_NINES = 10
"""Digits a step that are not all nines anywhere in what anybody computes."""
SHORT = 100_000
"""Digits from which on a run has an overture."""
OVERTURE = 20_000
"""Digits of the longest overture: a few hundredths of a second."""


@dataclass
class SpigotKind(Kind):
    """Decimals of pi. A task's goal is how many; its parameters are series, K and B.

    All three are tuning: the digits are the same with any.
    """

    threads: int = 1
    """Threads that each machine works with."""
    name = "pi"
    version = 2
    unit = "digits"
    tuning = ("series", "digits_per_step", "boxes_per_block")

    def task(
        self, digits: int, digits_per_step: int | None = None, series: str = GOSPER.name
    ) -> Task:
        """The task of computing so many digits; K, unless given, and B are planned."""
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
        """A spigot at the start of the task, no block made yet."""
        from pi_tui.pi.spigot.spigot import Spigot
        from pi_tui.pi.spigot.state import SpigotState

        return Spigot(SpigotState.at_start(_size(task)), self.threads)

    def from_state(self, task: Task, state: State, output: bytes) -> Spigot:
        """The spigot that had this state; blocks that are lost it makes again, and says so."""
        from pi_tui.pi.spigot import codec
        from pi_tui.pi.spigot.spigot import Spigot

        decoded = codec.decode(_size(task), state, output)
        spigot = Spigot(decoded, self.threads)
        if decoded.lost:
            spigot.notes = (f"lost saved blocks are made again: {decoded.lost:,}",)
        return spigot

    def title(self, task: Task) -> str:
        """Return how a run is named: by its digits, for series, K and B change none of them."""
        return f"{task.goal:,} digits"

    def length(self, task: Task) -> int:
        """The digits asked for."""
        return task.goal

    def share(self, task: Task, steps: int, length: int) -> float:
        """Return what `Spigot.work` tells, as far as steps and digits do; nothing is compared."""
        size = _size(task)
        swept = _iterations(size, steps, length)
        made = steps - swept
        return size.work(made, max(size.blocks_needed(0) - made, 0), swept).share or 0.0

    def figures(self, task: Task, steps: int, length: int) -> Figures:
        """The iterations done, and those of the whole run."""
        size = _size(task)
        whole = iterations(size.digits, size.digits_per_step)
        return Figures(iteration=min(_iterations(size, steps, length), whole), iterations=whole)

    def limits(self, task: Task) -> Limits:
        """What a file may claim at most of such a task."""
        return Limits(state=limits.most_bytes(_size(task)), output=task.goal)

    def accepts(self, output: bytes) -> bool:
        """True if these are digits."""
        return not output or output.isdigit()

    def verify(
        self,
        task: Task,
        output: bytes | bytearray,
        poll: Poll = unwatched,
        machine: Machine | None = None,
    ) -> bool:
        """True: all digits are those of the Chudnovsky series."""
        from pi_tui.pi.spigot.reference import first_difference
        from pi_tui.pi.spigot.spigot import Spigot

        kept = machine.kept if isinstance(machine, Spigot) else None
        wrong = first_difference(output, poll, self.threads, kept)
        if wrong is not None:
            raise WrongOutput(f"digit {wrong:,} is wrong", wrong - 1)
        return True

    def overture(self, task: Task, poll: Poll = unwatched) -> bytes:
        """The first digits, by a spigot of a fiftieth of the length, which costs about 1 %.

        A short run has its first digits as soon by itself.
        """
        from pi_tui.pi.spigot.spigot import Spigot

        digits = min(task.goal // 50, OVERTURE) if task.goal >= SHORT else 0
        return Spigot.new(digits).finalize(poll) if digits else b""


def _iterations(size: Size, steps: int, length: int) -> int:
    """Steps beyond the blocks; or, where digits tell of fewer, the others made blocks again.

    Only few digits a step may ever be nines alone, and hold back a whole iteration.
    """
    k = size.digits_per_step
    most = -(-length // k) + 2 + (MOST_NINES if k < _NEVER_NINES else 0)
    return max(0, min(steps - size.blocks_needed(0), most))


def _size(task: Task) -> Size:
    """What the task says. Raises BadState if it cannot be one of ours."""
    series = SERIES.get(str(task.parameters.get("series")))
    numbers = (task.goal, *map(task.parameters.get, ("digits_per_step", "boxes_per_block")))
    n, k, b = (number if isinstance(number, int) else 0 for number in numbers)
    if series is None or not limits.allow(size := Size(series, n, k, b)):
        raise BadState("a task that this pi-tui cannot have begun")
    return size
