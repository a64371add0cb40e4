"""Uploads by the tus protocol: bytes appended to one file, which becomes a chunk of an upload by a rename."""
