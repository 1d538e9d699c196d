"""What a system must have for a scenario or a check to apply: one file for each need."""
