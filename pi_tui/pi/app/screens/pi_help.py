"""Texts of the help: the words on the screen, and how a spigot works."""

from __future__ import annotations

_ON_THE_SCREEN = (
    ("position", "1 is the first digit after the point: the 1 of 3.1."),
    ("saved", "digits in a committed checkpoint: nothing can take them away."),
    ("not saved yet", "settled, warmer (bold among colours): in the next checkpoint."),
    ("not final yet", "slanted, at the tail: computed, but a carry may still change them."),
    ("iteration", "once through all blocks; it makes many digits at once."),
    ("at once", "how many digits one iteration makes, and by how many threads."),
    ("sweep", "the blocks done by the iterations under way."),
    ("waiting for the pace", "a pace is set, and the digits for now are made; f lifts it."),
    ("runs of nines waiting", "digits that are all 9: a carry would turn them all into 0."),
    ("boxes left", "boxes of the algorithm: the remainders it still needs, row by row; see below."),
    ("block", "many boxes, worked on together as one large number."),
    ("work", "how much of all computing is done in a minute, while no digit comes."),
    ("time left", "from the work that is left: iterations get cheaper as boxes go."),
    ("watching", "another pi-tui computes this run; what it saves is shown here."),
    (
        "bar",
        "how far the run is, by its work or, if a pace holds it back, by the pace; the quieter "
        "part was done before this start.",
    ),
    ("χ²", "how uneven the counts are; about 8 is what chance gives."),
    ("walk", "digit d is a step in direction d × 36°; violet is early, pink is late."),
    (
        "heat map",
        "the whole run on one page, a square for one digit or for many; its legend "
        "says which colour is which digit, or whose mean is low or high.",
    ),
    ("statistics", "pairs, gaps and runs, each with the chance random digits would have."),
)
_SPIGOT = """\
A spigot gives the digits of pi one after the other, as a tap gives drops, and keeps all it needs \
to go on in a row of boxes. Each box holds a small remainder. To get the next digits, every \
remainder is multiplied by a power of ten; then, from the last box to the first, each box divides, \
keeps its remainder and hands a carry to its neighbour. What leaves the first box is the next \
digits of pi. (Rabinowitz and Wagon, 1995.) A new run has two rows, for pi = 20 arctan(1/7) + \
8 arctan(3/79) (Euler, 1779), and adds up what leaves them.

Because the boxes are the whole state, saving them is enough to stop at any moment and go on \
later: that is a checkpoint. This spigot works on many boxes at once, as one large number: a \
block."""
PI_HELP = (("On the screen", _ON_THE_SCREEN), ("What a spigot is", _SPIGOT))
