"""The Textual app for any machine: one run on a screen.

It may import Textual and everything outside pi/, and never pi/.
"""
