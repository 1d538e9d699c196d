"""Plain frozen data. No I/O, no clock."""
