"""Example machines; each is a whole program to learn from. May import carry_on."""
