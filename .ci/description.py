"""What a package index shows: the README without what leads nowhere there, pictures and paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_TABLE_OF_PICTURES = re.compile(r"^\| \| \|\n\| --- \| --- \|\n(?:\| !\[.*\n)+\n", re.MULTILINE)
_PICTURE = re.compile(r"^!\[.*\]\(.*\)\n\n", re.MULTILINE)
_LINK_TO_A_FILE = re.compile(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)")


def elsewhere(readme: str) -> str:
    """The README as it can be read where its repository is not: no public address is known."""
    return _LINK_TO_A_FILE.sub(r"\1", _PICTURE.sub("", _TABLE_OF_PICTURES.sub("", readme)))


class Description(MetadataHookInterface):
    """The long description is the README as it is read elsewhere."""

    def update(self, metadata: dict[str, Any]) -> None:
        """It is made from README.md at every build."""
        text = elsewhere(Path(self.root, "README.md").read_text("utf-8"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
