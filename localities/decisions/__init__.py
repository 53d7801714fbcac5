"""What partnerships decided about places, and the targets that they set, in files of their own beside the evidence.

`records` reads and writes a partnership's file, which no run touches; `beside` holds what is in it against what the
tables say now; `wording` says it in plain English.
"""
