"""Screens on top of the main one: dialogs, the list of runs, themes, help.

They may import Textual, widgets/ and app/, and nothing from terminal/.
"""
