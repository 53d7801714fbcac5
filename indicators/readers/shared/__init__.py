"""What readers of publishers' files have in common: cells, areas, periods, workbooks."""
