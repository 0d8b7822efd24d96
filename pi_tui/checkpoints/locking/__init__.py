"""Locks of runs and databases, and names of the processes that hold them."""
