"""The values that a frame is drawn from: the worker, its snapshot, rates, names.

It may import worker/ and checkpoints/ records, and nothing of Textual.
"""
