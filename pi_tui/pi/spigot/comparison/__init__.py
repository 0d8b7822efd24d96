"""The comparison of all digits with the Chudnovsky series, an independent formula.

Imports the seam, gmpy2, and of spigot/ only numerals and pool.
"""
