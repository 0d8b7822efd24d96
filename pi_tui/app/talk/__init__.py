"""Conversations: questions and answers, files to write, runs to begin, change and delete.

It may import Textual, face, frames/, screens/ and terminal/.
"""
