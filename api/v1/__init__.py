"""Blueprint /api/v1: jobs of every kind and what they leave."""

from api.v1 import devices as devices
from api.v1 import jobs as jobs  # registers its routes
from api.v1 import workloads as workloads
from api.v1.blueprint import blueprint

__all__ = ["blueprint"]
