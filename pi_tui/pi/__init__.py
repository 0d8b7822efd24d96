"""The digits of pi: the machine that computes them, and its app, pictures and commands.

It may import all of pi_tui; only the program's entry point may import it.
"""
