"""Every way in and out of a terminal: driver, guardian, signals, quitting, title, crash test.

It may import app/ and screens/.
"""
