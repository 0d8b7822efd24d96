"""Animated walks: every picture of the file is checked."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pi_tui.errors import UsageError
from pi_tui.pi.pictures.animation import HOLD, PER_SECOND, animate
from pi_tui.pi.pictures.inks import THEMES
from pi_tui.pi.pictures.request import (
    PictureRequest,
    form_of,
    parse_moving_size,
    parse_seconds,
)
from tests.helpers import pi, pi_tui

SIZE = (320, 180)


def frames_of(data: bytes) -> tuple[list[Image.Image], list[int]]:
    """Return every picture of the file in colour, and how many milliseconds each is shown."""
    image = Image.open(io.BytesIO(data))
    pictures, lasts = [], []
    for number in range(image.n_frames):  # type: ignore[attr-defined]
        image.seek(number)
        image.load()
        pictures.append(image.convert("RGB"))
        lasts.append(round(image.info["duration"]))
    return pictures, lasts


def inked(picture: Image.Image) -> int:
    """Count the dots above the caption that are not the background."""
    paper = bytes.fromhex(THEMES["night"].paper[1:])
    dots = picture.crop((0, 0, SIZE[0], SIZE[1] - 30)).tobytes()
    rgb = (dots[at : at + 3] for at in range(0, len(dots), 3))
    return sum(max(abs(a - b) for a, b in zip(dot, paper, strict=True)) > 24 for dot in rgb)


@pytest.mark.parametrize("form", ["gif", "webp"])
def test_animation_grows_from_first_digit_to_all_in_the_requested_time(form: str) -> None:
    data = animate(PictureRequest("walk", pi(20_000), 0, SIZE, seconds=2.0), form)
    pictures, lasts = frames_of(data)
    assert len(pictures) == 2 * PER_SECOND
    assert sum(lasts) / 1000 == pytest.approx(2.0 + HOLD, abs=0.15)
    grown = [inked(picture) for picture in pictures]
    assert grown[0] < grown[-1] / 5
    assert all(later >= earlier - 60 for earlier, later in itertools.pairwise(grown))
    assert all(picture.size == SIZE for picture in pictures)
    assert Image.open(io.BytesIO(data)).info["loop"] == 0, "for ever"


def test_last_picture_has_the_colours_of_both_ends_of_the_path() -> None:
    request = PictureRequest("walk", pi(20_000), 0, SIZE, seconds=1.0)
    pictures, _ = frames_of(animate(request, "gif"))
    colors = pictures[-1].getcolors(10**6) or []
    reds = [color for _, color in colors if isinstance(color, tuple) and color[0] > color[2] + 60]
    blues = [color for _, color in colors if isinstance(color, tuple) and color[2] > color[0] + 60]
    assert reds, "where it ends"
    assert blues, "where it begins"


def test_first_picture_of_an_animation_shows_some_digits() -> None:
    request = PictureRequest("walk", pi(20_000), 0, SIZE, seconds=1.0)
    pictures, _ = frames_of(animate(request, "gif"))
    assert inked(pictures[0]) > 10


@pytest.mark.parametrize("count", [1, 2, 7, 300_017])
@pytest.mark.parametrize("form", ["gif", "webp"])
def test_animation_of_1_to_300_017_digits_can_be_read(count: int, form: str) -> None:
    request = PictureRequest("walk", pi(count), 0, SIZE, seconds=1.0)
    pictures, lasts = frames_of(animate(request, form))
    assert pictures
    if len(pictures) > 1:  # WebP gives a single picture no time
        assert sum(lasts) / 1000 == pytest.approx(1.0 + HOLD, abs=0.15)


def test_animation_of_a_million_digits_is_under_two_megabytes() -> None:
    digits = bytes(pi(100_000)) * 10
    assert len(animate(PictureRequest("walk", digits, 0, (800, 450)), "gif")) < 2_000_000


PEAK = """
import re
from pi_tui.pi.pictures.animation import animate
from pi_tui.pi.pictures.request import PictureRequest
def peak(seconds):
    animate(PictureRequest("walk", b"0123456789" * 99, 0, (640, 360), seconds=seconds), "webp")
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
print(peak(1) - peak(8))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks are read from /proc")
def test_longer_webp_takes_hardly_more_memory() -> None:
    # In kB; each of its 87 further pictures has 900 kB.
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, check=True)
    assert -20_000 < int(done.stdout) <= 0


@pytest.mark.parametrize("name", ["walk.gif", "walk.webp"])
def test_picture_command_draws_an_animated_walk(name: str, database: Path, tmp_path: Path) -> None:
    assert pi_tui("run", "--digits", 1000, "--db", database).returncode == 0
    target = tmp_path / name
    more = ("--digits", 1000, "--db", database, "-o", target, "--seconds", "1")
    done = pi_tui("picture", "walk", *more)
    assert (done.returncode, done.stdout) == (0, "")
    assert "drew 1,000 digits into" in done.stderr
    with Image.open(target) as image:
        assert image.size == (800, 450)
        assert image.n_frames > 10  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["0", "121", "-1", "x", "", "1e9", "nan"])
def test_unusable_duration_of_an_animation_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="use 1 to 120"):
        parse_seconds(text)


def test_animation_of_3840x2160_pixels_is_refused() -> None:
    with pytest.raises(UsageError, match="too large for an animation"):
        parse_moving_size("3840x2160")


def test_format_of_a_picture_follows_from_the_suffix_of_its_file_name() -> None:
    assert form_of("a.PNG", "walk") == "png"
    assert form_of("a.GIF", "walk") == "gif"
    with pytest.raises(UsageError, match=r"with \.png or \.svg$"):
        form_of("a.gif")
