"""Runs the steps of a scenario on a system that is up, and keeps what is seen as an observation."""
