"""What every way of drawing localities may use, and the ways that are more than one module."""
