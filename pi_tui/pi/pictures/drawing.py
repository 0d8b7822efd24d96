"""Draw a requested picture as the bytes of a file. Pillow is imported only for a PNG."""

from __future__ import annotations

from pi_tui.pi.pictures import svg
from pi_tui.pi.pictures.request import PictureRequest


def draw(request: PictureRequest, form: str) -> bytes:
    """Draw the picture; return the bytes of a `png` or `svg` file."""
    if form == "png":
        from pi_tui.pi.pictures import png

        return png.draw(request)
    return svg.draw(request).encode()
