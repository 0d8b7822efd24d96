"""What `bench` found, as tables for people."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from pi_tui import words
from pi_tui.bench import contenders as who

Report = dict[str, Any]


def show(report: Report) -> None:
    """All tables are on standard output."""
    console = Console(markup=False, highlight=False)
    console.print(_machine(report))
    for draw in (_sizes, _first_digit, _cadences, _phases, _doubled, _face):
        table = draw(report)
        if table.row_count:
            console.print()
            console.print(table)


def _machine(report: Report) -> str:
    machine = report["machine"]
    named = ("python", "pi-tui", "gmpy2", "sqlalchemy", "textual", "mpmath")
    versions = ", ".join(f"{name} {machine[name]}" for name in named if machine[name])
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
    table = _table("Whole processes", "", "digits", "time", "× ours", "CPU", "memory")
    for digits, group in groupby(report["sizes"], key=lambda row: row["digits"]):
        rows = list(group)
        ours = rows[0]["seconds"]
        for row in rows:
            ratio = "1" if row is rows[0] else _times(row["seconds"] / ours)
            table.add_row(row["name"], f"{digits:,}", *_times_of(row, ratio))
        table.add_section()
    return table


def _times_of(row: dict[str, Any], ratio: str) -> tuple[str, ...]:
    return words.brief(row["seconds"]), ratio, words.brief(row["cpu"]), words.size(row["peak"])


def _first_digit(report: Report) -> Table:
    table = _table("From the start of the process", "", "digits", "time", "× fresh")
    for digits, group in groupby(report["first digit"], key=lambda row: row["digits"]):
        rows = list(group)
        for row in rows:
            ratio = _times(row["seconds"] / rows[0]["seconds"])
            table.add_row(row["name"], f"{digits:,}", words.brief(row["seconds"]), ratio)
    return table


def _cadences(report: Report) -> Table:
    table = _table("What saving costs", "", "digits", "time", "× no saves", "saves", "in saves")
    rows = {row["name"]: row for row in report["cadences"]}
    inside = {row["cadence"]: row for row in report["saving"]}
    for name, cadence in ((who.NO_SAVES, "0"), (who.OURS, "auto"), (who.EVERY_SECOND, "1s")):
        row, look = rows[name], inside.get(cadence)
        ratio = _times(row["seconds"] / rows[who.NO_SAVES]["seconds"])
        share = (f"{look['saves']}", words.percent(look["share"])) if look else ("", "")
        table.add_row(name, f"{row['digits']:,}", words.brief(row["seconds"]), ratio, *share)
    return table


def _phases(report: Report) -> Table:
    sizes = report["phases"]
    table = _table("Where the time goes", "", *(f"{size['digits']:,}" for size in sizes))
    names = list(sizes[0]["seconds"])
    parts = [name for name in names if name != "whole process" and not name.startswith("of ")]
    for name in names:
        table.add_row(name, *(words.brief(size["seconds"][name]) for size in sizes))
    rest = [s["seconds"]["whole process"] - sum(s["seconds"][p] for p in parts) for s in sizes]
    table.add_row("Python's start and end", *map(words.brief, rest))
    return table


def _doubled(report: Report) -> Table:
    table = _table("Twice the digits", "digits", "time", "twice", "time", "× the time")
    for row in report["doubled"]:
        once, twice = row["seconds"], row["twice_seconds"]
        numbers = f"{row['digits']:,}", words.brief(once), f"{row['twice']:,}", words.brief(twice)
        table.add_row(*numbers, _times(twice / once))
    return table


def _face(report: Report) -> Table:
    table = _table("The app in a terminal", "", "")
    for name, figure in report.get("face", {}).items():
        table.add_row(name, _in_its_unit(name, figure))
    return table


def _in_its_unit(name: str, figure: float) -> str:
    if name.startswith("CPU"):
        return f"{words.percent(figure)} of a core"
    if name.startswith("memory"):
        return words.size(int(figure))
    if name.startswith(("digits", "frames a second")):
        return f"{figure:,.0f}"
    return words.brief(figure)


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
