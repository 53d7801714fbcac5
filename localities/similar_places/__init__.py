"""A locality beside its like."""
