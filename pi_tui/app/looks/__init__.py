"""How the app looks: themes, colours, and what is remembered.

It may import Textual, face, screens/ and talk/.
"""
