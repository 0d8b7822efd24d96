"""Example machines; each is a complete program to copy from. May import carry_on."""
