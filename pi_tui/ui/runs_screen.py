"""All runs of the database: how far they are, and what can be done with them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.errors import PiTuiError
from pi_tui.ui import words
from pi_tui.ui.dialogs import Dialog
from pi_tui.ui.telling import tell

if TYPE_CHECKING:
    from pi_tui.ui.app import PiApp

Wish = tuple[str, Run | None]
"""What to do - open, new, delete, export - and with which run."""
_COLUMNS = ("digits", "saved", "", "state", "computed", "size", "last saved")


class RunsScreen(Dialog[Wish | None]):
    """A table to choose from; what is chosen is done by whoever asked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,r,q", "dismiss(None)", show=False),
        Binding("n", "wish('new')", "New run"),
        Binding("d,delete", "wish('delete')", "Delete"),
        Binding("e", "wish('export')", "Export"),
    ]

    def __init__(self, face: PiApp) -> None:
        super().__init__()
        self._location, self._here = face.location, face.worker.snapshot.digits
        self._runs: list[Run] = []

    def compose(self) -> ComposeResult:
        """The table and its keys."""
        with Vertical(classes="dialog -runs-dialog"):
            yield Static("Runs", classes="dialog-title")
            yield DataTable[Text](cursor_type="row", id="runs-table")
            yield Static("Enter open · n new · e export · d delete · Esc back", classes="quiet")

    def on_mount(self) -> None:
        """Read the runs."""
        for column in _COLUMNS:
            self._table.add_column(column)
        self._read()

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one(DataTable)

    @work(group="runs", exclusive=True)
    async def _read(self) -> None:
        from pi_tui.worker.runs import list_runs

        try:
            self._runs = await asyncio.to_thread(list_runs, self._location)
        except PiTuiError as error:
            tell(self, str(error), wrong=True)
            return
        for run in self._runs:
            self._table.add_row(*self._cells(run))
        self._table.focus()

    def _cells(self, run: Run) -> list[Text]:
        here = "▸" if run.digits == self._here else " "
        state = "unfinished" if run.status != COMPLETE else "complete"
        return [
            Text(f"{here} {words.number(run.digits)}", justify="right"),
            Text(words.number(run.committed), justify="right"),
            Text(words.percent(run.committed / run.digits), justify="right"),
            Text("verified" if run.verified else state),
            Text(words.took(run.elapsed), justify="right"),
            Text(words.size(run.size), justify="right"),
            Text(f"{run.updated_at.astimezone():%Y-%m-%d %H:%M}"),
        ]

    def on_data_table_row_selected(self) -> None:
        """Enter, or a click: open it."""
        self.action_wish("open")

    def action_wish(self, action: str) -> None:
        """Close, and say what is wanted."""
        row = self._table.cursor_row
        run = self._runs[row] if 0 <= row < len(self._runs) else None
        if run is not None or action == "new":
            self.dismiss((action, run))
