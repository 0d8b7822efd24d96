"""The panels that say how the run is doing."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from textual.content import Content

from pi_tui import words
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.pi.spigot.figures import Figures
from pi_tui.ui.braille import curve
from pi_tui.ui.frame import Frame
from pi_tui.ui.panel import FAINT, QUIET, Panel, line, pair, spread
from pi_tui.worker.job import Pace
from pi_tui.worker.snapshot import Snapshot, State

_NOT_SEEN = "What a spigot holds is known where it runs; from here only what it saves is seen."
_FULL_LINES = 32
"""Cells from which on a checkpoint is told in full lines."""


def pace_in_words(pace: Pace) -> str:
    """The pace that holds.

    >>> pace_in_words(Pace("max")), pace_in_words(Pace("auto", 666.7))
    ('full speed', 'auto 667/s')
    """
    if pace.limit is None:
        return "full speed"
    word = "auto" if pace.word == "auto" else "at most"
    return f"{word} {words.rate(pace.limit)}"


def pace_hint(pace: Pace) -> str:
    """How to lift the pace, or to bring it back."""
    return "f auto" if pace.limit is None else "f full speed"


def time_left(snapshot: Snapshot) -> str:
    """The time left at this pace, as far as it is known."""
    if snapshot.state.is_final:
        return "none" if snapshot.state is State.COMPLETE else "–"
    return "–" if snapshot.left is None else words.duration(snapshot.left + 0.5)


class ProgressPanel(Panel):
    """Digits, iterations, times and pace."""

    TITLE = "progress"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """One fact a line."""
        snapshot = frame.snapshot
        over, inside = snapshot.state.is_final, Figures.of(snapshot.figures)
        elapsed = words.took(snapshot.elapsed) if over else words.duration(snapshot.elapsed)
        lines = [self._of("digits", snapshot.made, snapshot.goal, width)]
        if inside.iterations:
            lines.append(self._of("iteration", inside.iteration, inside.iterations, width))
        elif snapshot.state is State.PREPARING:
            lines.append(pair("iteration", ("–", FAINT), width))
        lines.append(pair("elapsed", elapsed, width))
        if snapshot.state is State.WATCHING:
            return [*lines, *self._whose(snapshot, width)]
        lines.append(pair("time left", time_left(snapshot), width))
        return lines if over else [*lines, self._pace(snapshot.pace, width)]

    def _pace(self, pace: Pace, width: int) -> Content:
        word = pace_in_words(pace)
        shown = line((word, "$pi-accent"), ("  " + pace_hint(pace), FAINT))
        if shown.cell_length + 5 > width:
            shown = line((word, "$pi-accent"))
        return pair("pace", shown, width)

    def _whose(self, snapshot: Snapshot, width: int) -> list[Content]:
        """Who computes it, if anyone does."""
        writer = words.shortened(snapshot.writer or "nobody", width)
        return [line(("computed by", QUIET)), line((writer, "bold"))]

    def _of(self, label: str, done: int, total: int, width: int) -> Content:
        value = line((words.number(done), "bold"), (f" of {words.number(total)}", QUIET))
        if value.cell_length + len(label) >= width:
            value = line((words.number(done), "bold"), (f"/{words.number(total)}", QUIET))
        if value.cell_length + len(label) >= width:
            return value
        return pair(label, value, width)


class SpeedPanel(Panel):
    """Digits per second, now and since the start; or what is waited for, where no other says."""

    TITLE = "speed"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """The rate, its history drawn in the rows that are free, and the span it covers."""
        rates, snapshot = frame.rates, frame.snapshot
        inside = Figures.of(snapshot.figures)
        if inside.making and not self._is_spigot_shown():
            self.border_title = "making blocks"
            return _whole_lesson(inside, width)
        self.border_title = self.TITLE
        running = snapshot.state is State.RUNNING
        if snapshot.state.is_final and snapshot.elapsed:
            label, rate = "on average", snapshot.made / snapshot.elapsed
        else:
            label, rate = "digits", snapshot.rate
        now = pair(label, (words.rate(rate), "bold $pi-primary" if running else "bold"), width)
        rows = max(1, height - 2)
        drawn = [line((row, "$pi-primary")) for row in curve(rates.columns(width * 2), width, rows)]
        return [now, *drawn, self._span(frame, width)]

    def _is_spigot_shown(self) -> bool:
        return any(panel.display for panel in self.screen.query(SpigotPanel))

    def _span(self, frame: Frame, width: int) -> Content:
        samples = frame.rates.samples
        if not samples:
            words_for = {State.WATCHING: "between two checkpoints" if frame.snapshot.rate else ""}
            text = "" if frame.snapshot.state.is_final else "no rate yet"
            return line((words_for.get(frame.snapshot.state, text), FAINT))
        lowest, highest = words.rate(min(samples)), words.rate(max(samples))
        span = words.duration(frame.rates.span)
        ways = (f"{lowest} – {highest} over {span}", f"{lowest} – {highest}", f"up to {highest}")
        fitting = next((text for text in ways if len(text) <= width), "")
        return line((fitting, FAINT))


def _held(snapshot: Snapshot, width: int) -> list[Content]:
    if snapshot.made >= snapshot.goal:
        return [
            pair("held back", ("nothing any more", FAINT), width),
            pair("nines held", "0", width),
        ]
    predigit = words.shortened(Figures.of(snapshot.figures).predigit or "–", width - 10)
    return [
        pair("held back", (predigit, "$pi-held"), width),
        pair("nines held", (words.number(Figures.of(snapshot.figures).nines), "$pi-held"), width),
    ]


class CheckpointPanel(Panel):
    """The newest checkpoint, when the next is due, and those before it."""

    TITLE = "checkpoint"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Newest first; the history fills the rows that are left."""
        snapshot = frame.snapshot
        newest = snapshot.checkpoint
        if newest is None:
            said = [] if snapshot.saved else [line(("nothing saved yet", QUIET))]
            return [*said, self._next(frame, width)]
        facts = self._facts(frame, newest, width)
        room = height - len(facts) - 1
        if room < 1 or len(snapshot.checkpoints) < 2:
            return facts
        older = snapshot.checkpoints[1 : room + 1]
        return [*facts, Content(), *(self._brief(frame, one, width) for one in older)]

    def _facts(self, frame: Frame, newest: Checkpoint, width: int) -> list[Content]:
        """Three full lines where they fit, five short ones elsewhere."""
        age = words.ago((frame.now - newest.saved_at).total_seconds())
        clock, digits = frame.clock_time(newest.saved_at), words.number(newest.length)
        if width >= _FULL_LINES:
            return [
                spread(
                    line((clock, "bold"), (f"  #{newest.seq}", QUIET)),
                    line((age, "$pi-success")),
                    width,
                ),
                spread(
                    line(digits, (" digits", QUIET)),
                    line((self._cost(newest, width), QUIET)),
                    width,
                ),
                self._next(frame, width),
            ]
        return [
            pair(f"#{newest.seq}", (clock, "bold"), width),
            pair("saved", (age, "$pi-success"), width),
            pair("digits", digits, width),
            pair("state", self._cost(newest, width - len("state ")), width),
            self._next(frame, width),
        ]

    def _cost(self, checkpoint: Checkpoint, room: int) -> str:
        """Bytes and seconds; a complete run has no state any more."""
        size = words.size(checkpoint.size) if checkpoint.size else "saved"
        if checkpoint.duration is None:
            return size if checkpoint.size else "not needed now"
        return words.fitting((f"{size} in {words.brief(checkpoint.duration)}", size), room)

    def _next(self, frame: Frame, width: int) -> Content:
        snapshot = frame.snapshot
        if snapshot.save_failure is not None:
            return pair("next", ("trying again", "$pi-error"), width)
        if snapshot.state is State.SAVING:
            return pair("next", ("saving now", "$pi-secondary"), width)
        if snapshot.state is not State.RUNNING or snapshot.next_save is None:
            word = "when there is something new" if width >= _FULL_LINES else "–"
            if snapshot.state is State.WATCHING:
                word = "when the other saves" if width >= _FULL_LINES else "–"
            if snapshot.state is State.COMPLETE:
                word = "all is saved"
            return pair("next", (word, FAINT), width)
        wait = snapshot.next_save - frame.monotonic
        return pair("next", words.within(wait), width)

    def _brief(self, frame: Frame, one: Checkpoint, width: int) -> Content:
        left = f"#{one.seq}  {frame.clock_time(one.saved_at)}"
        return pair(left, (words.number(one.length), FAINT), width)


class SpigotPanel(Panel):
    """What the spigot holds in its hands."""

    TITLE = "inside the spigot"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """What is held, the sweep through the blocks, and the state's size."""
        snapshot = frame.snapshot
        if snapshot.state is State.WATCHING:
            return [line((text, FAINT)) for text in wrap(_NOT_SEEN, max(width, 1))]
        inside, step = Figures.of(snapshot.figures), counted_step(snapshot)
        if snapshot.state is State.PREPARING and not inside.boxes_per_block:
            return [line(("the run is being opened", FAINT))]
        boxes = f"{words.number(inside.boxes_left)} · {inside.series}"
        if len(boxes) + len("boxes left ") > width:
            boxes = words.number(inside.boxes_left)
        if snapshot.state is State.COMPLETE:
            sweep, boxes = pair("sweep", ("the last is done", FAINT), width), "not needed now"
        elif inside.making:
            sweep = _row_of("blocks made", inside.blocks_made, inside.blocks, width)
        else:
            sweep = self._sweep(snapshot, width)
        return [
            *(_lesson(inside, width) if inside.making else _held(snapshot, width)),
            sweep,
            pair("boxes left", boxes, width),
            *([pair("iteration", step, width)] if inside.digits_per_step else []),
        ]

    def _sweep(self, snapshot: Snapshot, width: int) -> Content:
        if snapshot.parts:
            return _row_of("sweep", snapshot.part, snapshot.parts, width)
        why = "paused" if snapshot.state is State.PAUSED else "waits for the pace"
        return pair("sweep", (why, FAINT), width)


def _row_of(label: str, done: int, total: int, width: int) -> Content:
    """A square for each block, as far as there is room for them."""
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
    """What is going on while no digit comes, in two lines."""
    boxes = words.number(inside.boxes_per_block)
    first = (f"{boxes} boxes are made one block, a big number;", f"{boxes} boxes make one block;")
    second = ("digits come once all blocks are made", "digits come after the last")
    return [line((words.fitting(choice, width), QUIET)) for choice in (first, second)]


def _whole_lesson(inside: Figures, width: int) -> list[Content]:
    """The same where there is no panel for it: a sentence, and the blocks as they come."""
    boxes = words.number(inside.boxes_per_block)
    text = f"{boxes} boxes make one block, a big number; digits come once all blocks are made."
    lines = [line((row, QUIET)) for row in wrap(text, max(width, 1))]
    return [_row_of("blocks", inside.blocks_made, inside.blocks, width), *lines]


def counted_step(snapshot: Snapshot) -> str:
    """How much one iteration brings.

    >>> inside = Figures(digits_per_step=60, threads=2)
    >>> counted_step(Snapshot(State.RUNNING, 9, Pace("max"), figures=inside))
    '60 digits, 2 threads'
    """
    inside = Figures.of(snapshot.figures)
    text = words.counted(inside.digits_per_step, "digit")
    return text + (f", {inside.threads} threads" if inside.threads > 1 else "")
