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
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
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


SHOTS = (
    Shot("running", (120, 40)),
    Shot("wide", (200, 60)),
    Shot("standard", (80, 24)),
    Shot("tiny", (40, 12)),
    Shot("search", (120, 40), ("g", *"5000", "enter", "slash", *"26", "enter", "n")),
    Shot("colours", (120, 40), ("d",)),
    Shot("walk", (120, 40), ("v",), 200_000, "max", 200_000),
    Shot("heat", (120, 40), ("v", "v"), 1_000_000, "max", 1_000_000),
    Shot("runs", (120, 40), ("p", "r"), before=(1_000, 100_000)),
    Shot("light", (120, 40), theme=DAY),
    Shot("paused", (100, 30), ("p",)),
    Shot("help", (100, 40), ("question_mark",)),
    Shot("birthday", (100, 30), ("b", *"14.3.1592", "enter"), 1_000_000, "max", 1_000_000),
)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true."""
    while not condition():
        await asyncio.sleep(0.02)


def finish(settings: Settings, digits: int) -> None:
    """Complete a run before the picture is taken."""
    worker = Worker(settings.job(digits, pace="max"))
    worker.start()
    worker.join()


async def take(shot: Shot, location: str) -> str:
    """Take the picture; return it as SVG."""
    settings = Settings(db=location, pace=shot.pace, checkpoint_every="1s")
    for digits in shot.before:
        finish(settings, digits)
    worker = Worker(settings.job(shot.digits))
    app = PiApp(worker, make_worker=lambda _: worker, location=location)
    async with app.run_test(size=shot.size) as pilot:
        app.theme = shot.theme
        await until(lambda: app.main_screen.count >= shot.reach)
        if shot.reach == shot.digits:
            await until(lambda: worker.snapshot.state is State.COMPLETE)
        for key in shot.keys:
            await pilot.press(key)
            if key == "p":
                await until(lambda: worker.snapshot.state is State.PAUSED)
        await pilot.pause(1.5)
        view, picture = app.main_screen.digits, app.export_screenshot(title="pi-tui")
        while not shot.keys and (view.count - view.saved < SOME or "running" not in picture):
            await pilot.pause(0.05)  # until the change is laid out
            picture = app.export_screenshot(title="pi-tui")
        worker.stop()
        await asyncio.to_thread(worker.join)
    return picture


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
        with tempfile.TemporaryDirectory() as folder:
            picture = asyncio.run(take(shot, f"{folder}/pi.sqlite3"))
        (FOLDER / f"{shot.name}.svg").write_text(picture, encoding="utf-8")
        png = resvg_py.svg_to_bytes(svg_string=picture.replace("Fira Code", options.font))
        (FOLDER / f"{shot.name}.png").write_bytes(bytes(png))
        print(shot.name)


if __name__ == "__main__":
    main()
