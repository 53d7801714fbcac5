"""Localities over time: trends, progress against the rest, targets, inequality."""
