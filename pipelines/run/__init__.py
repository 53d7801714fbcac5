"""A run: what it works in, what it computes, what it publishes, what it reports."""
