"""What is measured: the catalogue, publishers' readers, observations, intervals, comparison, inequality and trends.

Knows nothing of maps: no geometry, no localities. A statistical library that can be used by itself.
"""
