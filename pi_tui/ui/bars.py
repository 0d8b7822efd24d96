"""The lines across the screen: what runs, how far it is, what is wrong, which keys there are."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content

from pi_tui import words
from pi_tui.ui.frame import Frame
from pi_tui.ui.keys import IN_THE_BAR, WHEN_COMPLETE, key_for
from pi_tui.ui.panel import FAINT, QUIET, Panel, line, spread
from pi_tui.ui.panels import pace_hint, pace_in_words, time_left
from pi_tui.ui.watching import notice
from pi_tui.worker.snapshot import Snapshot, State

STATE_STYLE = {
    State.PREPARING: "$pi-secondary",
    State.RUNNING: "$pi-success",
    State.PAUSED: "$pi-warning",
    State.SAVING: "$pi-secondary",
    State.VERIFYING: "$pi-secondary",
    State.COMPLETE: "$pi-accent",
    State.FAILED: "$pi-error",
    State.WATCHING: "$pi-secondary",
}
_STATE_SIGN = {
    State.RUNNING: "●",
    State.PAUSED: "‖",
    State.COMPLETE: "✓",
    State.FAILED: "✗",
    State.WATCHING: "◎",
}


def state_in_words(snapshot: Snapshot) -> Content:
    """The state word with its sign and colour."""
    sign = _STATE_SIGN.get(snapshot.state, "◌")
    word = snapshot.state.value
    if snapshot.state is State.COMPLETE and snapshot.verified:
        word += ", verified"
    return line((f"{sign} {word}", f"bold {STATE_STYLE[snapshot.state]}"))


class TopBar(Panel):
    """The run, its state and its pace."""

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """One line."""
        snapshot = frame.snapshot
        what = words.counted(snapshot.goal, "digit") if snapshot.goal else "pi-tui"
        left = line((" π ", "bold $pi-paper on $pi-mark"), (f"  {what}", "bold"))
        if not snapshot.goal:
            return [left]
        right = state_in_words(snapshot)
        if snapshot.state is State.WATCHING:
            whose = Content.assemble(right, (f" {snapshot.writer}" * bool(snapshot.writer), QUIET))
            fits = left.cell_length + whose.cell_length + 2 <= width
            right = whose if fits else right
        elif not snapshot.state.is_final and width >= 60:
            right = Content.assemble(
                right,
                ("   " + pace_in_words(snapshot.pace), QUIET),
                (" · " + pace_hint(snapshot.pace), FAINT),
            )
        return [spread(left, right + " ", width)]


class ProgressLine(Panel):
    """A bar of the work done: what earlier sessions did in a quieter shade."""

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """One line: bar, share, time left."""
        snapshot = frame.snapshot
        share, stepping = _share(snapshot), snapshot.state is not State.VERIFYING
        tail = f" {words.percent(share):>7}  {self._text(snapshot)} "
        room = max(0, width - len(tail) - 1)
        full = int(share * room)
        before = min(full, int(snapshot.resumed_done * room)) if stepping else 0
        color = "$pi-accent" if stepping else STATE_STYLE[snapshot.state]
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


def _share(snapshot: Snapshot) -> float:
    """How far it is; what is done after the steps has a bar of its own."""
    if snapshot.state is State.VERIFYING:
        return snapshot.part / max(1, snapshot.parts)
    return snapshot.done


def trouble(frame: Frame) -> str:
    """What is wrong just now, in one line; "" if nothing is."""
    snapshot = frame.snapshot
    if snapshot.error:
        return words.plain(snapshot.error)
    if snapshot.save_failure is not None:
        since = frame.clock_time(snapshot.save_failure.since)
        return words.plain(f"NOT SAVED since {since}: {snapshot.save_failure.reason}")
    return ""


class AlertLine(Panel):
    """What is wrong, loudly, or what is worth a word, quietly; there only while something is."""

    def show(self, frame: Frame) -> None:
        """Appear or go."""
        wrong = bool(trouble(frame))
        self.display = wrong or bool(_quiet(frame))
        self.set_class(not wrong, "-quiet")
        super().show(frame)

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """One line, cut to the width."""
        if wrong := trouble(frame):
            return [line(words.shortened(" ! " + wrong, width))]
        return [line(" " + words.fitting(_quiet(frame), width - 2))] if _quiet(frame) else []


def _quiet(frame: Frame) -> tuple[str, ...]:
    """What is worth a quiet line, from full to short."""
    return notice(frame.snapshot) or tuple(map(words.plain, frame.quiet))


class StatusLine(Panel):
    """All that a tiny window has room for."""

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """State, share, digits and time left; or what is wrong."""
        snapshot = frame.snapshot
        if not snapshot.goal:
            return [line((" π ", "bold $pi-paper on $pi-mark"), "  pi-tui")]
        if wrong := trouble(frame):
            return [line((words.shortened("! " + wrong, width), "bold $pi-error"))]
        if said := _quiet(frame):
            return [line((words.fitting(said, width), "bold $pi-secondary"))]
        parts = [
            state_in_words(snapshot),
            line((words.percent(_share(snapshot)), "bold")),
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
    """The keys that do something now, the most useful first; each can be clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._actions: list[tuple[range, str]] = []

    def lines(self, frame: Frame, width: int, height: int) -> Sequence[Content]:
        """As many as fit."""
        shown, used = Content(), 0
        self._actions.clear()
        for key, word, action in keys(frame.snapshot):
            one = line((f" {key}", "bold $pi-accent"), (f" {word} ", QUIET))
            if used + one.cell_length > width:
                continue
            self._actions.append((range(used, used + one.cell_length), action))
            used += one.cell_length
            shown += one
        return [shown]

    async def on_click(self, event: events.Click) -> None:
        """A click on a key is that key."""
        for cells, action in self._actions:
            if event.x in cells:
                await self.run_action(action)


_OF_A_WRITER = ("app.toggle_pause", "app.full_speed", "app.save_now")
"""Keys that do nothing while another process computes; the first offers to go on once it ended."""


def _pause(snapshot: Snapshot) -> str:
    return "resume" if snapshot.state is State.PAUSED else "pause"


def keys(snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """Key, word and action, most useful first; the pause key says what it would do."""
    final, watching = snapshot.state.is_final, snapshot.state is State.WATCHING
    says = {
        "app.toggle_pause": "go on here" if watching else _pause(snapshot),
        "app.quit": "quit" if final or watching else "save & quit",
        "app.full_speed": "auto pace" if snapshot.pace.limit is None else "full speed",
    }
    in_order: tuple[str, ...] = IN_THE_BAR
    if snapshot.state is State.COMPLETE:
        in_order = WHEN_COMPLETE
    elif final:
        in_order = tuple(a for a in WHEN_COMPLETE if a != "app.ten_times")
    elif watching:
        useless = _OF_A_WRITER if snapshot.writer else _OF_A_WRITER[1:]
        in_order = tuple(a for a in IN_THE_BAR if a not in useless)
    shown = [key_for(action) for action in in_order]
    return [(key.shown.split()[0], says.get(key.action, key.word), key.action) for key in shown]
