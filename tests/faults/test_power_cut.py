"""Power cuts replayed from a trace: hundreds of possible disk contents."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import Tally
from tests.faults.driver import Task
from tests.faults.lab import child, judge, straced
from tests.faults.power import CALLS, moments

pytestmark = [pytest.mark.usefixtures("strace"), pytest.mark.timeout(1200)]
SAVES = 12


def cut_power(folder: Path, sabotage: tuple[str, ...], times: int) -> tuple[int, list[str]]:
    """Rebuild disks after power cuts; return how many, and what was wrong with them."""
    disk = folder / "disk"
    disk.mkdir()
    task = Task(str(disk / "pi.db"), saves=SAVES, acks=str(disk / "pi.acks"), sabotage=sabotage)
    trace = traced(task, folder / "trace")
    chance, faults, tried = random.Random(1), [], 0
    while tried < times:
        for moment in moments(trace, str(disk), chance, share=0.1):
            with tempfile.TemporaryDirectory(dir=folder) as rebuilt:
                moment.cut_power(Path(rebuilt), chance)
                tried += 1
                if fault := judge(str(Path(rebuilt) / "pi.db"), moment.acked):
                    faults.append(fault)
    return tried, faults


def traced(task: Task, log: Path) -> str:
    options = ("-y", "-xx", "-s", "300000", "-e", f"trace={CALLS}")
    with child(replace(task, hold=True)) as watched:
        watched.hear_until("ready")
        with straced(watched.pid, str(log), *options):
            watched.go()
            assert watched.hear_out() == 0
    return log.read_text()


def test_power_cuts_at_random_lose_nothing_saved(folder: Path, much: int, tally: Tally) -> None:
    tried, faults = cut_power(folder, (), 300 * much)
    tally("power cuts, disks rebuilt from a trace", tried, f"{len(faults)} lost or damaged")
    assert faults == []


@pytest.mark.parametrize("level", ["FULL", "OFF"])
def test_control_experiment_with_less_syncing_loses_saved_data_in_power_cuts(
    level: str, folder: Path, tally: Tally
) -> None:
    tried, faults = cut_power(folder, (f"synchronous={level}",), 60)
    tally(f"  control: synchronous={level}", tried, f"{len(faults)} lost or damaged")
    assert faults != []
