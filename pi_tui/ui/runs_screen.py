"""All runs of the database: how far they are, and what can be done with them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

from pi_tui.checkpoints.records import COMPLETE, Run
from pi_tui.errors import PiTuiError
from pi_tui.ui import words
from pi_tui.ui.dialogs import Ask, Choice
from pi_tui.ui.runs import ask_for_run, delete_run, open_run

if TYPE_CHECKING:
    from pi_tui.ui.app import PiApp

_COLUMNS = ("digits", "saved", "", "state", "computed", "last saved")


class RunsScreen(ModalScreen[None]):
    """A table; Enter opens a run, d deletes it, e exports it, n begins a new one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,r,q", "dismiss", show=False),
        Binding("n", "new", "New run"),
        Binding("d,delete", "delete", "Delete"),
        Binding("e", "export", "Export"),
    ]

    def __init__(self, location: str) -> None:
        super().__init__()
        self._location = location
        self._runs: list[Run] = []

    @property
    def _face(self) -> PiApp:
        return cast("PiApp", self.app)

    def compose(self) -> ComposeResult:
        """The table and its keys."""
        with Vertical(classes="dialog -wide-dialog"):
            yield Static("Runs", classes="dialog-title")
            yield DataTable[Content](cursor_type="row", id="runs-table")
            yield Static("Enter open · n new · e export · d delete · Esc back", classes="quiet")

    def on_mount(self) -> None:
        """Read the runs."""
        table = self.query_one(DataTable)
        for column in _COLUMNS:
            table.add_column(column)
        self._read()

    @work(group="runs", exclusive=True)
    async def _read(self) -> None:
        from pi_tui.worker.runs import list_runs

        try:
            self._runs = await asyncio.to_thread(list_runs, self._location)
        except PiTuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        table = self.query_one(DataTable)
        table.clear()
        for run in self._runs:
            table.add_row(*self._cells(run), key=str(run.digits))
        table.focus()

    def _cells(self, run: Run) -> list[Content]:
        share = run.committed / run.digits
        here = run.digits == self._face.worker.snapshot.digits
        state = "unfinished" if run.status != COMPLETE else "complete"
        cells = [
            f"{'▸' if here else ' '} {words.number(run.digits):>11}",
            f"{words.number(run.committed):>11}",
            f"{words.percent(share):>7}",
            "verified" if run.verified else state,
            words.duration(run.elapsed),
            f"{run.updated_at.astimezone():%Y-%m-%d %H:%M}",
        ]
        return [Content(cell) for cell in cells]

    def _chosen(self) -> Run | None:
        row = self.query_one(DataTable).cursor_row
        return self._runs[row] if 0 <= row < len(self._runs) else None

    @on(DataTable.RowSelected)
    @work(group="dialog")
    async def _open(self) -> None:
        run, face = self._chosen(), self._face
        await self.dismiss()
        if run is not None:
            face.run_worker(open_run(face, run.digits), group="runs")

    @work(group="dialog")
    async def action_new(self) -> None:
        """Ask how many digits, and begin."""
        face = self._face
        await self.dismiss()
        face.run_worker(ask_for_run(face), group="runs")

    @work(group="dialog")
    async def action_delete(self) -> None:
        """Ask, then delete; not the run that is on the screen."""
        run, face = self._chosen(), self._face
        if run is None:
            return
        if run.digits == face.worker.snapshot.digits:
            self.notify("This run is on the screen; open another one first.", markup=False)
            return
        answer = await face.push_screen_wait(
            Choice(
                f"Delete the run of {words.counted(run.digits, 'digit')}?",
                f"{words.counted(run.committed, 'digit')} are saved; they cannot be brought back.",
                {"keep": "Keep it", "delete": "Delete it"},
            )
        )
        if answer == "delete":
            await self.dismiss()
            face.run_worker(delete_run(face, run.digits), group="runs")

    @work(group="dialog")
    async def action_export(self) -> None:
        """Write the run's saved digits to a file."""
        from pi_tui.ui.export import explain_file, write_digits
        from pi_tui.worker.runs import saved_digits

        run = self._chosen()
        if run is None:
            return
        ask = Ask("Into which file?", explain_file, value=f"pi-{run.committed}.txt")
        name = await self.app.push_screen_wait(ask)
        if name is None:
            return
        try:
            digits = await asyncio.to_thread(saved_digits, self._location, run)
            path = await asyncio.to_thread(write_digits, name, digits, 0, len(digits))
        except PiTuiError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(f"Wrote {len(digits):,} digits to {path}", markup=False)
