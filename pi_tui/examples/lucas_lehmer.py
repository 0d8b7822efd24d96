"""Is M = 2^P - 1 prime? Run `python -m pi_tui.examples.lucas_lehmer P`.

Start with s = 4 and compute s*s - 2 modulo M, P - 2 times. M is prime if and only if s is 0 in the
end.
"""

import argparse
import shlex

from gmpy2 import context, get_context, is_prime, jacobi, mpz

from pi_tui import machine
from pi_tui.carry_on import carry_on
from pi_tui.machine import BadState, Limits, Poll, State, Task, Work, WrongState

BITS_PER_STEP = 2**24  # a step takes under 0.1 s: no poll needed; saved runs depend on this value


class LucasLehmer(machine.Machine):
    """The machine that tests whether 2^p - 1 is prime; its output is the verdict."""

    def __init__(self, task: Task, steps: int, s: mpz, output: bytes) -> None:
        self.p, self.m, self.steps = task.goal, (mpz(1) << task.goal) - 1, steps
        self.size, self.s, self.output = int(task.parameters["squarings_per_step"]), s, output

    @property
    def done(self) -> bool:
        return bool(self.output)

    def step(self, poll: Poll = machine.unwatched) -> None:
        s, (done, total) = self.s, self.work()
        with context(get_context(), allow_release_gil=True):  # other threads may run
            for _ in range(min(self.size, int(total - done))):
                s = s * s - 2
                s = (s & self.m) + (s >> self.p)  # because 2^P is 1 modulo M
                s = s - self.m if s >= self.m else s
        self.s, self.steps = s, self.steps + 1
        self.output = self.verdict()

    def verdict(self) -> bytes:
        return b"" if self.work().done < self.p - 2 else b"not prime" if self.s else b"prime"

    def to_state(self) -> State:
        return State.of(b"%d " % self.steps + self.s.to_bytes(self.p // 8 + 1, "big"))

    def check(self) -> None:
        # The Jacobi symbol (s - 2 | M) is never 1 for a true s, but is 1 for half of all other
        # values.
        if self.output != self.verdict() or (self.steps and jacobi(self.s - 2, self.m) == 1):
            raise WrongState("its number or its verdict is not what squaring leads to")

    def work(self) -> Work:
        return Work(min(self.steps * self.size, self.p - 2), self.p - 2)


class Mersenne(machine.Kind):
    """The kind of machine that tests Mersenne numbers."""

    name, unit = "lucas-lehmer", "letters"
    tuning = ("squarings_per_step",)

    def task(self, p: int) -> Task:
        """Return the task for exponent `p`.

        Raises BadState if `p` is no odd prime below 20,000,000.
        """
        if not 2 < p < 20_000_000 or not is_prime(p):  # the largest take three weeks
            raise BadState(f"{p} is no odd prime below 20,000,000; choose one, like 44497")
        return Task(p, {"squarings_per_step": max(1, BITS_PER_STEP // p)})

    def new(self, task: Task) -> LucasLehmer:
        return LucasLehmer(task, 0, mpz(4), b"")

    def from_state(self, task: Task, state: State, output: bytes) -> LucasLehmer:
        steps, _, data = state.data.partition(b" ")
        s = mpz.from_bytes(data, "big")
        if not steps.isdigit() or s >= (mpz(1) << task.goal) - 1:
            raise BadState("these are no count of steps and a number below M")
        return LucasLehmer(task, int(steps[:9]), s, output)

    def limits(self, task: Task) -> Limits:
        if task != self.task(task.goal):
            raise BadState("no such test was ever begun")
        return Limits(steps=task.goal, state=task.goal // 8 + 20, output=9)


def main() -> int:
    """Run the program; return the exit code.

    Prints whether 2^P - 1 is prime, or how to resume, or what failed. Raises SystemExit: with code
    2 if P is no odd prime below 20,000,000 or the command line is wrong, with 0 after `--help`.
    """
    parser = argparse.ArgumentParser(prog="python -m pi_tui.examples.lucas_lehmer")
    parser.add_argument("p", metavar="P", type=int)
    parser.add_argument("--db", metavar="FILE", default="lucas_lehmer.sqlite3")
    options, kind = parser.parse_args(), Mersenne()
    try:
        task = kind.task(options.p)
    except BadState as error:
        parser.exit(2, f"{kind.name}: {error}\n")
    again = shlex.join([*parser.prog.split(), str(task.goal), "--db", options.db])
    code, output = carry_on(kind, task, options.db, again=again)
    if code == 0:
        print(f"2^{task.goal} - 1 is {output.decode()}")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
