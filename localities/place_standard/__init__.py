"""What residents said of their places with the Place Standard tool: read, protected, and set beside outcomes.

Answers of those who took part are no sample: nothing here tests them, and no verdict reads them.
"""
