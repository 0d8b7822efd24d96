"""What can be known of a string of digits: search, facts, dates, counts, the walk.

It may import the standard library, words and pictures; never Textual.
"""
