"""What a constant load for long shows: latency that drifts, memory that grows, containers that end."""
