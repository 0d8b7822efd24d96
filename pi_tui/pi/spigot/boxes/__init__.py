"""Boxes: as blocks of big numbers, how blocks are made, swept, checked and read back.

Imports the seam, gmpy2, and what knows no blocks: series, size, numerals and pool beside it.
"""
