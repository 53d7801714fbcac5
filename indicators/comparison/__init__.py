"""How sure is a difference between a place and the rest, and what is it called."""
