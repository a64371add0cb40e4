"""Blueprint /api/v1: jobs of every kind and what they leave."""

from api.v1 import api_keys as api_keys
from api.v1 import devices as devices
from api.v1 import job_actions as job_actions
from api.v1 import job_records as job_records
from api.v1 import jobs as jobs  # registers its routes
from api.v1 import models as models
from api.v1 import preview as preview
from api.v1 import queues as queues
from api.v1 import results as results
from api.v1 import security_events as security_events
from api.v1 import series as series
from api.v1 import sessions as sessions
from api.v1 import sharing as sharing
from api.v1 import usage as usage
from api.v1 import windows as windows
from api.v1 import workloads as workloads
from api.v1.blueprint import blueprint

__all__ = ["blueprint"]
