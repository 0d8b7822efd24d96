"""Build hook: generate the manual page from the argument parser, and install it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPage(BuildHookInterface[Any]):
    """Build hook that generates pi-tui.1 from the argument parser and adds it to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the page and add it to the files of the wheel; called before the build."""
        sys.path.insert(0, self.root)
        from pi_tui import __version__
        from pi_tui.command_line import build_parser
        from pi_tui.commands.parser import commands

        parser = build_parser()
        self._file = Path(self.directory) / "pi-tui.1"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(page(parser, commands(parser), __version__), encoding="ascii")
        build_data["shared_data"][str(self._file)] = "share/man/man1/pi-tui.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the page; called after the build, when it is in the wheel."""
        self._file.unlink()


def page(
    parser: argparse.ArgumentParser, commands: dict[str, argparse.ArgumentParser], version: str
) -> str:
    """Return the page in man(7) format."""
    summary = (parser.description or "").partition(".")[0]
    lines = [
        f'.TH PI-TUI 1 "" "pi-tui {version}" "User Commands"',
        *(".SH NAME", rf"pi\-tui \- {_text(summary)}"),
        *(".SH SYNOPSIS", ".B pi-tui", "[COMMAND] [OPTION ...]"),
        *(".SH DESCRIPTION", _text(parser.description)),
        ".SH OPTIONS",
        *_options(parser),
        ".SH COMMANDS",
    ]
    for name, command in commands.items():
        lines += [f".SS {_text(name)}", _text(command.description), *_options(command)]
    lines.append(".SH NOTES")
    for paragraph in (parser.epilog or "").strip().split("\n\n"):
        lines += [".PP", _text(" ".join(paragraph.split()))]
    return "\n".join(lines) + "\n"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
            continue
        value = "" if action.nargs == 0 else _value(action)
        names = ", ".join(action.option_strings) or value
        yield ".TP"
        yield rf"\fB{_text(names)}\fR" + (
            rf" \fI{_text(value)}\fR" if action.option_strings and value else ""
        )
        yield _text((action.help or "").replace("%%", "%").replace("%(prog)s", "pi-tui"))


def _value(action: argparse.Action) -> str:
    metavar = action.metavar or ("|".join(map(str, action.choices or ())) or action.dest.upper())
    return metavar if isinstance(metavar, str) else " ".join(metavar)


def _text(text: str | None) -> str:
    r"""Escape text for man(7).

    >>> print(_text("--db C:\\x"), _text(".5 is no request"), _text("3.14…"))
    \-\-db C:\ex \&.5 is no request 3.14\[u2026]
    """
    escaped = (text or "").replace("\\", r"\e").replace("-", r"\-")
    escaped = re.sub(r"[^\x00-\x7f]", lambda found: rf"\[u{ord(found[0]):04X}]", escaped)
    return re.sub(r"^(?=[.'])", r"\\&", escaped, flags=re.MULTILINE)
