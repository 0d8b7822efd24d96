"""The panels for any run: progress, speed, checkpoints, figures of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.content import Content

from pi_tui import words
from pi_tui.app.frames.frame import Frame
from pi_tui.app.widgets.braille import curve
from pi_tui.app.widgets.panel import FAINT, QUIET, Panel, line, pair, spread
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.worker.snapshot import Snapshot, State

_FULL_LINES = 32
"""Minimum width in cells for a checkpoint in full lines."""


def time_left(snapshot: Snapshot) -> str:
    """Return the time left in words; "none" for a complete run, "–" if unknown or failed."""
    if snapshot.state.is_final:
        return "none" if snapshot.state is State.COMPLETE else "–"
    return "–" if snapshot.left is None else words.duration(snapshot.left + 0.5)


class ProgressPanel(Panel):
    """Shows output, steps, times and pace."""

    BORDER_TITLE = "progress"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return lines with output, steps, the time elapsed, the time left and, last, the pace.

        The pace is left out if `Naming.pace` has no words for it, and once the run has ended. If
        the run is only watched, the process that computes it replaces the time left and the pace.
        """
        snapshot, over = frame.snapshot, frame.snapshot.state.is_final
        elapsed = words.took(snapshot.elapsed) if over else words.duration(snapshot.elapsed)
        made = snapshot.made if snapshot.made_lines is None else snapshot.made_lines
        lines = [self.row(snapshot.unit, made, snapshot.whole, width)]
        lines += self.steps(snapshot, width)
        lines.append(pair("elapsed", elapsed, width))
        if snapshot.state is State.WATCHING:
            writer = words.shortened(snapshot.writer or "nobody", width)
            return [*lines, line(("computed by", QUIET)), line((writer, "bold"))]
        lines.append(pair("time left", time_left(snapshot), width))
        return lines if over else [*lines, *self._pace(frame, width)]

    def steps(self, snapshot: Snapshot, width: int) -> Iterable[Content]:
        """Yield the lines about steps."""
        yield pair("steps", (words.number(snapshot.steps), "bold"), width)

    def _pace(self, frame: Frame, width: int) -> list[Content]:
        word, hint = frame.naming.pace(frame.snapshot.pace)
        if not word:
            return []
        shown = line((word, "$pi-accent"), ("  " + hint, FAINT))
        if shown.cell_length + 5 > width:
            shown = line((word, "$pi-accent"))
        return [pair("pace", shown, width)]

    def row(self, label: str, done: int, total: int | None, width: int) -> Content:
        """Return a line with the label, the count `done` and, if that is known, the total.

        If these three do not fit, the label is left out; without a total it always stays.
        """
        if total is None:
            return pair(label, (words.number(done), "bold"), width)
        value = line((words.number(done), "bold"), (f" of {words.number(total)}", QUIET))
        if value.cell_length + len(label) >= width:
            value = line((words.number(done), "bold"), (f"/{words.number(total)}", QUIET))
        return value if value.cell_length + len(label) >= width else pair(label, value, width)


def is_silent(snapshot: Snapshot) -> bool:
    """Return True if the machine is at work, but no new output is there yet.

    Output is new if it was made in the last seconds, or if it is more than was saved when the run
    was loaded and more than the overture (first output known early). Always False if the length of
    the whole output is not known.
    """
    states = (State.RUNNING, State.SAVING, State.WATCHING)
    is_at_work = snapshot.state in states and snapshot.length is not None
    there = max(snapshot.overture, snapshot.resumed)
    return is_at_work and not snapshot.rate and snapshot.made <= there


class SpeedPanel(Panel):
    """Shows output per second, now and in this session; without output, steps or work."""

    BORDER_TITLE = "speed"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return lines with the rate, a curve of past rates as high as fits, and its time span.

        The rate is that of output, or of steps if there is no output and its length is unknown; of
        a run that is complete or has failed, it is the average. While a machine works without new
        output (`is_silent`), return the work per minute and the time left.
        """
        self.border_title = self.BORDER_TITLE
        rates, snapshot = frame.rates, frame.snapshot
        running = snapshot.state is State.RUNNING
        if is_silent(snapshot):
            return _work(snapshot, width)
        if snapshot.state.is_final and rates.samples:
            label, rate = "on average", sum(rates.samples) / len(rates.samples)
        elif snapshot.state.is_final and snapshot.elapsed:
            label, rate = "on average", snapshot.made / snapshot.elapsed
        elif snapshot.made or snapshot.length is not None:
            label, rate = words.unit_of_bytes(snapshot.unit), snapshot.rate
        else:
            label, rate = "steps", (rates.samples or [0.0])[-1]
        now = pair(label, (words.rate(rate), "bold $pi-primary" if running else "bold"), width)
        rows = max(1, height - 2)
        drawn = [line((row, "$pi-primary")) for row in curve(rates.columns(width * 2), width, rows)]
        return [now, *drawn, _span(frame, rate, width)]


def _work(snapshot: Snapshot, width: int) -> list[Content]:
    """Return lines with the work done per minute and the time left, while there is no output."""
    rate = (1 - snapshot.done) / snapshot.left if snapshot.left else snapshot.work_rate
    a_minute = f"{rate * 6000:.3g} % a minute" if rate else "–"
    return [
        pair("work", (a_minute, "bold"), width),
        pair("time left", time_left(snapshot), width),
        Content(),
        line((f"no new {snapshot.unit} yet", FAINT)),
    ]


def _span(frame: Frame, rate: float, width: int) -> Content:
    """Return a line with the lowest and highest rate of the curve, and its time span.

    Parts that do not fit are left out, and so is a time span of less than a second. Without a
    curve, the line has a note or nothing.
    """
    samples = [*frame.rates.samples, rate] if frame.rates.samples else []
    if not samples:
        words_for = {State.WATCHING: "between two checkpoints" if frame.snapshot.rate else ""}
        text = "" if frame.snapshot.state.is_final else "no rate yet"
        return line((words_for.get(frame.snapshot.state, text), FAINT))
    lowest, highest = words.rate(min(samples)), words.rate(max(samples))
    span = words.duration(frame.rates.span)
    whole = f"{lowest} – {highest} over {span}" if frame.rates.span >= 1 else ""
    ways = (whole, f"{lowest} – {highest}", f"up to {highest}")
    fitting = next((text for text in ways if 0 < len(text) <= width), "")
    return line((fitting, FAINT))


class CheckpointPanel(Panel):
    """Shows the newest checkpoint, the time of the next one, and earlier ones."""

    BORDER_TITLE = "checkpoint"

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return lines on the newest checkpoint and the next save, then one per older checkpoint.

        There are as many older ones as fit. Without a checkpoint, a line says that nothing is saved
        yet, and one is on the next save.
        """
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
        """Return lines on the newest checkpoint and, last, the next save.

        They are three in a panel of _FULL_LINES cells or more, else five short ones.
        """
        age = words.ago((frame.now - newest.saved_at).total_seconds())
        clock, (made, unit) = frame.clock_time(newest.saved_at), _extent(newest, frame.snapshot)
        if width >= _FULL_LINES:
            which = line((clock, "bold"), (f"  #{newest.seq}", QUIET))
            what = line(made, (f" {unit}", QUIET))
            cost = line((self._cost(newest, width), QUIET))
            return [
                spread(which, line((age, "$pi-success")), width),
                spread(what, cost, width),
                self._next(frame, width),
            ]
        return [
            pair(f"#{newest.seq}", (clock, "bold"), width),
            pair("saved", (age, "$pi-success"), width),
            pair(unit, made, width),
            pair("state", self._cost(newest, width - len("state ")), width),
            self._next(frame, width),
        ]

    def _cost(self, checkpoint: Checkpoint, room: int) -> str:
        """Return the size of the state and the duration of the save, in words.

        Leave out a duration that is unknown or has no room. For an empty state, say "saved" in
        place of its size; if the duration is unknown too, say "not needed now".
        """
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
            return pair("next", (_occasion(snapshot, width), FAINT), width)
        wait = snapshot.next_save - frame.monotonic
        return pair("next", words.within(wait), width)

    def _brief(self, frame: Frame, one: Checkpoint, width: int) -> Content:
        left = f"#{one.seq}  {frame.clock_time(one.saved_at)}"
        return pair(left, (_extent(one, frame.snapshot)[0], FAINT), width)


def _occasion(snapshot: Snapshot, width: int) -> str:
    """Return words for the occasion of the next save, where no time is set for it.

    Returns "–" if no save will come, or if the words do not fit.
    """
    if snapshot.state is State.COMPLETE:
        return "all is saved"
    if snapshot.state is State.FAILED or width < _FULL_LINES:
        return "–"
    if snapshot.state is State.WATCHING:
        return "when the other saves" if snapshot.writer else "–"
    return "when there is something new"


def _extent(checkpoint: Checkpoint, snapshot: Snapshot) -> tuple[str, str]:
    """Return an amount and its unit, as texts: the output saved, or else the steps.

    The steps stand for it if there is no output yet and its final length is unknown.
    """
    if snapshot.length is None and not checkpoint.length:
        return words.number(checkpoint.steps), "steps"
    return words.number(checkpoint.length), words.unit_of_bytes(snapshot.unit)


class FiguresPanel(Panel):
    """Shows the machine's figures if they are a mapping: one name and value per row."""

    BORDER_TITLE = "figures"

    def show(self, frame: Frame) -> None:
        """Show the figures, for which the screen makes room; hide the panel if there are none."""
        has_figures = bool(_figures(frame.snapshot))
        self.set_class(not has_figures, "-empty")
        self.screen.set_class(has_figures, "-has-figures")
        super().show(frame)

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return one line for each of the machine's figures, with name and value.

        If they do not all fit, the last line tells how many more there are.
        """
        rows = [*_figures(frame.snapshot).items()]
        room = height if len(rows) <= height else height - 1
        shown = [_figure(str(name), value, width) for name, value in rows[:room]]
        more = [line((f"… {len(rows) - room} more", FAINT))] if len(rows) > room else []
        return [*shown, *more]


def _figures(snapshot: Snapshot) -> Mapping[object, object]:
    return snapshot.figures if isinstance(snapshot.figures, Mapping) else {}


def _figure(name: str, value: object, width: int) -> Content:
    """Return a line with the name and the value of a figure, shortened to fit."""
    text = words.shortened(_in_words(value), max(6, width * 2 // 3))
    label = words.shortened(words.plain(name), max(0, width - len(text) - 1))
    return pair(label, (text, "bold"), width)


def _in_words(value: object) -> str:
    """Return a figure as text; the name of its type if it cannot be written as text."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        return f"{value:,.6g}" if isinstance(value, float) else words.plain(str(value)[:1000])
    except Exception:  # an int too long for Python to write, or an error of the machine
        return f"({type(value).__name__})"
