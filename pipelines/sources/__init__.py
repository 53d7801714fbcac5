"""Declared sources and the downloading of their files.

`declarations` reads what is declared; `download` brings a file, checked and with its provenance, or takes one that a
person supplies; `checking` looks at what is on disk; `provenance` makes the `sources` table.
"""
