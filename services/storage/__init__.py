"""Rows (SQLAlchemy) and blobs (files) of the product."""
