"""Pictures of the digits, for paper and screen. Imports neither the terminal nor the database."""
