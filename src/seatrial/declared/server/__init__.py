"""What the API server refuses: the shapes of built-in kinds, and the rules that it holds objects to."""
