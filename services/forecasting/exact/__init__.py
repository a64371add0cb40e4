"""Exact direct linear models: sums of window products by recursion, hundreds of ridge fits, honest choice."""
