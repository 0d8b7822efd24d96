"""Windows that open on top of a run of pi: how many digits, the birthday card, landmarks, by heart.

They may import Textual, app/, pi/digits/ and the settings.
"""
