"""The process under test: it steps a spigot and saves it."""

from __future__ import annotations

import os
import resource
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from pi_tui import machine as recipe
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, PiTuiError, StorageError
from pi_tui.machine import Machine
from pi_tui.pi.spigot import size
from pi_tui.pi.spigot.kind import SpigotKind
from tests.faults import sabotage

KIND = SpigotKind()


READING_BACK: dict[str, Any] = {
    "digits": 100_000,
    "digits_per_step": 1_000,
    "boxes_per_block": 65_536,
    "read_back": True,
}
"""A task whose saved blocks are read back: two of them, each as large as a batch."""


@dataclass(frozen=True)
class Task:
    """Instructions for the process under test.

    By default a state takes a few pages, and a save a few milliseconds.
    """

    location: str
    digits: int = 8000
    digits_per_step: int = 32
    boxes_per_block: int = 128
    steps: int = 1
    """Number of steps between two saves."""
    saves: int = -1
    """Number of saves after which the process ends; -1: when the run is complete."""
    forever: bool = False
    """True: begin again after the last digit."""
    patience: int = 0
    """Number of retries of a failed save."""
    pause: float = 0.0
    """Seconds to wait after each save, so that the process can be stopped outside a transaction."""
    hold: bool = False
    """True: wait for a message of the parent before opening anything."""
    acks: str = ""
    """A file that gets a line for each committed digit count, for traces of system calls."""
    read_back: bool = False
    """True: saved blocks are read back from the database, as those of millions of digits are."""
    sabotage: tuple[str, ...] = ()
    largest_file: int = 0
    """Soft limit on the size of files in bytes; removed after the first failure."""

    def wanted(self) -> recipe.Task:
        """Return the task for the store."""
        numbers = {"digits_per_step": self.digits_per_step, "boxes_per_block": self.boxes_per_block}
        parameters = {**KIND.task(self.digits).parameters, **numbers}
        return recipe.Task(self.digits, parameters)


class Driver:
    """One session of the process: it opens the run, steps and saves."""

    def __init__(self, task: Task, line: Connection) -> None:
        self.task, self.line = task, line
        self.acks = os.open(task.acks, os.O_CREAT | os.O_WRONLY | os.O_APPEND) if task.acks else -1

    def tell(self, *message: Any) -> None:
        self.line.send(message)

    def live(self) -> None:
        if self.task.hold:
            self.tell("ready")
            self.line.recv()
        if self.task.largest_file:
            # Or the bytecode file of a module imported later could be truncated for good.
            sys.dont_write_bytecode = True
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.task.largest_file, hard))
        with self._patiently(CheckpointStore.open, self.task.location, KIND) as store:
            self._compute(store)
        self.tell("done")

    def _compute(self, store: CheckpointStore) -> None:
        wanted = self.task.wanted()
        run = self._patiently(store.open_run, wanted)
        while True:
            self._one_run(store, run)
            if not self.task.forever:
                break
            self.tell("restarting")
            run = store.restart(run, wanted)

    def _one_run(self, store: CheckpointStore, run: Run) -> None:
        task = self.task
        loaded = self._patiently(store.load, run)
        self.tell("loaded", len(loaded.output), loaded.notes)
        machine = loaded.machine
        if machine is None:
            return
        saves = 0
        while not machine.done and saves != task.saves:
            for _ in range(task.steps):
                if not machine.done:
                    self._patiently(machine.step)  # which may read saved blocks back
            self._patiently(store.save, run, machine, 0.0)
            self._acknowledge(len(machine.output))
            saves += 1
        if machine.done:
            self._complete(store, run, machine)

    def _complete(self, store: CheckpointStore, run: Run, machine: Machine) -> None:
        def complete() -> None:
            store.complete(run, machine, 0.0, verified=False)

        self._patiently(complete)
        self._acknowledge(len(machine.output))

    def _acknowledge(self, count: int) -> None:
        if self.acks >= 0:
            os.write(self.acks, b"%d\n" % count)
        self.tell("saved", count)
        time.sleep(self.task.pause)

    def _patiently(self, verb: Any, *arguments: Any) -> Any:
        for attempt in range(self.task.patience + 1):
            try:
                return verb(*arguments)
            except (StorageError, DamagedError) as error:
                self.tell("failed", str(error))
                if attempt == self.task.patience:
                    raise
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            if soft != hard:
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            time.sleep(0.005)
        raise AssertionError


def drive(task: Task, line: Connection) -> None:
    """Run one session in a child process; raise SystemExit with the exit code of an error."""
    sabotage.commit(task.sabotage)
    if task.read_back:
        size.READ_BACK_FROM = 1
    try:
        Driver(task, line).live()
    except PiTuiError as error:
        line.send(("error", error.exit_code, str(error)))
        raise SystemExit(error.exit_code) from error
