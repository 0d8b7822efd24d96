"""What a frame is drawn from: the worker, its snapshot as it is shown, rates, names.

It may import worker/ and checkpoints/ records, and nothing of Textual.
"""
