"""The panels about the spigot: iterations, making blocks, held digits and boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from textual.content import Content

from pi_tui import words
from pi_tui.app.frames.frame import Frame
from pi_tui.app.widgets.panel import FAINT, QUIET, Panel, line, pair
from pi_tui.app.widgets.run_panels import ProgressPanel, SpeedPanel
from pi_tui.pi.spigot.figures import Figures
from pi_tui.worker.snapshot import Snapshot, State

_NOT_SEEN = "The inside of a spigot is known only to the process that computes it."


class PiProgressPanel(ProgressPanel):
    """Shows digits, iterations, times and pace."""

    def steps(self, snapshot: Snapshot, width: int) -> Iterable[Content]:
        """Yield the line with the number of the iteration and of all iterations.

        If the numbers are unknown, the line has "–" instead while the run is being opened; later
        there is no line.
        """
        inside = Figures.of(snapshot.figures)
        if inside.iterations:
            yield self.row("iteration", inside.iteration, inside.iterations, width)
        elif snapshot.state is State.PREPARING:
            yield pair("iteration", ("–", FAINT), width)


class PiSpeedPanel(SpeedPanel):
    """Shows digits per second; while blocks are made, shows these if no SpigotPanel is visible."""

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return lines with the speed or, while blocks are made, on the blocks made so far.

        If a SpigotPanel is visible, that one shows the blocks, and this panel the speed.
        """
        inside = Figures.of(frame.snapshot.figures)
        if inside.making and not any(one.display for one in self.screen.query(SpigotPanel)):
            self.border_title = "making blocks"
            return _whole_lesson(inside, width)
        return super().lines(frame, width, height)


class SpigotPanel(Panel):
    """Shows the held digits, the progress of the sweep, and the boxes left."""

    BORDER_TITLE = "inside the spigot"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return the lines: held digits, sweep, boxes left, digits per iteration and threads.

        While blocks are made, two lines say so instead of held digits, and the sweep's bar shows
        their progress. During the comparison at the end, and once the run is complete, words stand
        for the sweep and the boxes. While watching, or while a run without figures is being opened,
        a note is shown instead of all lines.
        """
        snapshot = frame.snapshot
        if snapshot.state is State.WATCHING:
            return [line((text, FAINT)) for text in wrap(_NOT_SEEN, max(width, 1))]
        inside = Figures.of(snapshot.figures)
        if snapshot.state is State.PREPARING and not inside.boxes_per_block:
            return [line(("the run is being opened", FAINT))]
        boxes = " + ".join(words.number(left) for left in inside.boxes_left)
        if len(f"boxes left {boxes} · {inside.series}") <= width:
            boxes += f" · {inside.series}"
        if snapshot.state in (State.VERIFYING, State.COMPLETE):
            sweep, boxes = pair("sweep", ("the last is done", FAINT), width), "not needed now"
        elif inside.making:
            sweep = _row_of("blocks made", inside.blocks_made, inside.blocks, width)
        else:
            sweep = self._sweep(snapshot, width)
        return [
            *(_lesson(inside, width) if inside.making else _held(snapshot, width)),
            sweep,
            pair("boxes left", boxes, width),
            *(_step(inside, width) if inside.digits_per_step else []),
        ][:height]

    def _sweep(self, snapshot: Snapshot, width: int) -> Content:
        if snapshot.parts:
            return _row_of("sweep", snapshot.part, snapshot.parts, width)
        is_ahead = snapshot.state is State.RUNNING and snapshot.pace.limit is not None
        idle = "waiting for the pace" if is_ahead else "–"
        why = "paused" if snapshot.state is State.PAUSED else idle
        return pair("sweep", (why, FAINT), width)


def _row_of(label: str, done: int, total: int, width: int) -> Content:
    """Return a line with a label, a bar of squares for `done` of `total`, and both numbers.

    The bar has `total` squares, or as many as fit. It is left out if it has less room than four
    squares need, even if `total` is below four.
    """
    text = f" {words.number(done)} of {words.number(total)}"
    room = width - len(label) - 1 - len(text)
    if room < 4:
        return pair(label, text.strip(), width)
    cells = min(room, total)
    full = done * cells // total
    return Content.assemble(
        (label + " ", QUIET),
        " " * (room - cells),
        ("■" * full, "$pi-block-done"),
        ("■" * (cells - full), "$pi-rule"),
        text,
    )


def _lesson(inside: Figures, width: int) -> list[Content]:
    """Return two lines that explain why no new digits come while blocks are made."""
    boxes = words.number(inside.boxes_per_block)
    first = (f"{boxes} boxes of the algorithm are packed", f"{boxes} boxes are packed")
    second = ("into each block; then digits come", "into one block; digits follow")
    return [line((words.fitting(choice, width), QUIET)) for choice in (first, second)]


def _whole_lesson(inside: Figures, width: int) -> list[Content]:
    """Return lines with the blocks made so far, and why no new digits come until all are made."""
    boxes = words.number(inside.boxes_per_block)
    text = f"{boxes} boxes of the algorithm make one block; digits come after the last block."
    lines = [line((row, QUIET)) for row in wrap(text, max(width, 1))]
    return [_row_of("blocks", inside.blocks_made, inside.blocks, width), *lines]


def _step(inside: Figures, width: int) -> list[Content]:
    """Return lines that tell how many digits an iteration makes and how many threads compute.

    Both numbers are in one line if that fits. A single thread is not mentioned.
    """
    digits = words.counted(inside.digits_per_step, "digit")
    if inside.threads < 2:
        return [pair("at once", digits, width)]
    threads = f"{inside.threads} threads"
    if len(f"at once {digits}, {threads}") <= width:
        return [pair("at once", f"{digits}, {threads}", width)]
    return [pair("at once", digits, width), pair("computed with", threads, width)]


def _held(snapshot: Snapshot, width: int) -> list[Content]:
    if snapshot.made >= snapshot.goal:
        return [
            pair("not final yet", ("none any more", FAINT), width),
            pair("runs of nines waiting", "0", width),
        ]
    inside = Figures.of(snapshot.figures)
    predigit = words.shortened(inside.predigit or "–", width - len("not final yet "))
    return [
        pair("not final yet", (predigit, "$pi-held"), width),
        pair("runs of nines waiting", (words.number(inside.nines), "$pi-held"), width),
    ]
