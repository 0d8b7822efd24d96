"""`pi-tui picture`: a walk or a heat map of saved digits, as it should be printed."""

from __future__ import annotations

import os
import sys
from contextlib import closing

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.digit_file import DigitFile
from pi_tui.errors import UsageError
from pi_tui.pictures.wish import Wish, draw, form_of, parse_size


def picture(
    location: str,
    kind: str,
    digits: int,
    span: tuple[int, int | None],
    output: str,
    size: str,
    theme: str,
) -> int:
    """The file holds the picture, whole; `span` is the first and the last position in it."""
    form, pixels = form_of(output), parse_size(size)
    with DigitFile.claim(output, location) as target:
        wish = Wish(kind, _saved(location, digits, span), span[0] - 1, pixels, theme)
        target.write(draw(wish, form), b"", b"")
    print(f"drew {len(wish.digits):,} digits into {os.path.realpath(output)}", file=sys.stderr)
    return 0


def _saved(location: str, digits: int, span: tuple[int, int | None]) -> bytes:
    with closing(CheckpointStore.open(location, write=False)) as store:
        run = store.find_run(digits)
        if run is None:
            raise UsageError(
                f"there is no run of {digits:,} digits; `pi-tui runs` lists what there is"
            )
        start, stop = span[0], run.committed if span[1] is None else span[1]
        if not 1 <= start <= stop <= run.committed:
            raise UsageError(
                f"positions {start:,} to {stop:,} are not all there; "
                f"this run has 1 to {run.committed:,} saved"
            )
        return store.digits(run, start - 1, stop)
