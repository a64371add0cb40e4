"""The routes of /api/training, one module per resource; importing the package registers them."""

from api.training.blueprint import blueprint

__all__ = ["blueprint"]
