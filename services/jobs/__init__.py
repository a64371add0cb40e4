"""Jobs: submitted by users, executed by worker processes, never lost."""
