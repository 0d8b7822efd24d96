"""The lines across the screen: header, progress, alert, status, keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import Reactive
from textual.style import Style

from pi_tui import words
from pi_tui.app.face import face_of
from pi_tui.app.frames.frame import Frame
from pi_tui.app.frames.looking_on import notice
from pi_tui.app.frames.naming import Naming
from pi_tui.app.keys import KeyTable
from pi_tui.app.widgets.panel import FAINT, QUIET, Panel, line, spread
from pi_tui.app.widgets.run_panels import time_left
from pi_tui.reports.hints import to_paste
from pi_tui.worker.snapshot import Snapshot, State

_SIGN_AND_STYLE = {
    State.RUNNING: ("●", "$pi-success"),
    State.PAUSED: ("‖", "$pi-warning"),
    State.COMPLETE: ("✓", "$pi-accent"),
    State.FAILED: ("✗", "$pi-error"),
    State.WATCHING: ("◎", "$pi-secondary"),
}
_BUSY = "◌", "$pi-secondary"
"""Sign and style of all states not listed above, which end by themselves."""


def _sign(frame: Frame) -> Content:
    return line((f" {frame.naming.sign} ", "bold $pi-paper on $pi-mark"))


def state_in_words(snapshot: Snapshot) -> Content:
    """Return the word for the state, with its sign and colour."""
    sign, style = _SIGN_AND_STYLE.get(snapshot.state, _BUSY)
    word = snapshot.state.value
    if snapshot.state is State.COMPLETE and snapshot.verified:
        word += ", verified"
    return line((f"{sign} {word}", f"bold {style}"))


class TopBar(Panel):
    """The header: the run, its state and its pace."""

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return one line with the task and its state; then, if there is room, the pace.

        In place of the pace, a watched run has the process that computes it, and a run that is
        complete or has failed has nothing. Without a run, the line has only the program's name.
        """
        snapshot = frame.snapshot
        what = frame.naming.task(snapshot) if snapshot.goal else "pi-tui"
        sign, right = _sign(frame), state_in_words(snapshot)
        room = width - sign.cell_length - right.cell_length - 5
        left = sign + line((f"  {words.shortened(what, max(room, 12))}", "bold"))
        if not snapshot.goal:
            return [left]
        if snapshot.state is State.WATCHING:
            whose = Content.assemble(right, (f" {snapshot.writer}" * bool(snapshot.writer), QUIET))
            fits = left.cell_length + whose.cell_length + 2 <= width
            right = whose if fits else right
        elif not snapshot.state.is_final and width >= 60:
            word, hint = frame.naming.pace(snapshot.pace)
            word, hint = word and f"   {word}", hint and f" · {hint}"
            paced = Content.assemble(right, (word, QUIET), (hint, FAINT))
            right = paced if left.cell_length + paced.cell_length + 2 <= width else right
        return [spread(left, right + " ", width)]


class ProgressLine(Panel):
    """A bar of the work done; the part of earlier sessions has a quieter colour."""

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return one line with the bar, the share and the time left.

        In place of the time left, the line has the time taken once the run is complete or has
        failed, "verifying" or "saved there" while the run is verified or only watched, and "…"
        while the time left is unknown.
        """
        snapshot = frame.snapshot
        tail = f" {words.percent(snapshot.done):>7}  {self._text(snapshot)} "
        room = max(0, width - len(tail) - 1)
        full = int(snapshot.done * room)
        before = min(full, int(snapshot.resumed_done * room))
        color = "$pi-secondary" if snapshot.state is State.VERIFYING else "$pi-accent"
        return [
            line(
                " ",
                ("━" * before, "$pi-before"),
                ("━" * (full - before), color),
                ("─" * (room - full), "$pi-rule"),
                (tail, "bold"),
            )
        ]

    def _text(self, snapshot: Snapshot) -> str:
        if snapshot.state is State.VERIFYING:
            return "verifying"
        if snapshot.state.is_final:
            return f"took {words.took(snapshot.elapsed)}"
        if snapshot.state is State.WATCHING:
            return "saved there"
        return "…" if snapshot.left is None else f"{time_left(snapshot)} left"


def trouble(snapshot: Snapshot, naming: Naming) -> str:
    """Return what is wrong now, in one line; "" if nothing is."""
    if snapshot.error:
        return to_paste(naming.error(snapshot))
    if snapshot.save_failure is not None:
        since = Frame.clock_time(snapshot.save_failure.since)
        told = f"NOT SAVED since {since}: {snapshot.save_failure.reason}"
        return to_paste(words.plain(told))
    return ""


class AlertLine(Panel):
    """A line that appears for an error, or in a quieter colour for a notice."""

    def show(self, frame: Frame) -> None:
        """Show this alert line if there is an error or a notice; else hide it."""
        wrong = bool(trouble(frame.snapshot, frame.naming))
        self.set_class(wrong or bool(_quiet(frame)), "-shown")
        self.set_class(not wrong, "-quiet")
        super().show(frame)

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return a line with the error or, without one, the notice; no line if there is neither."""
        if wrong := trouble(frame.snapshot, frame.naming):
            return [line(words.shortened(" ! " + wrong, width))]
        return [line(" " + words.fitting(_quiet(frame), width - 2))] if _quiet(frame) else []


def _quiet(frame: Frame) -> tuple[str, ...]:
    """Return the notice that is no error, in versions from long to short; () for none.

    It is the worker's own notice or, without one, a message shown for a few seconds.
    """
    return notice(frame.snapshot) or tuple(map(words.plain, frame.quiet))


class StatusLine(Panel):
    """One line that replaces all bars and panels in a tiny window."""

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return one line with state, share, output and time left, or as many of these as fit.

        The key for help is at its right end. If anything is wrong, the line tells only that; if
        not, but there is a notice, only the notice. Without a run, the line has the program's name.
        """
        snapshot = frame.snapshot
        if not snapshot.goal:
            return [_sign(frame) + line("  pi-tui")]
        if wrong := trouble(frame.snapshot, frame.naming):
            return [line((words.shortened("! " + wrong, width), "bold $pi-error"))]
        if said := _quiet(frame):
            return [line((words.fitting(said, width), "bold $pi-secondary"))]
        parts = [
            state_in_words(snapshot),
            line((words.percent(snapshot.done), "bold")),
            line(words.number(snapshot.made)),
            line(("" if snapshot.left is None else f"{time_left(snapshot)} left", QUIET)),
        ]
        hint = line(("?", "bold $pi-accent"), (" help" if width >= 28 else "", QUIET))
        room = width - hint.cell_length - 1
        if parts[0].cell_length > room:
            parts[0] = parts[0].truncate(1)  # the sign alone
        while len(parts) > 1 and sum(part.cell_length + 1 for part in parts) > room + 1:
            parts.pop()
        return [spread(Content(" ").join(parts).truncate(width), hint, width)]


class KeyBar(Panel):
    """The keys that can be used now, the most useful first; each can be clicked."""

    auto_links = Reactive(False)  # they look like text, not like links

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """Return one line with as many keys as fit, with shorter words if needed."""
        shown, table = Content(), face_of(self).key_table
        rows = keys(frame.snapshot, table)
        if sum(len(key) + len(word) + 3 for key, word, _ in rows) > width:
            rows = [(key, table.short.get(word, word), action) for key, word, action in rows]
        for key, word, action in rows:
            one = line((f" {key}", "bold $pi-accent"), (f" {word} ", QUIET))
            if shown.cell_length + one.cell_length - 1 <= width:  # the last cell is blank
                shown += one.stylize(Style.from_meta({"@click": action}))
        return [shown.truncate(width)]


def _brief(shown: str) -> str:
    """Return the first of the keys in a short notation.

    >>> _brief("p Space"), _brief("Ctrl+P")
    ('p', '^P')
    """
    return shown.split()[0].replace("Ctrl+", "^")


def keys(snapshot: Snapshot, table: KeyTable) -> list[tuple[str, str, str]]:
    """Return the keys for the key bar: key, word, action; the most useful first.

    Which keys these are depends on the state, and so do some words, such as pause and resume.
    """
    final, watching = snapshot.state.is_final, snapshot.state is State.WATCHING
    pause = {State.WATCHING: "go on here", State.PAUSED: "resume"}.get(snapshot.state, "pause")
    says = {
        "app.toggle_pause": pause,
        "app.quit": "quit" if final or watching else "save & quit",
    } | table.says(snapshot)
    in_order: tuple[str, ...] = table.in_the_bar
    if snapshot.state is State.COMPLETE:
        in_order = table.when_complete
    elif final:
        of_it = (a for a in table.when_complete if a not in table.of_a_whole_run)
        in_order = ("app.show_trouble", *of_it)
    elif watching:
        can_go_on = not (snapshot.writer or snapshot.goes_on)
        useless = table.of_a_writer[can_go_on:]
        in_order = tuple(a for a in table.in_the_bar if a not in useless)
    shown = [table.of(action) for action in in_order]
    return [(_brief(key.shown), says.get(key.action, key.word), key.action) for key in shown]
