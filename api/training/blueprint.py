"""The blueprint that every resource of /api/training hangs its routes on."""

from flask import Blueprint

blueprint = Blueprint("training", __name__, url_prefix="/api/training")
