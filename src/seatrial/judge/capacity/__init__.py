"""How much a system can serve: which rate is tried next, when that ends, and what all trials show."""
