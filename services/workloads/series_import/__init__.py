"""The workload that reads an uploaded file and turns its columns into series; imports nothing heavy."""

from services.workloads.base import Workload
from services.workloads.series_import.config import SeriesImportConfig

WORKLOAD = Workload(
    name="series_import",
    config=SeriesImportConfig,
    train="services.workloads.series_import.importing:train",
    record="services.workloads.series_import.records:record",
    lane="interactive",
    summary="Read an uploaded table and store its columns as series.",
    usage="processing",
)
