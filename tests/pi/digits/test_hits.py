"""Hits in digits that arrive in pieces, compared with a search of the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pi_tui.pi.digits.hits import Hits, headline
from tests.helpers import pi

TEXTS = st.text("01", min_size=1, max_size=4)
PIECES = st.lists(st.text("01", max_size=9).map(str.encode), max_size=12)


@given(TEXTS, PIECES, st.integers(1, 5))
def test_hits_of_digits_fed_in_pieces_equal_those_in_the_whole(
    text: str, pieces: list[bytes], keep: int
) -> None:
    hits, whole = Hits(text, keep), b"".join(pieces)
    for piece in pieces:
        hits.feed(piece)
    places = [at for at in range(len(whole)) if whole.startswith(text.encode(), at)]
    assert (hits.count, hits.first, hits.searched) == (len(places), places[:keep], len(whole))


def test_headline_states_the_count_of_hits_and_how_many_are_shown() -> None:
    told = []
    for text, keep in (("999999", 9), ("26", 3), ("26", 1), ("123456", 1)):
        hits = Hits(text, keep)
        hits.feed(pi(1_000))
        told.append(headline(hits))
    where = "in the first 1,000 digits of pi"
    assert told == [
        f"999999 stands once {where}:",
        f"26 stands {pi(1_000).count(b'26')} times {where}; the first 3:",
        f"26 stands {pi(1_000).count(b'26')} times {where}; the first:",
        f"123456 is not {where}.",
    ]
