"""Windows that open on top of the run: dialogs, the list of runs, themes, help, the palette.

They may import Textual, widgets/ and app/, and nothing from terminal/.
"""
