"""The values that a frame is drawn from: the worker, its snapshot, rates, names.

It may import worker/ and the records of checkpoints/, and nothing of Textual.
"""
