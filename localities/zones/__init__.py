"""The smallest areas: zones, their neighbours, and those that are special."""
