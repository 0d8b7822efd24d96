"""Pictures as files: their content is checked dot by dot."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from pi_tui.cli import main
from pi_tui.errors import UsageError
from pi_tui.pi.pictures.drawing import draw
from pi_tui.pi.pictures.inks import THEMES, along
from pi_tui.pi.pictures.layout import Grid, WalkFrame, levels
from pi_tui.pi.pictures.request import PictureRequest, parse_size
from pi_tui.pi.pictures.walk_points import bounds, pieces
from tests.helpers import pi, pi_tui

SMALL = (320, 200)


def opened(request: PictureRequest) -> Image.Image:
    return Image.open(io.BytesIO(draw(request, "png"))).convert("RGB")


@pytest.mark.parametrize("count", [1, 2, 59, 3_333, 20_000, 100_001])
def test_heat_map_has_every_square_in_the_colour_of_its_level(count: int) -> None:
    digits, inks = pi(count), THEMES["night"]
    image, grid = opened(PictureRequest("heat", digits, 0, SMALL)), Grid.of(count, SMALL)
    values = levels(digits, grid.stride)
    assert len(values) == -(-count // grid.stride)
    colors = inks.spectrum if grid.stride == 1 else inks.heat
    for at, value in enumerate(values):
        x = grid.left + at % grid.columns * grid.side + grid.side // 2
        y = grid.top + at // grid.columns * grid.side + grid.side // 2
        assert image.getpixel((x, y)) == tuple(bytes.fromhex(colors[value][1:]))


@pytest.mark.parametrize("stride", [1, 3, 7])
def test_path_with_stride_1_3_or_7_ends_where_the_whole_path_ends(stride: int) -> None:
    digits = pi(123_457)
    whole = [point for piece in pieces(digits, 1) for point in piece]
    end = [point for piece in pieces(digits, stride) for point in piece][-1]
    assert abs(end - whole[-1]) < 1e-6
    left, right, low, high = bounds(digits, 1)
    assert all(left <= p.real <= right and low <= p.imag <= high for p in whole)


@pytest.mark.parametrize("count", [1, 10, 5_000, 400_000])
def test_walk_is_in_the_picture_from_start_to_end(count: int) -> None:
    digits = pi(count)
    frame = WalkFrame.of(digits, SMALL, 10**6)
    for piece in pieces(digits, 1):
        for point in piece[:: max(1, count // 5_000)]:
            x, y = frame.at(point)
            assert 0 <= x < SMALL[0]
            assert 0 <= y < SMALL[1]
    image = opened(PictureRequest("walk", digits, 0, SMALL))
    colors = {color for _, color in image.getcolors(10**6) or []}
    assert len(colors) > 20


def test_colour_of_the_walk_is_that_of_the_share_walked() -> None:
    digits, inks = b"0" * 300, THEMES["night"]  # a straight line
    image, paper = opened(PictureRequest("walk", digits, 0, SMALL)), bytes.fromhex(inks.paper[1:])
    frame = WalkFrame.of(digits, SMALL, 10**6)
    for share in (0.1, 0.5, 0.9):
        x, y = map(round, frame.at(len(digits) * share + 0j))
        dots = image.crop((x, y - 1, x + 1, y + 2)).tobytes()  # the line may lie in two rows
        seen = [sum(dots[band::3]) - 2 * paper[band] for band in range(3)]
        ink = bytes.fromhex(along(inks.spectrum, share)[1:])
        assert seen == pytest.approx(list(ink), abs=8)


PEAK = """
import re, sys
from pi_tui.pi.pictures import png
from pi_tui.pi.pictures.drawing import draw
from pi_tui.pi.pictures.request import PictureRequest
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
before = peak()
draw(PictureRequest(sys.argv[1], b"0123456789" * 2_000, 0), "png")
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks are read from /proc")
@pytest.mark.parametrize(("kind", "most"), [("walk", 50_000), ("heat", 30_000)])
def test_large_picture_takes_little_memory(kind: str, most: int) -> None:
    # In kB; one byte for each of 3840 x 2160 dots, drawn twice as large for a walk.
    done = subprocess.run([sys.executable, "-c", PEAK, kind], capture_output=True, check=True)
    assert int(done.stdout) < most


@pytest.mark.parametrize("kind", ["walk", "heat"])
def test_svg_is_well_formed_and_has_a_caption(kind: str) -> None:
    text = draw(PictureRequest(kind, pi(5_000), 761), "svg").decode()
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert "digits 762 to 5,761 of pi" in text
    assert len(text) < 1_000_000


def test_svg_of_a_walk_has_its_texts_on_one_line_and_its_marks_within_the_picture() -> None:
    root = ElementTree.fromstring(draw(PictureRequest("walk", pi(5_000), 0, SMALL), "svg"))
    words = list(root.iter("{http://www.w3.org/2000/svg}text"))
    assert [str(word.text).split()[-1] for word in words] == ["steps", "36°"]
    assert len({word.get("y") for word in words}) == 1
    marks = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(marks) == 2
    for mark in marks:
        x, y, r = (float(mark.get(name, "")) for name in ("cx", "cy", "r"))
        assert 0 <= x - r < x + r < SMALL[0]
        assert 0 <= y - r < y + r < SMALL[1]


@pytest.mark.parametrize("text", ["", "x", "10x10", "99999x99999", "-1x100", "100x", "a100x100"])
def test_invalid_picture_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        parse_size(text)


def test_picture_command_draws_saved_digits(database: Path, tmp_path: Path) -> None:
    assert pi_tui("run", "--digits", 3000, "--db", database).returncode == 0
    common = ("--digits", 3000, "--db", database)
    for name in ("a.png", "b.svg"):
        target = tmp_path / name
        done = pi_tui("picture", "walk", *common, "-o", target, "--size", "640x360")
        assert (done.returncode, done.stdout) == (0, "")
        assert "drew 3,000 digits into" in done.stderr
        assert target.stat().st_size > 1_000
    part = tmp_path / "part.png"
    spans = ("--from", "762", "--to", "767", "--theme", "paper")
    assert pi_tui("picture", "heat", *common, *spans, "-o", part).returncode == 0
    with Image.open(part) as image:
        assert image.size == (3840, 2160)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (("-o", "a.bmp"), "end the file's name with .png or .svg"),
        (("-o", "a.gif"), "a heat map does not move; end the file's name with .png or .svg"),
        (("-o", "a.png", "--seconds", "9"), "--seconds is for a walk that moves"),
        (("-o", "a.svg", "--size", "big"), "is not a size"),
        (("-o", "a.svg", "--from", "5", "--to", "4"), "position 5 comes after 4; give the"),
        (("-o", "a.svg", "--from", "101"), "positions from 101 on are not all there"),
        (("-o", "no/folder/a.svg"), "cannot write"),
    ],
)
def test_picture_command_refuses_bad_arguments_in_one_line(
    more: tuple[str, ...], word: str, database: Path, tmp_path: Path
) -> None:
    assert pi_tui("run", "--digits", 100, "--db", database).returncode == 0
    done = pi_tui("picture", "heat", "--digits", 100, "--db", database, *more, cwd=tmp_path)
    assert done.returncode in (2, 6)
    assert word in done.stderr
    assert done.stderr.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir() if "sqlite" not in one.name] == []


def test_picture_of_a_walk_with_an_unknown_suffix_suggests_gif_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["picture", "walk", "--digits", "100", "-o", "a.pdf"]) == 2
    told = capsys.readouterr().err
    assert "end the file's name with .png or .svg, or for a walk that moves with .gif" in told


def test_png_without_pillow_names_the_extra_to_install() -> None:
    code = (
        "import importlib.util, sys; importlib.util.find_spec = lambda name: None\n"
        "from pi_tui.cli import main\n"
        "sys.exit(main(['picture', 'walk', '--digits', '9', '-o', 'a.png', '--db', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'pi-tui[pictures]'" in done.stderr
