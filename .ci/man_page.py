"""Makes the manual page when a wheel is built; it goes to share/man/man1."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPage(BuildHookInterface[Any]):
    """The wheel holds pi-tui.1, made from the parser."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """The page is among the files that are shared."""
        sys.path.insert(0, self.root)
        from pi_tui import __version__
        from pi_tui.command_line import build_parser
        from pi_tui.reports import manual

        self._file = Path(self.directory) / "pi-tui.1"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(manual.page(build_parser(), __version__), encoding="ascii")
        build_data["shared_data"][str(self._file)] = "share/man/man1/pi-tui.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """It is in the wheel, and nowhere else."""
        self._file.unlink()
