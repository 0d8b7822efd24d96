"""A terminal with fixed properties, messages that stay, and apps on real runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.app.widgets import note_line
from pi_tui.pi.settings import Settings
from pi_tui.worker.worker import Worker
from tests import shared
from tests.app.conftest import good_terminal as good_terminal
from tests.helpers import LIMIT, pi_tui


@pytest.fixture(autouse=True)
def lasting_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep toasts and notes on the screen; on a busy machine a test might look too late."""
    notify = App.notify

    def notify_for_long(app: App[Any], message: str, **options: Any) -> None:
        notify(app, message, **options | {"timeout": 10 * LIMIT})

    monkeypatch.setattr(App, "notify", notify_for_long)
    for name in ("SECONDS", "AT_LEAST"):
        monkeypatch.setattr(note_line, name, 10 * LIMIT)


@dataclass
class Bench:
    """Makes apps and workers on one database; the fixture `bench` ends the workers."""

    location: str
    memory: Path
    workers: list[Worker] = field(default_factory=list)

    def worker(self, digits: int, pace: str = "max", **settings: Any) -> Worker:
        """Make a worker; do not start it."""
        made = Worker(Settings(db=self.location, pace=pace, **settings).job(digits))
        self.workers.append(made)
        return made

    def app(self, digits: int | None, pace: str = "max", **settings: Any) -> PiApp:
        """Make an app for a run of so many digits; with None, as on a first start."""
        return PiApp(
            self.worker(digits, pace, **settings) if digits else None,
            make_worker=lambda task: self.worker(task.goal, pace, **settings),
            location=self.location,
            memory=self.memory,
        )


@pytest.fixture
def bench(database: Path, tmp_path: Path) -> Iterator[Bench]:
    """Return a maker of apps on real workers and a real database; end all threads afterwards."""
    made = Bench(str(database), tmp_path / "face.json")
    with ExitStack() as end:
        yield made
        for worker in made.workers:
            worker.stop(save=False)
            end.callback(worker.join, 60)


@pytest.fixture(scope="session")
def runs() -> Path:
    """Return a database with three complete runs; tests share it and must not change it."""
    return shared.made_once("runs", _make_runs) / "pi"


def _make_runs(folder: Path) -> None:
    for digits in (300, 20_000, 1_000):
        done = pi_tui("run", "--digits", digits, "--db", folder / "pi", "-o", folder / "pi.txt")
        assert done.returncode == 0, done.stderr
