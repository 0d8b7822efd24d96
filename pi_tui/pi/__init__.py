"""Everything that knows a digit of pi: one machine with its face. May import all outside."""
