"""A system file proposed from what objects declare: pure, and nothing in it is invented."""
