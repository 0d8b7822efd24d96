"""Print the results of `bench` as tables."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pi_tui import words
from pi_tui.pi.bench import contenders as who
from pi_tui.reports.standard_output import as_bytes, to_stdout

Report = dict[str, Any]
EXPLANATIONS = dict(
    part.rstrip().split("\n", 1)
    for part in Path(__file__).with_name("explanations.txt").read_text("utf-8").split("\n\n")
)
"""The text that explains a table, by the table's title."""


def show(report: Report) -> None:
    """Print all tables on standard output."""
    console = Console(markup=False, highlight=False)
    with console.capture() as text:
        _show_on(console, report)
    to_stdout([as_bytes(text.get())])


def _show_on(console: Console, report: Report) -> None:
    console.print(_machine(report))
    for draw in (_sizes, _first_digit, _cadences, _killed, _phases, _face):
        table = draw(report)
        if table.row_count:
            console.print()
            console.print(table)
            console.print(EXPLANATIONS[str(table.title)])


def _machine(report: Report) -> str:
    machine = report["machine"]
    named = ("python", "pi-tui", "gmpy2", "sqlalchemy", "textual", "mpmath")
    versions = ", ".join(f"{name} {machine[name]}" for name in named if name in machine)
    return (
        f"{machine['date']}, {machine['cores']} cores ({machine['processor']})\n{versions}\n"
        f"medians of up to {report['runs']} runs in turns; every digit compared with the reference"
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=True)
    return table


def _sizes(report: Report) -> Table:
    table = _table("Whole processes", "", "time", "× ours", "CPU", "cores", "memory")
    for digits, group in groupby(report["sizes"], key=lambda row: row["digits"]):
        rows = list(group)
        ours = rows[0]["seconds"]
        table.add_row(f"{digits:,} digits")
        for row in rows:
            ratio = "1" if row is rows[0] else _times(row["seconds"] / ours)
            times = words.brief(row["seconds"]), ratio, words.brief(row["cpu"])
            cores = f"{row['cpu'] / row['seconds']:.2f}"
            table.add_row(f"  {row['name']}", *times, cores, words.size(int(row["peak"])))
        table.add_section()
    return table


def _first_digit(report: Report) -> Table:
    table = _table("From the start of the process", "", "digits", "time", "of a run")
    whole = {row["digits"]: row for row in report["sizes"] if row["name"] == who.OURS}
    for row in report["first digit"]:
        share = words.percent(row["seconds"] / whole[row["digits"]]["seconds"])
        table.add_row(row["name"], f"{row['digits']:,}", words.brief(row["seconds"]), share)
    return table


def _cadences(report: Report) -> Table:
    table = _table("What saving costs", "", "digits", "time", "saves", "in saves")
    for row in report["saving"]:
        name = who.OURS if row["cadence"] == "auto" else f"{who.OURS}, every {row['cadence']}"
        time, share = words.brief(row["whole process"]), words.percent(row["share"])
        table.add_row(name, f"{row['digits']:,}", time, f"{row['saves']}", share)
    return table


def _killed(report: Report) -> Table:
    table = _table("Killed again and again", "digits", "every", "kills", "CPU", "× undisturbed")
    for row in report["killed"]:
        ratio = row["cpu"] / row["cpu in peace"]
        cost = _times(ratio) if row["ended"] else f"given up at {_times(ratio)}"
        cells = f"{row['digits']:,}", f"{row['every']:g} s", f"{row['kills']}"
        table.add_row(*cells, words.brief(row["cpu"]), cost)
    return table


def _phases(report: Report) -> Table:
    sizes = report["phases"]
    table = _table("Where the time goes", "", *(f"{size['digits']:,}" for size in sizes))
    names = dict.fromkeys(name for size in sizes for name in size["seconds"])
    parts = [name for name in names if name != "whole process"]
    for name in parts:
        table.add_row(name, *(words.brief(size["seconds"].get(name, 0.0)) for size in sizes))
    rest = [2 * s["seconds"]["whole process"] - sum(s["seconds"].values()) for s in sizes]
    table.add_row("Python's start and end", *map(words.brief, rest))
    table.add_row("whole process", *(words.brief(s["seconds"]["whole process"]) for s in sizes))
    return table


def _face(report: Report) -> Table:
    table = _table("The app in a terminal", "", "")
    for name, figure in report.get("face", {}).items():
        shown = _times if name.startswith("×") else words.brief
        table.add_row(name, "not measured" if figure is None else shown(figure))
    return table


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
