"""Taking an embedded installation elsewhere: to a file and back, or into another database."""

from __future__ import annotations


class CannotMove(Exception):
    """Why it was not done, and the way out; nothing was changed that a second attempt would not repeat."""
