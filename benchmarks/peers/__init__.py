"""Other libraries beside ours: they run in an environment of their own, on data handed over as files."""
