"""Small things that would make sense, unchanged, in another product."""
