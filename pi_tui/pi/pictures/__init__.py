"""Pictures of the digits as files: PNG, SVG, GIF. Imports neither Textual nor the database."""
