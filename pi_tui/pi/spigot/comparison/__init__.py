"""The comparison of all digits with the Chudnovsky series, an independent formula.

Imports machine.py, gmpy2, and of spigot/ only numerals and pool.
"""
