"""How problems are shown: to people, to programs, in tools."""
