"""Build hook: generate the manual page and install it in share/man/man1."""

from __future__ import annotations

import sys
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
        from pi_tui.reports import manual

        self._file = Path(self.directory) / "pi-tui.1"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(manual.page(build_parser(), __version__), encoding="ascii")
        build_data["shared_data"][str(self._file)] = "share/man/man1/pi-tui.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the page; called after the build, when it is in the wheel."""
        self._file.unlink()
