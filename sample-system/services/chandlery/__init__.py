"""Chandlery: a small, honest backend that sells supplies to ships. The system under test of the sample."""
