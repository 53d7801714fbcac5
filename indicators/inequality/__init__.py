"""How unequal an outcome is between the deprived and the others."""
