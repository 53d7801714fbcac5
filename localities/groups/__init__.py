"""Communities of interest: groups of people rather than places, what their outcomes are like and where they live."""
