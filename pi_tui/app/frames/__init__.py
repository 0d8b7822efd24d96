"""The values that a frame is drawn from: the worker, its snapshot, rates, names.

It may import the machine, worker/, reports/, files/ and the records of checkpoints/, and nothing of
Textual.
"""
