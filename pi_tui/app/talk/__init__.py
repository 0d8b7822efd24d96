"""Dialogs in several steps: ask, write files, and begin, open or delete runs.

It may import Textual, face, steering, frames/, screens/ and terminal/.
"""
