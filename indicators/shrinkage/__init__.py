"""Estimates for maps and ranks, and the chance of being among the worst."""
