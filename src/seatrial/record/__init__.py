"""The run directory: written while a run goes on, read back whatever state it was left in."""
