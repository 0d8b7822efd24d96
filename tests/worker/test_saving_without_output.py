"""A cadence by output saves by time before the first output, so kills lose little."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pi_tui.pi.spigot.kind import SpigotKind
from tests.examples.helpers import saved_steps
from tests.helpers import started, wait_until
from tests.worker.chain import Chains, whole

STEPS = 600
SCRIPT = f"""
import sys
from pi_tui.carry_on import carry_on
from pi_tui.machine import Task
from pi_tui.worker.job import Cadence
from tests.worker.chain import Chains
code, output = carry_on(Chains(), Task({STEPS}), sys.argv[1], cadence=Cadence(output=100))
print(output.decode())
sys.exit(code)
"""


def test_blocks_of_a_long_pi_run_survive_kills_if_it_is_saved_every_million_digits(
    database: Path,
) -> None:
    steps = 0
    for _ in range(3):
        arguments = ("run", "--digits", 2_000_000, "--threads", 1, "--db", database)
        with started(*arguments, "--checkpoint-every", 1_000_000) as child:
            wait_until(lambda before=steps: saved_steps(database, SpigotKind()) > before)  # type: ignore[misc]
            child.kill()
        steps = saved_steps(database, SpigotKind())


def test_run_without_output_until_its_end_has_the_right_output_despite_eight_kills(
    database: Path,
) -> None:
    command = [sys.executable, "-c", SCRIPT, str(database)]
    folder, pipe = Path(__file__).parents[2], subprocess.PIPE
    kills = 0
    while True:
        before = saved_steps(database, Chains())
        with subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True) as child:
            wait_until(
                lambda child=child, before=before: (  # type: ignore[misc]
                    saved_steps(database, Chains()) > before or child.poll() is not None
                )
            )
            if kills < 8:
                child.kill()
            out, err = child.communicate()
        if child.returncode == 0:
            break
        assert child.returncode == -9, err
        kills += 1
    assert kills == 8
    assert out.strip().encode() == whole(STEPS)
