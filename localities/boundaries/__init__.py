"""Polygons and lists of areas: read, repaired, fitted to zones, dissolved from zones."""
