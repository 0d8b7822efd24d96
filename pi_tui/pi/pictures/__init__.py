"""Pictures of the digits for paper and screen: knows no terminal and no database."""
