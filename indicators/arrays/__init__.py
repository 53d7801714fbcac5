"""Checked arguments, families of tests, and work in chunks of rows."""
