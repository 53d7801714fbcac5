"""Numbers and codes in words."""
