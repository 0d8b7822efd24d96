"""Test that a machine's state is complete, so that a resumed machine computes the same.

A field that `to_state` forgets, such as a random generator or a counter, goes unnoticed until a
killed run is resumed and gives another result. Put one line into the tests of your machine:

    prove(MyKind(), Task(1000))
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from pi_tui.machine import Abandoned, Kind, Machine, Piece, State, Task

NEWEST = 8
"""Number of newest resumed machines that are stepped together with the original."""
SHOWN = 40
"""Bytes of each output that a message about a difference shows."""


class _View(NamedTuple):
    """What can be seen of a machine between two steps; `lasting` names the lasting pieces."""

    steps: int
    output: bytes
    pieces: dict[str, bytes]
    lasting: frozenset[str]
    done: bool

    @classmethod
    def of(cls, machine: Machine) -> _View:
        state = machine.to_state()
        pieces = {name: piece.read() for name, piece in state.pieces.items()}
        lasting = frozenset(name for name, piece in state.pieces.items() if piece.lasting)
        return cls(machine.steps, bytes(machine.output), pieces, lasting, machine.done)

    def state(self, version: int) -> State:
        """Return a new state with the bytes of these pieces, as if loaded from a store.

        `version` is the `Kind.version` that saved it.
        """
        pieces = self.pieces.items()
        made = {name: Piece(data, lasting=name in self.lasting) for name, data in pieces}
        return State(made, version)

    def difference(self, other: _View) -> str:
        """Describe how a machine differs from the original in this view; "" if it does not.

        `other` is the view of that machine: a resumed one, or one within or after a step.
        """
        if other.steps != self.steps:
            return f"counts {other.steps:,} steps where the original counts {self.steps:,}"
        if other.output != self.output:
            return f"makes output {_parting(other.output, self.output)}"
        for name in sorted(self.pieces.keys() | other.pieces.keys()):
            mine, its = self.pieces.get(name), other.pieces.get(name)
            if mine is None or its is None:
                return f"has {'no' if its is None else 'a'} piece {name!r}, unlike the original"
            if mine != its:
                return f"has the piece {name!r} {_parting(its, mine)}"
        if other.done != self.done:
            return f"is{'' if other.done else ' not'} done, unlike the original"
        return ""

    def expect(self, machine: Machine, whose: str, when: str = "") -> None:
        """Raise AssertionError if a view of the machine now would differ from this view.

        The message is the text `whose`, then the difference in words, then the text `when`.
        """
        if how := self.difference(_View.of(machine)):
            raise AssertionError(f"{whose} {how}{when}")


def prove(kind: Kind, task: Task, steps: int | None = None) -> None:
    """Step a machine of the task, and resume another machine from its state after every step.

    Step the resumed machines too, and compare them with the original after every step: steps,
    output, all pieces of the state, and `done`. Also save and abandon steps in the middle, from
    `poll`. Check what must hold of steps and output, and what the kind's `limits`, `length` and
    `accepts` say. Raises AssertionError, which names the step and what is wrong there; for a
    resumed machine, the step after which it was resumed, and the first difference. What the code of
    the machine or kind raises, such as BadState for its own state, is passed on.

    `steps` limits the number of steps; the default is all. Equal machines must give equal states,
    so keep times and sets out of them. The test takes about ten times as long as its steps alone
    if these are 50, and some twenty times as long if they are several hundred.
    """
    proof = _Proof(kind, task)
    try:
        proof.run(steps)
    finally:
        proof.close()


class _Proof:
    """The original machine, and the resumed machines that are stepped together with it."""

    def __init__(self, kind: Kind, task: Task) -> None:
        self._kind, self._task = kind, task
        self._original = kind.new(task)
        self._view = _View.of(self._original)
        self._along: dict[int, Machine] = {}
        """The resumed machines, by the step after which each was resumed."""

    def close(self) -> None:
        """Close the machines that are left."""
        for machine in (self._original, *self._along.values()):
            machine.close()

    def run(self, steps: int | None) -> None:
        """Make `steps` steps, or all; resume a machine before the first and after each.

        Raises AssertionError if machines differ, if one breaks a rule, or if the whole output has
        another length than `Kind.length` says.
        """
        made = 0
        while not self._original.done and made != steps:
            self._resume(made)
            self._step(made)
            made += 1
        self._resume(made)
        whole = self._kind.length(self._task)
        if self._original.done and whole not in (None, len(self._view.output)):
            raise AssertionError(
                f"length() promises {whole:,} bytes of output; the machine ended with "
                f"{len(self._view.output):,}"
            )

    def _resume(self, after: int) -> None:
        """Resume a machine from the state after step `after`; it is stepped with the original then.

        Drop the machine resumed NEWEST steps before, to limit their number. But those resumed after
        step 0 and after 1, 2, 4, 8 … steps are kept.
        """
        self._along[after] = self._resumed(self._view, f"after step {after:,}")
        latest = after - NEWEST
        if latest > 0 and latest & (latest - 1):  # keep those resumed after step 0, 1, 2, 4, 8 …
            self._along.pop(latest).close()

    def _resumed(self, view: _View, when: str) -> Machine:
        """Return a machine resumed from the state and output in `view`.

        Raises AssertionError, with the text `when`, if the machine differs from the view, or if
        steps, state or output in the view exceed `Kind.limits`. Raises what the kind raises.
        """
        limits, size = self._kind.limits(self._task), sum(map(len, view.pieces.values()))
        claims = (view.steps, size, len(view.output))
        for what, value, most in zip(limits._fields, claims, limits, strict=True):
            if value > most:
                raise AssertionError(f"{when}: {what} is {value:,}, limits() allow {most:,}")
        machine = self._kind.from_state(self._task, view.state(self._kind.version), view.output)
        try:
            machine.check()
            view.expect(machine, f"{when}: the machine resumed from its state")
        except BaseException:
            machine.close()
            raise
        return machine

    def _step(self, number: int) -> None:
        """Make the step after step `number` with the original and all resumed machines.

        Also resume machines from the state that is saved in the middle of the step, and abandon the
        step once in the machine that was resumed just before it.
        Raises AssertionError if machines differ, or if the original breaks a rule.
        """
        before, calls = self._view, count(1)

        def look(_done: int, _parts: int) -> None:
            call = next(calls)
            if call & (call - 1) == 0:  # at the 1st, 2nd, 4th, 8th …: there may be thousands
                self._compare_in_step(before, number)

        self._original.step(look)
        self._view = _View.of(self._original)
        self._check_rules(before, number)
        self._abandon(self._along[number], before, number, next(calls) - 1)
        for after, machine in self._along.items():
            if machine.steps == before.steps:  # else the step ended before its poll
                machine.step()
            resumed = f"after step {after:,}: the machine resumed from its state"
            self._view.expect(machine, resumed, f" at step {number + 1:,}")

    def _compare_in_step(self, before: _View, number: int) -> None:
        when = f"in the middle of step {number + 1:,}"
        before.expect(self._original, f"{when}: the machine", " as it was before the step")
        self._resumed(_View.of(self._original), when).close()

    def _check_rules(self, before: _View, number: int) -> None:
        if self._view.steps <= before.steps:
            raise AssertionError(
                f"step {number + 1:,} did not count: steps is {self._view.steps:,}"
            )
        if not self._view.output.startswith(before.output):
            raise AssertionError(f"step {number + 1:,} changed output that was there before it")
        if not self._kind.accepts(self._view.output):
            raise AssertionError(f"after step {number + 1:,}: accepts() denies the output")

    def _abandon(self, machine: Machine, before: _View, number: int, polls: int) -> None:
        """Step `machine`, and abandon the step at call number `polls` of poll, counted from 1.

        If it calls poll less often, or `polls` is 0, the step is made. `number` counts the steps
        made before. Raises AssertionError if the machine, after the step was abandoned, differs
        from `before`, the view of it before the step.
        """
        calls = count(1)

        def poll(_done: int, _parts: int) -> None:
            if next(calls) == polls:
                raise Abandoned

        try:
            machine.step(poll)
        except Abandoned:
            abandoned = f"step {number + 1:,}, abandoned by poll: the machine"
            before.expect(machine, abandoned, " as it was before")


def _parting(its: bytes, original: bytes) -> str:
    """Describe where two outputs, or two pieces of a state, differ; show the bytes around there."""
    same = next((i for i, (a, b) in enumerate(zip(its, original, strict=False)) if a != b), None)
    start = min(len(its), len(original)) if same is None else same
    start = max(0, start - SHOWN // 4)
    where = f", from byte {start:,} on," if start else ""
    parts = [repr(text[start : start + SHOWN]) for text in (its, original)]
    return f"{parts[0]}{where} where the original has {parts[1]}"
