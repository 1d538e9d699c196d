"""What measurements look at, one file each; `harness.measuring` has the decorator, and the others."""
