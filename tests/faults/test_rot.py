"""Bit rot: hundreds of damaged files, none of which yields a wrong digit."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.rows import output_rows
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import DamagedError, NotOursError, StorageError
from pi_tui.machine import Machine
from tests.faults.conftest import Tally
from tests.faults.driver import KIND, Task
from tests.faults.lab import child
from tests.helpers import pi

Damage = Callable[[bytearray, random.Random], None]
Sound = tuple[bytes, int]
"""The content of an undamaged file, and its number of digits."""
PAGE = 4096


def flip_a_bit(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def scatter_bytes(data: bytearray, chance: random.Random) -> None:
    for _ in range(16):
        data[chance.randrange(len(data))] = chance.randrange(256)


def zero_a_page(data: bytearray, chance: random.Random) -> None:
    page = chance.randrange(len(data) // PAGE)
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)


def swap_pages(data: bytearray, chance: random.Random) -> None:
    pages = [slice(n * PAGE, (n + 1) * PAGE) for n in range(len(data) // PAGE)]
    one, other = chance.sample(pages, 2)
    data[one], data[other] = data[other], data[one]


def truncate(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def spoil_the_header(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(100)] = chance.randrange(256)


def change_a_digit(data: bytearray, chance: random.Random) -> None:
    row = 32 * chance.randrange(10, 60)  # 32 digits were saved at a time
    sound = pi(100_000)[row : row + 32]
    wrong = sound[:9] + (b"1" if sound[9:10] == b"2" else b"2") + sound[10:]
    data[:] = data.replace(sound, wrong)  # SQLite leaves old copies behind in its pages


KINDS: list[Damage] = [
    flip_a_bit,
    scatter_bytes,
    zero_a_page,
    swap_pages,
    truncate,
    spoil_the_header,
    change_a_digit,
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """Make a file with some 2,100 of 8,000 digits in many rows, and two checkpoints; return it."""
    path = tmp_path_factory.mktemp("rot") / "pi.db"
    with child(Task(str(path), saves=70)) as writer:
        assert writer.hear_out() == 0
    assert writer.acked > 60 * 32
    return path.read_bytes(), writer.acked


def outcome(path: Path, whole: int) -> str:
    """Load the file and go on with its run; return the outcome, "wrong" for a wrong digit."""
    seen = glance(str(path), KIND, None)
    if seen and seen.output != pi(100_000)[: len(seen.output)]:
        return "wrong"
    try:
        with CheckpointStore.open(str(path), KIND) as store:
            run = store.open_run(Task("").wanted())
            if run.goal != 8000:
                return "wrong run"
            loaded = store.load(run)
            if loaded.output != pi(100_000)[: len(loaded.output)]:
                return "wrong"
            if loaded.machine is None:
                return "silently complete"
            wrong = go_on(store, run, loaded.machine)
            if wrong or loaded.checkpoint is None:
                return wrong or ("computed again" if loaded.notes else "silently empty")
            return "harmless" if len(loaded.output) == whole and not loaded.notes else "fell back"
    except (DamagedError, NotOursError, StorageError) as refusal:
        return "refused" if str(refusal).isprintable() else "refused in garbage"


def go_on(store: CheckpointStore, run: Run, machine: Machine) -> str:
    """Make three steps with the loaded machine, and save; return "wrong" for a wrong digit."""
    machine.check()
    for _ in range(3):
        machine.step()
    store.save(run, machine, 0.0)
    return "" if machine.output == pi(100_000)[: len(machine.output)] else "wrong"


def rot(sound: Sound, folder: Path, times: int, kinds: list[Damage]) -> Counter[str]:
    chance, seen = random.Random(1), Counter[str]()
    content, whole = sound
    for n in range(times):
        data = bytearray(content)
        kinds[n % len(kinds)](data, chance)
        path = folder / f"{n}.db"
        path.write_bytes(data)
        seen[outcome(path, whole)] += 1
        path.unlink()
        for lock in folder.glob(f"{path.name}*.lock"):
            lock.unlink()
    return seen


@pytest.mark.timeout(1200)
def test_hundreds_of_damaged_files_yield_no_wrong_digit(
    sound: Sound, folder: Path, much: int, tally: Tally
) -> None:
    seen = rot(sound, folder, 560 * much, KINDS)
    told = ", ".join(f"{count} {word}" for word, count in sorted(seen.items()))
    tally("damaged files: flips, zeroes, swaps, truncations", seen.total(), f"0 wrong: {told}")
    assert set(seen) <= {"refused", "fell back", "harmless", "computed again"}
    assert min(seen["refused"], seen["fell back"], seen["harmless"]) > 10


def test_changed_digit_in_a_file_is_returned_if_the_hash_chain_is_not_checked(
    sound: Sound, folder: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setattr(output_rows, "_check", lambda row, offset, chain: None)
    monkeypatch.setattr("tests.faults.test_rot.glance", lambda *_: None)
    seen = rot(sound, folder, 20, [change_a_digit])
    tally("  control: no chain of hashes", 20, f"{seen['wrong']} wrong")
    assert seen["wrong"] == 20
