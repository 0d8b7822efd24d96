"""Short programs for tests that run, kill and resume them in whole processes."""

from __future__ import annotations

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from pi_tui.recipes.generator import GeneratorKind

SUMS = '''
from pi_tui.recipes.program import resumable

@resumable
def sums(goal, number=0, total=0, *, factor: int = 1, loud: bool = False):
    """Add the numbers up to GOAL."""
    while number < goal:
        for _ in range(1000):
            number += 1
            total += factor * number
        yield {"number": number, "total": total}, f"{total}{'!' if loud else ''}\\n", number / goal

if __name__ == "__main__":
    sums.main()
'''


BATCH = """
import sys
from pathlib import Path
from pi_tui.recipes.items import Items

def work(number):
    with open("log", "a") as log:
        log.write(f"{number}\\n")
    total = sum(i * i % 7 for i in range(200_000))
    return [number, total]

if __name__ == "__main__":
    Items(work, range(60), workers=2, name="batch").main()
"""


def saved_steps(database: str, name: str) -> int:
    """Return the most steps in any checkpoint of the kind `name`; 0 if none can be read."""
    kind = GeneratorKind(lambda goal: iter(()), name, 1)
    try:
        with CheckpointStore.open(database, kind, write=False) as store:
            return max((c.steps for run in store.runs() for c in store.checkpoints(run)), default=0)
    except PiTuiError:
        return 0


def expected(goal: int, factor: int = 1) -> str:
    return "".join(f"{factor * n * (n + 1) // 2}\n" for n in range(1000, goal + 1, 1000))
