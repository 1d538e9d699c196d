"""Which traffic runs while which faults happen: one file for each scenario."""
