"""What is known about a string of digits: search, facts, dates, counts, the random walk.

May import the standard library, needle, words and pictures; never Textual.
"""
