"""A wish becomes the bytes of a file; Pillow is imported only for a PNG."""

from __future__ import annotations

from pi_tui.pi.pictures import svg
from pi_tui.pi.pictures.wish import Wish


def draw(wish: Wish, form: str) -> bytes:
    """The picture, as the bytes of a file of the form `png` or `svg`."""
    if form == "png":
        from pi_tui.pi.pictures import png

        return png.draw(wish)
    return svg.draw(wish).encode()
