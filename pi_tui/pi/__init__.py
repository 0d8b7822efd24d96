"""Everything that knows a digit of pi.

It may import all of pi_tui; nothing but the program's entry point may import it.
"""
