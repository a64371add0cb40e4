"""The kinds of job that this server knows."""
