"""Make all screenshots again from the running app: `python screenshots/make.py`.

Every picture is a real run in a database of its own; nothing is drawn by hand. Each is written as
SVG (as Textual exports it) and as PNG. `python screenshots/make.py moving` makes the animated one,
a GIF. Needs `pip install -e '.[screenshots]'` and an installed monospaced font: resvg leaves out
text whose font is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import resvg_py
from moving import film, write_gif

from pi_tui.app.looks.themes import DAY, NIGHT
from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.commands.draw import picture
from pi_tui.pi.settings import Settings
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker

FOLDER = Path(__file__).parent
SOME = 400
"""Unsaved digits to wait for, so that some are visible."""
PATIENCE = 120
"""Seconds that anything is waited for."""
IN_A_ROW = 10
"""Equal pictures in a row that tell that nothing moves any more."""
SLOWEST = 100
"""Least digits a second at which a picture is tried."""


@dataclass(frozen=True)
class Shot:
    """A picture to take."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    digits: int = 20_000
    pace: str = "2000"
    reach: int = 8_000
    """Digits to wait for before the picture is taken."""
    theme: str = NIGHT
    before: tuple[int, ...] = ()
    """Runs that exist already."""

    @property
    def is_complete(self) -> bool:
        """Return True if the picture is of a complete run."""
        return self.reach == self.digits

    @property
    def is_at_rest(self) -> bool:
        """Return True if nothing is computed in the picture."""
        return self.is_complete or "p" in self.keys


SHOTS = (
    Shot("running", (120, 40)),
    Shot("wide", (200, 60)),
    Shot("standard", (80, 24)),
    Shot("tiny", (40, 12)),
    Shot("search", (120, 40), ("g", *"5000", "enter", "slash", *"26", "enter", "n")),
    Shot("colours", (120, 40), ("d",)),
    Shot("walk", (120, 40), (*["escape"] * 3, "v"), 200_000, "max", 200_000),
    Shot("heat", (120, 40), (*["escape"] * 3, "v", "v"), 1_000_000, "max", 1_000_000),
    Shot("runs", (120, 40), ("p", "r"), before=(1_000, 100_000)),
    Shot("light", (120, 40), theme=DAY),
    Shot("paused", (100, 30), ("p",)),
    Shot("help", (100, 40), ("question_mark",)),
    Shot("birthday", (100, 30), ("b", *"14.3.1592", "enter"), 1_000_000, "max", 1_000_000),
)


class RunEndedError(Exception):
    """The run was over before its picture was taken, because the machine is busy."""


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition is true. Raises TimeoutError, which names what was waited for."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"{what} did not come within {PATIENCE} s") from None


def finish(settings: Settings, digits: int) -> None:
    """Complete a run before the picture is taken."""
    worker = Worker(settings.job(digits, pace="max"))
    worker.start()
    worker.join()


def svg_of(shot: Shot) -> str:
    """Take the picture; if the run ends first, take it again at half the pace."""
    while shot.pace == "max" or int(shot.pace) >= SLOWEST:
        with tempfile.TemporaryDirectory() as folder, suppress(RunEndedError):
            return asyncio.run(take(shot, f"{folder}/pi.sqlite3"))
        shot = replace(shot, pace=str(int(shot.pace) // 2))
    raise SystemExit(f"{shot.name}: this machine is too busy; try again later")


async def take(shot: Shot, location: str) -> str:
    """Take the picture; return it as SVG. Raises RunEndedError if the run does not go on."""
    settings = Settings(db=location, pace=shot.pace, checkpoint_every="1s")
    for digits in shot.before:
        finish(settings, digits)
    worker = Worker(settings.job(shot.digits))
    app = PiApp(worker, make_worker=lambda _: worker, location=location)
    try:
        async with app.run_test(size=shot.size) as pilot:
            app.theme = shot.theme
            await until(lambda: app.main_screen.count >= shot.reach, f"digit {shot.reach:,}")
            if shot.is_complete:
                await until(lambda: worker.snapshot.state is State.COMPLETE, "the end")
            for key in shot.keys:
                await pilot.press(key)
                if key == "p":
                    await until(lambda: worker.snapshot.state is State.PAUSED, "the pause")
            await pilot.pause(1.5)
            unsaved = 0 if shot.keys else SOME
            return await (at_rest(app) if shot.is_at_rest else while_running(app, unsaved))
    finally:
        worker.stop()
        await asyncio.to_thread(worker.join)


async def at_rest(app: PiApp) -> str:
    """Return the picture once it does not change any more, apart from ages in seconds."""
    pictures: list[str] = []

    def is_still() -> bool:
        pictures.append(seen(app))
        newest = pictures[-IN_A_ROW:]
        return len(newest) == IN_A_ROW and len({without_ages(one) for one in newest}) == 1

    await until(is_still, "a picture that stands still")
    return pictures[-1]


async def while_running(app: PiApp, unsaved: int) -> str:
    """Return a picture of a running run, with so many digits that are not saved yet."""
    view, pictures = app.main_screen.digits, [""]

    def is_good() -> bool:
        if app.worker.snapshot.state.is_final:
            raise RunEndedError
        pictures.append(seen(app))
        return view.count - view.saved >= unsaved and "running" in pictures[-1]

    await until(is_good, f"a running run with {unsaved} digits not saved")
    return pictures[-1]


def seen(app: PiApp) -> str:
    """Return what is on the screen, as SVG."""
    return app.export_screenshot(title="pi-tui")


def without_ages(picture: str) -> str:
    """Leave out the digits of a picture's texts, because ages are counted there."""
    return re.sub(r"[0-9]+", "", picture)


PICTURES = (("print-walk", "walk", 1_000_000), ("print-heat", "heat", 20_000))
"""Pictures by `pi-tui picture`: name, kind, digits."""


def draw_picture(name: str, kind: str, digits: int) -> None:
    """Draw a picture for paper with the program."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(db=f"{folder}/pi.sqlite3")
        finish(settings, digits)
        output = str(FOLDER / f"{name}.png")
        picture(settings.location, kind, digits, 1, None, output, "1600x900", "night")


LARGEST = 2_000_000
"""Most bytes of the animated picture; a larger one would load slowly above a README."""


def make_moving(target: Path) -> None:
    """Film the app in a shell; see `moving.py`."""
    with tempfile.TemporaryDirectory() as folder:
        frames = film(folder)
    write_gif(frames, target)
    if (size := target.stat().st_size) > LARGEST:
        raise SystemExit(f"{target} has {size:,} bytes, more than {LARGEST:,}; film less")


def main() -> None:
    """Take all pictures, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--font", default="DejaVu Sans Mono", help="an installed monospaced font")
    options = parser.parse_args()
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.umask(0o022)
    if not options.names or "moving" in options.names:
        make_moving(FOLDER / "moving.gif")
        print("moving")
    for name, kind, digits in PICTURES:
        if not options.names or name in options.names:
            draw_picture(name, kind, digits)
    for shot in SHOTS:
        if options.names and shot.name not in options.names:
            continue
        picture = svg_of(shot)
        (FOLDER / f"{shot.name}.svg").write_text(picture, encoding="utf-8")
        png = resvg_py.svg_to_bytes(svg_string=picture.replace("Fira Code", options.font))
        (FOLDER / f"{shot.name}.png").write_bytes(bytes(png))
        print(shot.name)


if __name__ == "__main__":
    main()
