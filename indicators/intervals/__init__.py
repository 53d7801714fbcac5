"""How sure a figure is: intervals of counts, means and standardised figures."""
