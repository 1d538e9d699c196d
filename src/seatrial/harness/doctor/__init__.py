"""What can be tested on a system as it stands: read only, and no request but those of reading journeys."""
