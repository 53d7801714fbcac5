"""How a new indicator comes in: drafted from a file, checked as a run would."""
