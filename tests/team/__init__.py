"""A team on one machine: `make team`."""
