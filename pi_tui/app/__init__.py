"""The Textual app for any machine: it shows one run.

It may import Textual and everything outside pi/, and never pi/.
"""
