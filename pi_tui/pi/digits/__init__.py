"""Analysis of the digits: search, facts, dates, counts, the walk.

May import the standard library, words and pictures; never Textual.
"""
