"""The blueprint that the routes of /api/v1 register on."""

from flask import Blueprint

blueprint = Blueprint("v1", __name__, url_prefix="/api/v1")
