"""Draw a requested picture as the bytes of a file. Pillow is imported only if it is needed."""

from __future__ import annotations

from pi_tui.pi.pictures import svg
from pi_tui.pi.pictures.request import MOVING, PictureRequest


def draw(request: PictureRequest, form: str) -> bytes:
    """Draw the picture; return the bytes of a `png`, `svg`, `gif` or `webp` file."""
    if form == "svg":
        return svg.draw(request).encode()
    if form in MOVING:
        from pi_tui.pi.pictures.animation import animate

        return animate(request, form)
    from pi_tui.pi.pictures import png

    return png.draw(request)
