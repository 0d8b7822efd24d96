"""The list of all runs of a kind in the database: open, export or delete one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from pi_tui import words
from pi_tui.app.face import face_of, telling_errors
from pi_tui.app.screens.dialogs import Dialog
from pi_tui.checkpoints.records import Run
from pi_tui.machine import Kind, Task
from pi_tui.reports.run_table import RIGHT
from pi_tui.worker.snapshot import Snapshot
from pi_tui.worker.threads import in_thread

Aside = Mapping[str, Callable[[Run], Coroutine[Any, Any, None]]]
"""Coroutine functions that delete or export a run while the list stays open, by their name."""
_PARAMETERS = 7
"""The number of the column of parameters, which is shown after the goal."""
_LAST_TO_GO = (0, _PARAMETERS, 2, 3, 6, 1, 4, 5)
"""Numbers of the columns, the most useful first; a narrow window shows only the first of them."""
_SHORTEST = 12
"""Minimum cells of the text of parameters; with less room their column is left out."""
NEW = "new"
"""The result that asks for a new run."""
_PADDING = 2


class RunsList(Dialog[Run | str | None]):
    """A table of runs; its result is the run to open, NEW for a new run, or None for neither."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,r,q", "dismiss(None)"),
        Binding("n", "dismiss('new')", "New run"),
        Binding("d,delete", "aside('delete')", "Delete"),
        Binding("e", "aside('export')", "Export"),
    ]
    AUTO_FOCUS = ""
    """Nothing: the table gets the focus once it has rows, and keys typed before wait for that."""

    def __init__(self, location: str, kind: Kind, here: Snapshot, aside: Aside) -> None:
        """Make the list of runs at a location; `here` is the run on the screen.

        `aside` has functions, by the names `delete` and `export`, which do that to a run while the
        list stays open.
        """
        super().__init__()
        self._location, self._kind, self._here, self._do = location, kind, here, aside
        self._runs: list[Run] = []
        # Kept here, because a query fails if rows arrive while the list is being removed.
        self._table = DataTable[Text](cursor_type="row", id="runs-table")

    def compose(self) -> ComposeResult:
        """Yield the title, the table, and a line about the keys."""
        with Vertical(classes="dialog -runs-dialog"):
            yield Static("Runs", classes="dialog-title")
            yield self._table
            yield Static("Enter open · n new · e export · d delete · Esc back", classes="quiet")

    def on_mount(self) -> None:
        """Start to read the runs."""
        self._read()

    def on_resize(self, event: events.Resize) -> None:
        """Show the columns that fit."""
        self.call_after_refresh(self._fill)

    @work(group="runs", exclusive=True)
    async def _read(self) -> None:
        from pi_tui.checkpoints.saved_runs import list_runs

        with telling_errors(self):
            self._runs = await in_thread(list_runs, self._location, self._kind)
            self._fill()
        if self.is_attached:
            self.set_focus(self._table)

    def _fill(self) -> None:
        """Fill the table with the runs; keep the cursor at the same row number."""
        table, row = self._table, self._table.cursor_row
        width = table.container_size.width
        rows = [self._cells(run) for run in self._runs]
        room = width - _PADDING - max((len(row[0]) + _PADDING for row in rows), default=0)
        told = what_tells_apart([run.task for run in self._runs], self._kind.tuning)
        rows = [
            (*row, words.shortened(text, max(room, _SHORTEST)))
            for row, text in zip(rows, told, strict=True)
        ]
        titles = (*face_of(self).naming.columns, "parameters" * any(told))
        shown = _columns_for(rows, titles, width)
        with self.app.batch_update():
            table.clear(columns=True)
            for column in shown:
                table.add_column(titles[column])
            for one in rows:
                table.add_row(*(Text(one[at], justify=_justify(at)) for at in shown))
            table.move_cursor(row=min(row, len(rows) - 1))

    def _cells(self, run: Run) -> tuple[str, ...]:
        first, *others = face_of(self).naming.row(run)
        is_here = self._here.is_of(run.task, self._kind.tuning)
        return (("▸ " if is_here else "  ") + first, *others)

    @property
    def _chosen(self) -> Run | None:
        row = self._table.cursor_row
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def on_data_table_row_selected(self) -> None:
        """Close the list; its result is the run of the selected row, to be opened."""
        if (run := self._chosen) is not None:
            self.dismiss(run)

    def action_aside(self, action: str) -> None:
        """Delete or export the chosen run, if any, as `action` says; keep the list open."""
        if (run := self._chosen) is not None:
            face_of(self).questions.converse(self._aside(action, run))

    async def _aside(self, action: str, run: Run) -> None:
        await self._do[action](run)
        if self.is_attached:
            self._read()


def what_tells_apart(tasks: Sequence[Task], tuning: Collection[str]) -> list[str]:
    """Return for each task, as text, its values of those parameters in which the tasks differ.

    Parameters with names in `tuning` are left out.

    >>> what_tells_apart([Task(9, {"seed": 1, "size": 8}), Task(9, {"seed": 2, "size": 8})], ())
    ['seed=1', 'seed=2']
    >>> what_tells_apart([Task(9, {"seed": seed}) for seed in (1, True, "1")], ())
    ['seed=1', 'seed=True', "seed='1'"]
    """
    every = [{n: v for n, v in task.parameters.items() if n not in tuning} for task in tasks]
    names = dict.fromkeys(name for values in every for name in values)
    apart = [n for n in names if any(repr(v.get(n)) != repr(every[0].get(n)) for v in every)]
    return [" ".join(words.named({n: v[n] for n in apart if n in v})) for v in every]


def _justify(column: int) -> Any:
    return "right" if column < len(RIGHT) and RIGHT[column] else "left"


def _columns_for(rows: list[tuple[str, ...]], titles: tuple[str, ...], width: int) -> list[int]:
    """Return the numbers of the columns that fit, the goal at least, from left to right.

    >>> row = ("20,000", "100", "0.5 %", "unfinished", "1 s", "9 B", "2026-07-22 10:00", "")
    >>> titles = ("goal", "saved", "", "state", "computed", "size", "last saved", "")
    >>> _columns_for([row], titles, 40), _columns_for([row], titles, 52)
    ([0, 2, 3], [0, 1, 2, 3, 6])
    >>> _columns_for([(*row[:7], "seed=1")], (*titles[:7], "parameters"), 40)
    [0, 7, 2, 3]
    """
    wide = [
        max(len(title), *(len(row[at]) for row in rows)) + _PADDING if rows else 0
        for at, title in enumerate(titles)
    ]
    fitting: list[int] = []
    for column in _LAST_TO_GO:
        if column == _PARAMETERS and not titles[column]:
            continue
        if sum(wide[at] for at in (*fitting, column)) > width and fitting:
            break
        fitting.append(column)
    return sorted(fitting, key=lambda column: 0.5 if column == _PARAMETERS else column)
