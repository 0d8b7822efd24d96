"""The boxes, stored in blocks of big numbers: how blocks are made, swept, checked and read back.

Imports machine.py, gmpy2, and of spigot/ only series, size, numerals and pool.
"""
