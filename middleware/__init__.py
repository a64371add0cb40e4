"""Checks that stand before a route: who calls, and what the plan allows."""
