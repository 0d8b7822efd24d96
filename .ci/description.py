"""The package index's description: the README without pictures and links to files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_TABLE_OF_PICTURES = re.compile(r"^\| \| \|\n\| --- \| --- \|\n(?:\| !\[.*\n)+\n", re.MULTILINE)
_PICTURE = re.compile(r"^!\[.*\]\(.*\)\n\n", re.MULTILINE)
_LINK_TO_A_FILE = re.compile(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)")


def elsewhere(readme: str) -> str:
    """Remove pictures and links to files, which lead nowhere outside the repository."""
    return _LINK_TO_A_FILE.sub(r"\1", _PICTURE.sub("", _TABLE_OF_PICTURES.sub("", readme)))


class Description(MetadataHookInterface):
    """The build hook that sets the package's long description."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Generate the description from README.md at every build."""
        text = elsewhere(Path(self.root, "README.md").read_text("utf-8"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
