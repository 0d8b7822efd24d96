"""The mathematics: a Rabinowitz-Wagon spigot that computes pi. Imports gmpy2 and machine.

These words mean the same in every module here:

    box          one place of the mixed-radix number that the spigot carries through (spigot.py)
    chain        a row of boxes that stands for one series; some formulas add two (series.py)
    block        B neighbouring boxes, stored as three big numbers (boxes/blocks.py): N holds the
                 content of the boxes and changes, P and D are constants made of p's and q's
    batch        blocks that one job makes, and that one piece of a saved state holds (size.py)
    iteration    one pass through all boxes; it makes one super-digit, which is K digits of pi
    R            10^K: an iteration multiplies the content of every box by R
    sweep, wave  one pass that does one or two iterations; several at once are a wave (sweep.py)
    settled      said of a digit that no later carry can change
    held         said of a digit that a carry may still change: predigit and nines (predigit.py)
    shelved      said of a block whose P and D are in the database, not in memory (shelf.py)
    residue      a number modulo the prime 2^61-1, from which wrong bits are found (residue.py)
"""
