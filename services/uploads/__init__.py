"""Uploads in chunks: received in any order, assembled once, and read by an import job."""
