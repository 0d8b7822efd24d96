"""Build hook: make the description for the package index from README.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_TABLE_OF_PICTURES = re.compile(r"^\| \| \|\n\| --- \| --- \|\n(?:\| !\[.*\n)+\n", re.MULTILINE)
_PICTURE = re.compile(r"^!\[.*\]\(.*\)\n\n", re.MULTILINE)
_LINK_TO_A_FILE = re.compile(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)")


def elsewhere(readme: str) -> str:
    """Return the README without pictures and without links to files of the repository.

    Outside the repository, those lead nowhere.
    """
    return _LINK_TO_A_FILE.sub(r"\1", _PICTURE.sub("", _TABLE_OF_PICTURES.sub("", readme)))


class Description(MetadataHookInterface):
    """Build hook that sets the package's long description to the text of README.md."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the text into the metadata; called at every build."""
        text = elsewhere(Path(self.root, "README.md").read_text("utf-8"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
