"""The terminal: driver, keyboard, guardian, signals, quitting, title.

It may import app/ and screens/.
"""
